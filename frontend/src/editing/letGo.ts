/**
 * What comes of an edge that is drawn from a port and let go elsewhere than on a port that takes it.
 *
 * Asked while it is drawn, too, so that the line looks refused where it would be.
 */
import { type DocumentGraph, inputsOf } from "../document/graph";
import type { Catalog, Edge, Edit } from "../wire/types";
import { connectEdits, freeInput, type Refusal, reconnectEdits, refusal } from "./connect";
import { mostInputs } from "./layers";

/** The port from which it is drawn: an output, or an input it is pulled off. */
export interface Start {
  node: string;
  side: "source" | "target";
  port: number;
}

/** What lies under the pointer: nothing, a node, or one of its input ports. */
export interface Under {
  node: string | null;
  input: number | null;
}

export interface Refused {
  why: Refusal;
  source: string;
  target: string;
}

export interface Outcome {
  edits: Edit[];
  /** Why there are none; null, too, where none were wanted. */
  refused: Refused | null;
}

const NOTHING: Outcome = { edits: [], refused: null };

export function letGo(graph: DocumentGraph, catalog: Catalog | null, from: Start, under: Under): Outcome {
  return from.side === "source" ? drawn(graph, catalog, from, under) : pulled(graph, catalog, from, under);
}

/** Drawn from an output to a layer as a whole: the first port that is free takes it. */
function drawn(graph: DocumentGraph, catalog: Catalog | null, from: Start, { node }: Under): Outcome {
  if (node === null || node === from.node) return NOTHING;
  const known = graph.nodes.get(node);
  const target_port = freeInput(graph, catalog, node);
  if (target_port === null) {
    const why = known && mostInputs(graph, catalog, known) === 0 ? "no_input" : "full";
    return { edits: [], refused: { why, source: from.node, target: node } };
  }
  return allowed(graph, catalog, {
    source: from.node,
    source_port: from.port,
    target: node,
    target_port,
  });
}

/**
 * Pulled off an input: dropped on another input, the edge that was there moves; dropped on a layer, that becomes the
 * source; dropped on nothing, the edge is cut.
 */
function pulled(graph: DocumentGraph, catalog: Catalog | null, from: Start, { node, input }: Under): Outcome {
  const known = inputsOf(graph, from.node).find(({ target_port }) => target_port === from.port);
  if (node === null) return known ? { edits: [{ op: "disconnect", edge: known }], refused: null } : NOTHING;
  if (input === null) {
    if (node === from.node) return NOTHING;
    return allowed(graph, catalog, {
      source: node,
      source_port: 0,
      target: from.node,
      target_port: from.port,
    });
  }
  if (!known) return NOTHING;
  const moved = { ...known, target: node, target_port: input };
  const outcome = allowed(graph, catalog, moved);
  return outcome.edits.length > 0 ? { ...outcome, edits: reconnectEdits(graph, known, moved) } : outcome;
}

function allowed(graph: DocumentGraph, catalog: Catalog | null, edge: Edge): Outcome {
  const why = refusal(graph, catalog, edge);
  if (why === null) return { edits: connectEdits(graph, edge), refused: null };
  return { edits: [], refused: why === "self" ? null : { why, source: edge.source, target: edge.target } };
}
