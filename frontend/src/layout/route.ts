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

/** Distances that a lane keeps from nodes: some air, else the middle of the gap between neighbours. */
const MARGINS = [28, 20];
/** What it costs, in pixels of detour, to be nearer by one. */
const NEARNESS = 5;
/** Distance between lanes. */
const LANE = 20;
/** How far an edge goes straight down before it may turn. */
const STUB = 18;
/** How much nearer to the target each later turn is. */
const TURN = 4;
const CELL = 256;

/** Nodes by place, so that a look for what is in the way costs little. */
export class Obstacles {
  private readonly cells = new Map<number, Position[]>();

  constructor(corners: Iterable<Position>) {
    for (const corner of corners) {
      const [x, y] = corner;
      for (let column = cellOf(x); column <= cellOf(x + NODE_WIDTH); column++)
        for (let row = cellOf(y); row <= cellOf(y + NODE_HEIGHT); row++) {
          const list = this.cells.get(keyOf(column, row));
          if (list) list.push(corner);
          else this.cells.set(keyOf(column, row), [corner]);
        }
    }
  }

  /** Corners of the nodes that touch a box. */
  within(left: number, top: number, right: number, bottom: number): Set<Position> {
    const found = new Set<Position>();
    this.look(left, top, right, bottom, (corner) => {
      found.add(corner);
      return false;
    });
    return found;
  }

  /** Whether an upright or level line, with room beside it, is clear. */
  clear(a: Position, b: Position, room: number): boolean {
    const upright = a[0] === b[0];
    const [across, along] = upright ? [room, -0.5] : [0, room - 0.5];
    return !this.look(
      Math.min(a[0], b[0]) - across,
      Math.min(a[1], b[1]) - along,
      Math.max(a[0], b[0]) + across,
      Math.max(a[1], b[1]) + along,
      () => true,
    );
  }

  /** Shows the nodes that touch a box until `enough` says so; whether it did. */
  private look(
    left: number,
    top: number,
    right: number,
    bottom: number,
    enough: (corner: Position) => boolean,
  ): boolean {
    for (let column = cellOf(left); column <= cellOf(right); column++)
      for (let row = cellOf(top); row <= cellOf(bottom); row++)
        for (const corner of this.cells.get(keyOf(column, row)) ?? NOBODY) {
          const [x, y] = corner;
          const touches = x < right && x + NODE_WIDTH > left && y < bottom && y + NODE_HEIGHT > top;
          if (touches && enough(corner)) return true;
        }
    return false;
  }
}

const NOBODY: readonly Position[] = [];

function cellOf(coordinate: number): number {
  return Math.floor(coordinate / CELL);
}

/** One number for a cell; far beyond any drawing before two cells share one. */
function keyOf(column: number, row: number): number {
  return column * 1_000_003 + row;
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

/** Where a look for a free lane begins, and how far it goes on. */
interface Start {
  x: number;
  near: number;
  steps: number;
}
const MAX_STEPS = 24;

/** Along a lane beside the nodes in the way: the one that costs the least detour and is free. */
function laned(from: Position, to: Position, into: number, obstacles: Obstacles, lanes: Lanes): Position[] {
  const out = from[1] + STUB;
  const [top, bottom] = out < into ? [out, into] : [into, out];
  const reach = 2 * NODE_WIDTH;
  const [west, east] = [Math.min(from[0], to[0]) - reach, Math.max(from[0], to[0]) + reach];
  const blocking = obstacles.within(west, top, east, bottom);
  // Straight below the source or above the target there is one lane each; beside nodes, one after the other.
  const starts: Start[] = [from[0], to[0]].map((x) => ({ x, near: 0, steps: 1 }));
  const known = new Set<number>();
  for (const margin of MARGINS) {
    const near = ((MARGINS[0] ?? margin) - margin) * NEARNESS;
    for (const [corner] of blocking)
      for (const x of [corner - margin, corner + NODE_WIDTH + margin]) {
        if (known.has(x)) continue;
        known.add(x);
        starts.push({ x, near, steps: MAX_STEPS });
      }
  }
  const detour = (x: number) => Math.abs(x - from[0]) + Math.abs(x - to[0]);
  const end = `${from[0]},${from[1]}`;
  let best: Position[] | null = null;
  let cost = Number.POSITIVE_INFINITY;
  for (const { x: start, near, steps } of starts) {
    const outward = start >= (from[0] + to[0]) / 2 ? 1 : -1;
    for (let step = 0; step < steps; step++) {
      const x = start + outward * step * LANE;
      const price = detour(x) + step + near;
      if (price >= cost) break;
      if (!lanes.free(x, top, bottom, end)) continue;
      const path: Position[] = [from, [from[0], out], [x, out], [x, into], [to[0], into], to];
      if (!obstacles.clear([x, top], [x, bottom], 4)) continue;
      if (!obstacles.clear([from[0], out], [x, out], 2) || !obstacles.clear([x, into], [to[0], into], 2))
        continue;
      best = path;
      cost = price;
    }
  }
  const path = best ?? [from, [from[0], out], [to[0], into], to];
  const lane = path[2];
  if (best && lane) lanes.take(lane[0], top, bottom, end);
  return path;
}
