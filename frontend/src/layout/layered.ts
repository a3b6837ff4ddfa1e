/**
 * The automatic layout: layers below what they take from, chains in straight columns, lanes left free for skip edges.
 *
 * Deterministic: the same network always comes out the same. Parts that are not connected stand side by side.
 */
import { GRID, NODE_GAP, NODE_HEIGHT, NODE_WIDTH, RANK_GAP } from "../editing/geometry";
import type { Position } from "../wire/types";
import { at, type LayoutEdge, type LayoutNode, rankNodes } from "./digraph";
import { orderRanks } from "./order";
import { placeNodes } from "./place";

/** Width of the lane that a skip edge gets beside the layers it passes. */
const LANE_WIDTH = 24;
/** Loose nodes stand in rows this long. */
const LOOSE_PER_ROW = 6;

/** Top-left corners by node id. `nodes` in order of creation: the order breaks ties. */
export function arrange(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Map<string, Position> {
  const index = new Map(nodes.map(({ id }, number) => [id, number]));
  const pairs = edges.flatMap(({ source, target }): [number, number][] => {
    const [from, to] = [index.get(source), index.get(target)];
    return from === undefined || to === undefined || from === to ? [] : [[from, to]];
  });
  const places = new Map<string, Position>();
  let left = 0;
  const loose: number[] = [];
  for (const part of partsOf(nodes.length, pairs)) {
    if (part.nodes.length === 1) {
      loose.push(at(part.nodes, 0));
      continue;
    }
    const centres = arrangePart(part.nodes.length, part.edges);
    let width = 0;
    for (const [number, [x, y]] of centres.entries()) {
      places.set(at(nodes, at(part.nodes, number)).id, [left + x, y]);
      width = Math.max(width, x + NODE_WIDTH);
    }
    left += width + 2 * NODE_GAP;
  }
  for (const [number, node] of loose.entries()) {
    const [column, row] = [number % LOOSE_PER_ROW, Math.floor(number / LOOSE_PER_ROW)];
    const x = left + column * (NODE_WIDTH + NODE_GAP);
    places.set(at(nodes, node).id, [x, row * (NODE_HEIGHT + RANK_GAP)]);
  }
  return places;
}

/** Top-left corners of one connected part. */
function arrangePart(count: number, edges: readonly (readonly [number, number])[]): Position[] {
  const graph = rankNodes(count, edges);
  const place = orderRanks(graph);
  const width = (node: number) => (node < count ? NODE_WIDTH : LANE_WIDTH);
  const centres = placeNodes(graph, place, { width, gap: NODE_GAP });
  const corners = Array.from({ length: count }, (_, node): Position => {
    const x = Math.round((at(centres, node) - NODE_WIDTH / 2) / GRID) * GRID;
    return [x, at(graph.rank, node) * (NODE_HEIGHT + RANK_GAP)];
  });
  const leftmost = corners.reduce((least, [x]) => Math.min(least, x), Number.POSITIVE_INFINITY);
  return corners.map(([x, y]) => [x - leftmost, y]);
}

interface Part {
  /** Numbers in the whole. */
  nodes: number[];
  /** Pairs of numbers in the part. */
  edges: [number, number][];
}

/** Connected parts, in order of their first node. */
function partsOf(count: number, edges: readonly (readonly [number, number])[]): Part[] {
  const leader = Array.from({ length: count }, (_, node) => node);
  const find = (node: number): number => {
    let top = node;
    while (at(leader, top) !== top) top = at(leader, top);
    for (let walk = node; walk !== top; ) {
      const next = at(leader, walk);
      leader[walk] = top;
      walk = next;
    }
    return top;
  };
  for (const [a, b] of edges) {
    const [first, second] = [find(a), find(b)].sort((x, y) => x - y);
    if (first !== undefined && second !== undefined) leader[second] = first;
  }
  const parts = new Map<number, Part>();
  const local = new Array<number>(count).fill(0);
  for (let node = 0; node < count; node++) {
    const top = find(node);
    const part = parts.get(top) ?? { nodes: [], edges: [] };
    local[node] = part.nodes.push(node) - 1;
    parts.set(top, part);
  }
  for (const [a, b] of edges) parts.get(find(a))?.edges.push([at(local, a), at(local, b)]);
  return [...parts.values()];
}
