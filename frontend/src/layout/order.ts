/**
 * The order of nodes within their ranks: barycentre sweeps, the best of them by crossings.
 *
 * Source: Sugiyama, Tagawa, Toda 1981, "Methods for visual understanding of hierarchical system structures".
 */
import { at, type Ranked } from "./digraph";

const SWEEPS = 8;

/** Fills `graph.ranks` and returns each node's place within its rank. */
export function orderRanks(graph: Ranked): number[] {
  const place = new Array<number>(graph.rank.length).fill(0);
  firstOrder(graph);
  number(graph, place);
  let best = graph.ranks.map((rank) => [...rank]);
  let fewest = countCrossings(graph, place);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    if (sweep % 2 === 0)
      for (let level = 1; level < graph.ranks.length; level++) sortRank(graph, place, level, graph.above);
    else
      for (let level = graph.ranks.length - 2; level >= 0; level--)
        sortRank(graph, place, level, graph.below);
    const crossings = countCrossings(graph, place);
    if (crossings < fewest) {
      fewest = crossings;
      best = graph.ranks.map((rank) => [...rank]);
    }
  }
  graph.ranks = best;
  number(graph, place);
  return place;
}

/** Depth first from the sources, real nodes before dummies: lanes of skip edges start out right of the trunk. */
function firstOrder(graph: Ranked): void {
  const seen = new Array<boolean>(graph.rank.length).fill(false);
  const start = graph.rank.flatMap((_, node) => (at(graph.above, node).length === 0 ? [node] : []));
  const waiting = start.sort((a, b) => at(graph.rank, a) - at(graph.rank, b) || a - b).reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen[node]) continue;
    seen[node] = true;
    at(graph.ranks, at(graph.rank, node)).push(node);
    const next = [...at(graph.below, node)].sort((a, b) => a - b).reverse();
    for (const child of next) if (!seen[child]) waiting.push(child);
  }
}

function number(graph: Ranked, place: number[]): void {
  for (const rank of graph.ranks) for (const [index, node] of rank.entries()) place[node] = index;
}

/** Sorts one rank by the mean place of its neighbours; what has none keeps its place. */
function sortRank(graph: Ranked, place: number[], level: number, neighbours: number[][]): void {
  const rank = at(graph.ranks, level);
  const weight = new Map<number, number>();
  for (const node of rank) {
    const near = at(neighbours, node);
    const sum = near.reduce((total, other) => total + at(place, other), 0);
    weight.set(node, near.length > 0 ? sum / near.length : at(place, node));
  }
  const isDummy = (node: number) => (node >= graph.real ? 1 : 0);
  rank.sort(
    (a, b) =>
      (weight.get(a) ?? 0) - (weight.get(b) ?? 0) || isDummy(a) - isDummy(b) || at(place, a) - at(place, b),
  );
  for (const [index, node] of rank.entries()) place[node] = index;
}

/** Crossings between neighbouring ranks, by counting inversions in a binary indexed tree (Barth et al. 2002). */
export function countCrossings(graph: Ranked, place: readonly number[]): number {
  let crossings = 0;
  for (let level = 0; level + 1 < graph.ranks.length; level++) {
    const ends: number[] = [];
    for (const node of at(graph.ranks, level)) {
      const targets = at(graph.below, node).map((other) => at(place, other));
      ends.push(...targets.sort((a, b) => a - b));
    }
    crossings += inversions(ends, at(graph.ranks, level + 1).length);
  }
  return crossings;
}

function inversions(values: readonly number[], size: number): number {
  const tree = new Array<number>(size + 1).fill(0);
  let count = 0;
  for (const [seen, value] of values.entries()) {
    let notGreater = 0;
    for (let i = value + 1; i > 0; i -= i & -i) notGreater += tree[i] ?? 0;
    count += seen - notGreater;
    for (let i = value + 1; i <= size; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
  }
  return count;
}
