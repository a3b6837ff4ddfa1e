/**
 * The x of every node, given the order within ranks: chains become straight columns, neighbours keep their distance.
 *
 * Source: Brandes and Köpf 2001, "Fast and simple horizontal coordinate assignment": four alignments (up or down, left
 * or right), each packed, and their median. Two changes: real nodes align with real nodes where they can, so the trunk
 * of a network stays straight and skip edges go round it; and blocks are packed by their widest member.
 */
import { at, type Ranked } from "./digraph";

interface Sizes {
  width(node: number): number;
  gap: number;
}

/** Centres of all nodes, dummies included; the leftmost edge is at 0. */
export function placeNodes(graph: Ranked, place: readonly number[], sizes: Sizes): number[] {
  const forbidden = conflicts(graph, place);
  const runs: number[][] = [];
  for (const down of [true, false]) {
    for (const right of [true, false]) {
      const root = align(graph, place, forbidden, down, right);
      runs.push(compact(graph, root, sizes, right));
    }
  }
  const narrowest = runs.reduce((best, run) => (extent(run) < extent(best) ? run : best));
  const [low, high] = [min(narrowest), max(narrowest)];
  for (const [index, run] of runs.entries()) {
    const shift = index % 2 === 0 ? low - min(run) : high - max(run);
    for (let node = 0; node < run.length; node++) run[node] = at(run, node) + shift;
  }
  const centres = graph.rank.map((_, node) => {
    const [, a = 0, b = 0] = runs.map((run) => at(run, node)).sort((x, y) => x - y);
    return (a + b) / 2;
  });
  const leftmost = min(centres.map((x, node) => x - sizes.width(node) / 2));
  return centres.map((x) => x - leftmost);
}

/** Edges to real nodes count; those to dummies only where there are no others. */
function trueNeighbours(graph: Ranked, neighbours: number[][], node: number): number[] {
  const all = at(neighbours, node);
  if (node >= graph.real) return all;
  const real = all.filter((other) => other < graph.real);
  return real.length > 0 ? real : all;
}

/** Marks edges that cross the inside of a long edge: the long edge stays straight, they give way. */
function conflicts(graph: Ranked, place: readonly number[]): Set<string> {
  const marked = new Set<string>();
  const isDummy = (node: number) => node >= graph.real;
  for (let level = 1; level < graph.ranks.length; level++) {
    const upper = at(graph.ranks, level - 1);
    const lower = at(graph.ranks, level);
    let from = 0;
    let scanned = 0;
    for (const [index, node] of lower.entries()) {
      const inner = isDummy(node) ? at(graph.above, node).find(isDummy) : undefined;
      if (inner === undefined && index < lower.length - 1) continue;
      const to = inner === undefined ? upper.length : at(place, inner);
      for (; scanned <= index; scanned++) {
        const other = at(lower, scanned);
        for (const parent of at(graph.above, other)) {
          const position = at(place, parent);
          if ((position < from || position > to) && !(isDummy(other) && isDummy(parent)))
            marked.add(`${parent}>${other}`);
        }
      }
      from = to;
    }
  }
  return marked;
}

/** Joins nodes into vertical blocks; returns each node's block, named by one of its members. */
function align(
  graph: Ranked,
  place: readonly number[],
  forbidden: ReadonlySet<string>,
  down: boolean,
  right: boolean,
): number[] {
  const root = graph.rank.map((_, node) => node);
  const aligned = new Array<boolean>(root.length).fill(false);
  const neighbours = down ? graph.above : graph.below;
  const back = down ? graph.below : graph.above;
  const levels = down ? graph.ranks : [...graph.ranks].reverse();
  for (const level of levels) {
    let bound = right ? -1 : Number.POSITIVE_INFINITY;
    for (const node of right ? level : [...level].reverse()) {
      const near = [...trueNeighbours(graph, neighbours, node)].sort((a, b) => at(place, a) - at(place, b));
      const half = (near.length - 1) / 2;
      const medians = right ? [Math.floor(half), Math.ceil(half)] : [Math.ceil(half), Math.floor(half)];
      for (const index of medians) {
        const other = near[index];
        if (other === undefined || at(root, node) !== node || aligned[other]) continue;
        // A lane takes a real node's column only where no real node could.
        if (node >= graph.real && other < graph.real && at(back, other).some((n) => n < graph.real)) continue;
        const key = down ? `${other}>${node}` : `${node}>${other}`;
        const position = at(place, other);
        if (forbidden.has(key) || (right ? position <= bound : position >= bound)) continue;
        aligned[other] = true;
        root[node] = at(root, other);
        bound = position;
      }
    }
  }
  return root;
}

/** Packs blocks as far to one side as their neighbours allow, then draws them back where there is slack. */
function compact(graph: Ranked, root: readonly number[], sizes: Sizes, right: boolean): number[] {
  const before = new Map<number, [block: number, distance: number][]>();
  const after = new Map<number, [block: number, distance: number][]>();
  const waits = new Map<number, number>();
  for (const block of root) waits.set(block, 0);
  for (const rank of graph.ranks) {
    for (let index = 1; index < rank.length; index++) {
      const [a, b] = [at(rank, index - 1), at(rank, index)];
      const distance = (sizes.width(a) + sizes.width(b)) / 2 + sizes.gap;
      const [left, next] = right ? [at(root, a), at(root, b)] : [at(root, b), at(root, a)];
      put(before, next, [left, distance]);
      put(after, left, [next, distance]);
      waits.set(next, (waits.get(next) ?? 0) + 1);
    }
  }
  const order: number[] = [];
  const ready = [...waits].filter(([, count]) => count === 0).map(([block]) => block);
  for (let block = ready.pop(); block !== undefined; block = ready.pop()) {
    order.push(block);
    for (const [next] of after.get(block) ?? []) {
      const count = (waits.get(next) ?? 0) - 1;
      waits.set(next, count);
      if (count === 0) ready.push(next);
    }
  }
  const x = new Map<number, number>();
  for (const block of order)
    x.set(block, Math.max(0, ...(before.get(block) ?? []).map(([other, far]) => (x.get(other) ?? 0) + far)));
  // Blocks with nothing before them lie at 0 though what they belong to may be far: close to what follows.
  for (const block of order.reverse()) {
    const slack = Math.min(...(after.get(block) ?? []).map(([other, far]) => (x.get(other) ?? 0) - far));
    if ((before.get(block) ?? []).length === 0 && Number.isFinite(slack) && slack > (x.get(block) ?? 0))
      x.set(block, slack);
  }
  return root.map((block) => (right ? 1 : -1) * (x.get(block) ?? 0));
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function min(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function extent(values: readonly number[]): number {
  return max(values) - min(values);
}
