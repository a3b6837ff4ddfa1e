/** Which layer the arrow keys go to. */
import { type DocumentGraph, inputsOf, outputsOf } from "../document/graph";
import { RANK_PITCH } from "./geometry";

export type Direction = "up" | "down" | "left" | "right";

/** The layer next to one, in a direction; the first of the network where none is given; null at an end. */
export function neighbour(
  graph: DocumentGraph,
  from: string | undefined,
  direction: Direction,
): string | null {
  const node = from === undefined ? undefined : graph.nodes.get(from);
  if (!node) return first(graph);
  const [x, y] = node.position;
  const candidates =
    direction === "up"
      ? inputsOf(graph, node.id).map(({ source }) => source)
      : direction === "down"
        ? outputsOf(graph, node.id).map(({ target }) => target)
        : beside(graph, node.id, direction === "left" ? -1 : 1);
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const id of candidates) {
    const other = graph.nodes.get(id);
    if (!other) continue;
    const far = Math.hypot(other.position[0] - x, other.position[1] - y);
    if (far < least) {
      least = far;
      nearest = id;
    }
  }
  return nearest;
}

/** The topmost, of these the leftmost. */
function first(graph: DocumentGraph): string | null {
  const [top] = [...graph.nodes.values()].sort(
    (a, b) => a.position[1] - b.position[1] || a.position[0] - b.position[0],
  );
  return top?.id ?? null;
}

function beside(graph: DocumentGraph, id: string, side: -1 | 1): string[] {
  const at = graph.nodes.get(id)?.position;
  if (!at) return [];
  return [...graph.nodes.values()]
    .filter(({ position: [x, y] }) => (x - at[0]) * side > 0 && Math.abs(y - at[1]) < RANK_PITCH)
    .map((node) => node.id);
}
