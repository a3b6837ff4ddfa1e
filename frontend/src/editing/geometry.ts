/** Sizes of the drawing, in canvas pixels. Nodes are all alike, so nothing on the canvas is ever measured. */
import type { GraphNode, Position } from "../wire/types";

export const NODE_WIDTH = 200;
export const NODE_HEIGHT = 56;
/** Room between a layer and the next below it: an edge with its shape. */
export const RANK_GAP = 48;
export const RANK_PITCH = NODE_HEIGHT + RANK_GAP;
/** Room between neighbours of one rank. */
export const NODE_GAP = 40;
export const GRID = 8;

export function snap([x, y]: Position): Position {
  return [Math.round(x / GRID) * GRID, Math.round(y / GRID) * GRID];
}

/** Ports of one side keep this far apart while there is room. */
const PORT_GAP = 32;
const PORT_MARGIN = 12;

/** The x of slot n from the middle (…, -1, 0, 1, …) of `count` ports, from the node's left edge. */
export function slotOffset(slot: number, count: number): number {
  const gap = Math.min(PORT_GAP, (NODE_WIDTH - 2 * PORT_MARGIN) / Math.max(1, count));
  const middle = NODE_WIDTH / 2;
  return Math.max(PORT_MARGIN, Math.min(NODE_WIDTH - PORT_MARGIN, middle + slot * gap));
}

/** The place nearest to `wanted`, looking to the right, where a node covers no other. */
export function freePlace(wanted: Position, taken: Iterable<Position>): Position {
  return [wanted[0] + freeShift([wanted], taken), wanted[1]];
}

/** How far nodes have to go to the right, all of them alike, until none covers another. */
export function freeShift(wanted: readonly Position[], taken: Iterable<Position>): number {
  const reach = NODE_WIDTH + GRID;
  // By how far each of the others lies from each of the nodes, of those it could cover on its way.
  const distances = [...taken].flatMap(([left, top]) =>
    wanted.flatMap(([x, y]) => (Math.abs(top - y) < NODE_HEIGHT + GRID ? [left - x] : [])),
  );
  let shift = 0;
  for (const distance of distances.sort((a, b) => a - b))
    if (Math.abs(distance - shift) < reach) shift = distance + NODE_WIDTH + NODE_GAP;
  return shift;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The smallest box around nodes; null for none. */
export function boundsOf(nodes: Iterable<GraphNode>): Box | null {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const {
    position: [x, y],
  } of nodes) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + NODE_WIDTH);
    bottom = Math.max(bottom, y + NODE_HEIGHT);
  }
  return left > right ? null : { x: left, y: top, width: right - left, height: bottom - top };
}
