/** Taking nodes and edges out of a network. */
import { type DocumentGraph, inputsOf } from "../document/graph";
import type { Edit } from "../wire/types";
import { bridges, connectEdits, refusal } from "./connect";

export interface RemoveOptions {
  /** Join what was before to what was after. */
  bridge: boolean;
}

export function removeEdits(
  graph: DocumentGraph,
  nodes: ReadonlySet<string>,
  edges: ReadonlySet<string>,
  { bridge }: RemoveOptions,
): Edit[] {
  const edits: Edit[] = [];
  for (const key of edges) {
    const edge = graph.edges.get(key);
    if (edge) edits.push({ op: "disconnect", edge });
  }
  const present = new Set([...nodes].filter((id) => graph.nodes.has(id)));
  for (const id of present) edits.push({ op: "remove_node", id });
  if (!bridge) return edits;
  const rest = withoutNodes(graph, present);
  for (const edge of bridges({ ...graph, edges: without(graph, edges) }, present)) {
    // The way around exists already where the branch of a residual block is taken out.
    const doubled = inputsOf(rest, edge.target).some(({ source }) => source === edge.source);
    if (!doubled && refusal(rest, null, edge) === null) edits.push(...connectEdits(rest, edge));
  }
  return edits;
}

function without(graph: DocumentGraph, keys: ReadonlySet<string>): DocumentGraph["edges"] {
  return keys.size === 0 ? graph.edges : new Map([...graph.edges].filter(([key]) => !keys.has(key)));
}

function withoutNodes(graph: DocumentGraph, ids: ReadonlySet<string>): DocumentGraph {
  const edges = [...graph.edges].filter(([, edge]) => !ids.has(edge.source) && !ids.has(edge.target));
  return { ...graph, edges: new Map(edges) };
}
