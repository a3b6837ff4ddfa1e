/** Wiring: which edges may be drawn, and the edits that draw them. */
import { type DocumentGraph, edgeKey, inputsOf, outputsOf, reaches } from "../document/graph";
import type { Catalog, Edge, Edit } from "../wire/types";
import { mostInputs } from "./layers";

export type Refusal = "self" | "cycle" | "duplicate" | "no_input" | "full";

/** Why an edge cannot be drawn; null where it can. A wrong shape is no reason: it is drawn, marked and explained. */
export function refusal(graph: DocumentGraph, catalog: Catalog | null, edge: Edge): Refusal | null {
  const [source, target] = [graph.nodes.get(edge.source), graph.nodes.get(edge.target)];
  if (!source || !target) return "no_input";
  if (source.id === target.id) return "self";
  if (mostInputs(graph, catalog, target) === 0) return "no_input";
  if (graph.edges.has(edgeKey(edge))) return "duplicate";
  if (reaches(graph, edge.target, edge.source)) return "cycle";
  return null;
}

/** The edits that draw an edge. A port holds one edge: the one it had makes way. */
export function connectEdits(graph: DocumentGraph, edge: Edge): Edit[] {
  const replaced = inputsOf(graph, edge.target).filter((known) => known.target_port === edge.target_port);
  return [...replaced.map((known): Edit => ({ op: "disconnect", edge: known })), { op: "connect", edge }];
}

/** The input port that takes an edge dropped on the node as a whole: the first free one, else the only one. */
export function freeInput(graph: DocumentGraph, catalog: Catalog | null, target: string): number | null {
  const node = graph.nodes.get(target);
  if (!node) return null;
  const max = mostInputs(graph, catalog, node);
  if (max === 0) return null;
  const taken = new Set(inputsOf(graph, target).map((edge) => edge.target_port));
  let port = 0;
  while (taken.has(port)) port++;
  if (max !== null && port >= max) return max === 1 ? 0 : null;
  return port;
}

/** The edits that move an edge's end elsewhere. */
export function reconnectEdits(graph: DocumentGraph, from: Edge, to: Edge): Edit[] {
  if (edgeKey(from) === edgeKey(to)) return [];
  return [{ op: "disconnect", edge: from }, ...connectEdits(graph, to)];
}

/**
 * The edges that keep the flow going when nodes are taken out: where the removed part had one way in and one way out,
 * what came in goes on to where it went.
 */
export function bridges(graph: DocumentGraph, removed: ReadonlySet<string>): Edge[] {
  const made: Edge[] = [];
  for (const part of partsOf(graph, removed)) {
    const incoming = part.flatMap((id) => inputsOf(graph, id)).filter(({ source }) => !removed.has(source));
    const outgoing = part.flatMap((id) => outputsOf(graph, id)).filter(({ target }) => !removed.has(target));
    const [into, ...othersIn] = incoming;
    const [out, ...othersOut] = outgoing;
    if (!into || !out || othersIn.length > 0 || othersOut.length > 0) continue;
    made.push({
      source: into.source,
      source_port: into.source_port,
      target: out.target,
      target_port: out.target_port,
    });
  }
  return made;
}

/** The removed nodes, in groups of what hangs together. */
function partsOf(graph: DocumentGraph, ids: ReadonlySet<string>): string[][] {
  const seen = new Set<string>();
  const parts: string[][] = [];
  for (const start of ids) {
    if (seen.has(start) || !graph.nodes.has(start)) continue;
    const part: string[] = [];
    const waiting = [start];
    seen.add(start);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      part.push(id);
      const next = [
        ...inputsOf(graph, id).map((edge) => edge.source),
        ...outputsOf(graph, id).map((edge) => edge.target),
      ];
      for (const other of next) {
        if (!ids.has(other) || seen.has(other)) continue;
        seen.add(other);
        waiting.push(other);
      }
    }
    parts.push(part);
  }
  return parts;
}
