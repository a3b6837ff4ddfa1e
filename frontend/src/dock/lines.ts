/** Which lines of a text are a node's, and whose a line is. Lines count from 1. */
import type { GraphNode } from "../wire/types";

export type Span = [first: number, last: number];
export type Lines = { [node: string]: Span };
type Nodes = ReadonlyMap<string, GraphNode>;

/** Where a node stands: as the server says, else where its name does (a block's, before those of what is in it). */
export function spanOf(node: GraphNode, lines: Lines, text: readonly string[]): Span | null {
  const told = lines[node.id];
  if (told) return told;
  const inside = Object.entries(lines).flatMap(([id, span]) => (id.startsWith(`${node.id}-`) ? [span] : []));
  if (inside.length > 0)
    return [Math.min(...inside.map(([first]) => first)), Math.max(...inside.map(([, last]) => last))];
  const name = naming(node);
  const first = text.findIndex((line) => name.test(line));
  const last = text.findLastIndex((line) => name.test(line));
  return first < 0 ? null : [first + 1, last + 1];
}

/** The node that a line belongs to: of several, the one with the fewest lines. */
export function nodeAt(line: number, nodes: Nodes, lines: Lines, text: readonly string[]): string | null {
  let best: [size: number, id: string] | null = null;
  for (const [id, [first, last]] of Object.entries(lines)) {
    const size = last - first;
    if (line >= first && line <= last && (best === null || size <= best[0])) best = [size, id];
  }
  if (best && nodes.has(best[1])) return best[1];
  // What is in blocks: of copies that have the same lines, the one whose name is there.
  const named = [...nodes.values()].find(
    (node) => node.type === "Block" && naming(node).test(text[line - 1] ?? ""),
  );
  if (named) return named.id;
  if (best) {
    const [, id] = best;
    return [...nodes.keys()].find((known) => id.startsWith(`${known}-`)) ?? null;
  }
  return [...nodes.values()].find((node) => naming(node).test(text[line - 1] ?? ""))?.id ?? null;
}

function naming({ name, type }: GraphNode): RegExp {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w])${literal}${type === "Block" ? "(?=_|\\b)" : "(?!\\w)"}`);
}
