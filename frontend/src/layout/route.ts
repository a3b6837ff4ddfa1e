/**
 * The way of every edge around the nodes, from where the nodes stand: nothing of it is stored, so it is right after
 * any move, in every tab.
 *
 * An edge leaves downwards and arrives from above. It goes straight where it can; with one step sideways where that is
 * free; else along a lane beside what is in its way. Lanes of different edges keep apart.
 */
import { NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import type { Position } from "../wire/types";

export interface Wire {
  key: string;
  /** Where it starts (bottom edge of its source) and ends (top edge of its target). */
  from: Position;
  to: Position;
  /** How much later than others it turns towards its target: 0 to 3. */
  turn?: number;
}

/** Distance kept from nodes, and between lanes. */
const MARGIN = 16;
const LANE = 12;
/** How far an edge goes straight down before it may turn. */
const STUB = 18;
/** How much nearer to the target each later turn is. */
const TURN = 4;
const CELL = 256;

/** Nodes by place, so that a look for what is in the way costs little. */
export class Obstacles {
  private readonly cells = new Map<string, Position[]>();

  constructor(corners: Iterable<Position>) {
    for (const corner of corners) {
      this.each(corner[0], corner[1], corner[0] + NODE_WIDTH, corner[1] + NODE_HEIGHT, (key) => {
        const list = this.cells.get(key);
        if (list) list.push(corner);
        else this.cells.set(key, [corner]);
      });
    }
  }

  /** Corners of the nodes that touch a box. */
  within(left: number, top: number, right: number, bottom: number): Position[] {
    const found = new Set<Position>();
    this.each(left, top, right, bottom, (key) => {
      for (const corner of this.cells.get(key) ?? []) {
        const [x, y] = corner;
        if (x < right && x + NODE_WIDTH > left && y < bottom && y + NODE_HEIGHT > top) found.add(corner);
      }
    });
    return [...found];
  }

  /** Whether an upright or level line, with room beside it, is clear. */
  clear(a: Position, b: Position, room: number): boolean {
    const [left, right] = a[0] < b[0] ? [a[0], b[0]] : [b[0], a[0]];
    const [top, bottom] = a[1] < b[1] ? [a[1], b[1]] : [b[1], a[1]];
    const beside = left === right;
    const box = beside ? [left - room, top, right + room, bottom] : [left, top - room, right, bottom + room];
    const [l = 0, t = 0, r = 0, d = 0] = box;
    return this.within(l, t + 0.5, r, d - 0.5).length === 0;
  }

  private each(left: number, top: number, right: number, bottom: number, see: (key: string) => void): void {
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++)
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) see(`${x},${y}`);
  }
}

/** Upright lines that edges already use. */
class Lanes {
  private readonly used = new Map<number, { x: number; top: number; bottom: number; end: string }[]>();

  free(x: number, top: number, bottom: number, end: string): boolean {
    const column = Math.floor(x / LANE);
    for (let near = column - 1; near <= column + 1; near++) {
      for (const line of this.used.get(near) ?? []) {
        if (Math.abs(line.x - x) < LANE && line.top < bottom && line.bottom > top && line.end !== end)
          return false;
      }
    }
    return true;
  }

  take(x: number, top: number, bottom: number, end: string): void {
    const column = Math.floor(x / LANE);
    const lines = this.used.get(column) ?? [];
    lines.push({ x, top, bottom, end });
    this.used.set(column, lines);
  }
}

/** Bend points of every edge, ends included, by key. The order of `wires` decides who gets the nearer lane. */
export function routeWires(wires: readonly Wire[], obstacles: Obstacles): Map<string, Position[]> {
  const routes = new Map<string, Position[]>();
  const lanes = new Lanes();
  const length = ({ from, to }: Wire) => Math.abs(to[1] - from[1]);
  const order = [...wires].sort((a, b) => length(a) - length(b) || (a.key < b.key ? -1 : 1));
  for (const wire of order) routes.set(wire.key, routeWire(wire, obstacles, lanes));
  return routes;
}

function routeWire({ from, to, turn = 0 }: Wire, obstacles: Obstacles, lanes: Lanes): Position[] {
  const into = to[1] - STUB + turn * TURN;
  return (
    straight(from, to, obstacles) ??
    stepped(from, to, into, obstacles) ??
    laned(from, to, into, obstacles, lanes)
  );
}

function straight(from: Position, to: Position, obstacles: Obstacles): Position[] | null {
  if (Math.abs(from[0] - to[0]) > 0.5 || to[1] <= from[1]) return null;
  return obstacles.clear(from, [from[0], to[1]], 1) ? [from, to] : null;
}

/** Down, across, down: across just above the target, else in the middle, else just below the source. */
function stepped(from: Position, to: Position, into: number, obstacles: Obstacles): Position[] | null {
  if (to[1] - from[1] < 2 * STUB) return null;
  for (const y of [into, (from[1] + to[1]) / 2, from[1] + STUB]) {
    const [a, b]: Position[] = [
      [from[0], y],
      [to[0], y],
    ];
    if (!a || !b) continue;
    if (obstacles.clear(from, a, 2) && obstacles.clear(a, b, 4) && obstacles.clear(b, to, 2))
      return [from, a, b, to];
  }
  return null;
}

/** Along a lane beside the nodes in the way: the one that costs the least detour and is free. */
function laned(from: Position, to: Position, into: number, obstacles: Obstacles, lanes: Lanes): Position[] {
  const out = from[1] + STUB;
  const [top, bottom] = out < into ? [out, into] : [into, out];
  const reach = 2 * NODE_WIDTH;
  const [west, east] = [Math.min(from[0], to[0]) - reach, Math.max(from[0], to[0]) + reach];
  const blocking = obstacles.within(west, top, east, bottom);
  const sides = blocking.flatMap(([x]) => [x - MARGIN, x + NODE_WIDTH + MARGIN]);
  const starts = [...new Set([from[0], to[0], ...sides])];
  const detour = (x: number) => Math.abs(x - from[0]) + Math.abs(x - to[0]);
  const end = `${from[0]},${from[1]}`;
  let best: Position[] | null = null;
  let cost = Number.POSITIVE_INFINITY;
  for (const start of starts) {
    const outward = start >= (from[0] + to[0]) / 2 ? 1 : -1;
    for (let step = 0; step < 24; step++) {
      const x = start + outward * step * LANE;
      if (detour(x) + step >= cost) break;
      if (!lanes.free(x, top, bottom, end)) continue;
      const path: Position[] = [from, [from[0], out], [x, out], [x, into], [to[0], into], to];
      if (!obstacles.clear([x, top], [x, bottom], 4)) continue;
      if (!obstacles.clear([from[0], out], [x, out], 2) || !obstacles.clear([x, into], [to[0], into], 2))
        continue;
      best = path;
      cost = detour(x) + step;
    }
  }
  const path = best ?? [from, [from[0], out], [to[0], into], to];
  const lane = path[2];
  if (best && lane) lanes.take(lane[0], top, bottom, end);
  return path;
}
