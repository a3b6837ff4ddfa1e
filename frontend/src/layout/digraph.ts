/** The graph as the layout works on it: numbers instead of ids, layers of places, and dummies on long edges. */

export interface LayoutNode {
  id: string;
}

export interface LayoutEdge {
  source: string;
  target: string;
}

/** Nodes 0..count-1 are real; those above stand on long edges, one for each rank that an edge passes. */
export interface Ranked {
  /** How many real nodes there are. */
  real: number;
  rank: number[];
  /** Neighbours one rank up and one rank down. */
  above: number[][];
  below: number[][];
  /** Node numbers of each rank, in order from left to right. */
  ranks: number[][];
}

/** More dummies than this cost more time than lanes are worth; the longest edges then get none. */
const MAX_DUMMIES = 20_000;

/**
 * Ranks by longest path from the sources, sources pulled down to what they feed; edges that close a cycle are ignored.
 * `edges` are pairs of node numbers.
 */
export function rankNodes(count: number, edges: readonly (readonly [number, number])[]): Ranked {
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  const missing = new Array<number>(count).fill(0);
  for (const [source, target] of edges) {
    at(outgoing, source).push(target);
    missing[target] = at(missing, target) + 1;
  }
  const rank = new Array<number>(count).fill(0);
  const order: number[] = [];
  const left = [...missing];
  let ready = left.flatMap((waits, node) => (waits === 0 ? [node] : []));
  const done = new Array<boolean>(count).fill(false);
  while (order.length < count) {
    // Only cycles are left: the first of their nodes starts as if nothing led to it.
    if (ready.length === 0) ready = [done.indexOf(false)];
    const next: number[] = [];
    for (const node of ready) {
      if (at(done, node)) continue;
      done[node] = true;
      order.push(node);
      for (const target of at(outgoing, node)) {
        if (at(done, target)) continue;
        rank[target] = Math.max(at(rank, target), at(rank, node) + 1);
        left[target] = at(left, target) - 1;
        if (at(left, target) === 0) next.push(target);
      }
    }
    ready = next;
  }
  pullDown(order, rank, missing, outgoing);
  return withDummies(count, edges, rank);
}

/** A source belongs just above the first node that needs it, not at the top of the page. */
function pullDown(order: number[], rank: number[], missing: number[], outgoing: number[][]): void {
  for (const node of order) {
    if (at(missing, node) > 0) continue;
    const nearest = Math.min(...at(outgoing, node).map((target) => at(rank, target)));
    if (Number.isFinite(nearest) && nearest - 1 > at(rank, node)) rank[node] = nearest - 1;
  }
}

function withDummies(count: number, edges: readonly (readonly [number, number])[], rank: number[]): Ranked {
  const graph: Ranked = {
    real: count,
    rank: [...rank],
    above: Array.from({ length: count }, () => []),
    below: Array.from({ length: count }, () => []),
    ranks: [],
  };
  const span = ([source, target]: readonly [number, number]) => at(rank, target) - at(rank, source);
  const forward = edges.filter((edge) => span(edge) > 0);
  const total = forward.reduce((sum, edge) => sum + span(edge) - 1, 0);
  const limit = total > MAX_DUMMIES ? longestAffordable(forward.map(span)) : Number.POSITIVE_INFINITY;
  for (const [source, target] of forward) {
    if (span([source, target]) > limit) continue;
    let from = source;
    for (let level = at(rank, source) + 1; level < at(rank, target); level++) {
      const dummy = graph.rank.push(level) - 1;
      graph.above.push([]);
      graph.below.push([]);
      join(graph, from, dummy);
      from = dummy;
    }
    join(graph, from, target);
  }
  const depth = rank.reduce((deepest, level) => Math.max(deepest, level + 1), 0);
  graph.ranks = Array.from({ length: depth }, () => []);
  return graph;
}

/** The longest span such that all edges up to it need no more dummies than we allow. */
function longestAffordable(spans: number[]): number {
  let used = 0;
  let limit = 1;
  for (const span of [...spans].sort((a, b) => a - b)) {
    used += span - 1;
    if (used > MAX_DUMMIES) return limit;
    limit = span;
  }
  return limit;
}

function join(graph: Ranked, from: number, to: number): void {
  at(graph.below, from).push(to);
  at(graph.above, to).push(from);
}

/** Reads a list where the index is known to be good; says so where it is not. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`No element ${index} in a list of ${list.length}.`);
  return value;
}
