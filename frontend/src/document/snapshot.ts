/**
 * Keeps a plain graph beside a Y.Doc, from its events: an edit costs what it touches, not the size of the network.
 */
import type * as Y from "yjs";
import type { Edge, GraphNode, Json } from "../wire/types";
import { type DocumentGraph, EMPTY_GRAPH } from "./graph";
import {
  type Roots,
  readEdge,
  readNode,
  readParams,
  readPhase,
  readPosition,
  readVersion,
  rootsOf,
} from "./schema";

// biome-ignore lint/suspicious/noExplicitAny: Y.YEvent is invariant in its type; this is the library's own spelling.
type DeepEvent = Y.YEvent<any>;

/** Reads everything: once, when a document is opened. */
export function readGraph(doc: Y.Doc): DocumentGraph {
  const roots = rootsOf(doc);
  const nodes: GraphNode[] = [];
  for (const [id, map] of roots.nodes) {
    const node = readNode(id, map);
    if (node) nodes.push(node);
  }
  const edges = new Map<string, Edge>();
  for (const [key, value] of roots.edges) {
    const edge = readEdge(value);
    if (edge) edges.set(key, edge);
  }
  return withMeta(roots, {
    ...EMPTY_GRAPH,
    nodes: new Map(nodes.sort(byId).map((node) => [node.id, node])),
    edges: sortedEdges(edges),
    blocks: roots.blocks.toJSON() as { [name: string]: Json },
  });
}

/** The graph after the deep events of one root; called while the events are being delivered. */
export function updateGraph(
  roots: Roots,
  root: Y.Map<unknown>,
  graph: DocumentGraph,
  events: readonly DeepEvent[],
): DocumentGraph {
  if (root === roots.nodes) {
    const touched = new Map<string, Set<string>>();
    for (const event of events) noteNodeEvent(event, touched);
    return { ...graph, nodes: updateNodes(roots, graph.nodes, touched) };
  }
  if (root === roots.edges) {
    const keys = new Set(events.flatMap((event) => [...event.keys.keys()]));
    return { ...graph, edges: updateEdges(roots, graph.edges, keys) };
  }
  if (root === roots.meta) return withMeta(roots, graph);
  return { ...graph, blocks: roots.blocks.toJSON() as { [name: string]: Json } };
}

const WHOLE = "*";

/** Collects, by node id, which fields changed. Paths are [] (nodes come and go), [id] (a field), [id, "params"]. */
function noteNodeEvent(event: DeepEvent, touched: Map<string, Set<string>>): void {
  const [id, field] = event.path;
  if (id === undefined) {
    for (const key of event.keys.keys()) fieldsOf(touched, key).add(WHOLE);
    return;
  }
  const fields = fieldsOf(touched, String(id));
  if (field !== undefined) fields.add(String(field));
  else for (const key of event.keys.keys()) fields.add(key);
}

function fieldsOf(touched: Map<string, Set<string>>, id: string): Set<string> {
  let fields = touched.get(id);
  if (!fields) {
    fields = new Set();
    touched.set(id, fields);
  }
  return fields;
}

function updateNodes(
  roots: Roots,
  nodes: ReadonlyMap<string, GraphNode>,
  touched: Map<string, Set<string>>,
): ReadonlyMap<string, GraphNode> {
  const next = new Map(nodes);
  let unordered = false;
  let last = [...nodes.keys()].at(-1) ?? "";
  for (const [id, fields] of touched) {
    const map = roots.nodes.get(id);
    const known = nodes.get(id);
    const node = known && !fields.has(WHOLE) && map ? refresh(known, map, fields) : readNode(id, map);
    if (!node) {
      next.delete(id);
      continue;
    }
    if (!next.has(id)) {
      unordered ||= id < last;
      last = id;
    }
    next.set(id, node);
  }
  return unordered ? new Map([...next].sort(([a], [b]) => compare(a, b))) : next;
}

/** Reads only the fields that changed, so that what did not keeps its identity. */
function refresh(node: GraphNode, map: Y.Map<unknown>, fields: ReadonlySet<string>): GraphNode | null {
  const whole = readNode(node.id, map);
  if (!whole) return null;
  return {
    ...whole,
    params: fields.has("params") ? readParams(map.get("params")) : node.params,
    position: fields.has("position") ? readPosition(map.get("position")) : node.position,
    phase: readPhase(map.get("phase")),
  };
}

function updateEdges(
  roots: Roots,
  edges: ReadonlyMap<string, Edge>,
  keys: ReadonlySet<string>,
): ReadonlyMap<string, Edge> {
  const next = new Map(edges);
  for (const key of keys) {
    const edge = readEdge(roots.edges.get(key));
    if (edge) next.set(key, edge);
    else next.delete(key);
  }
  return sortedEdges(next);
}

function withMeta(roots: Roots, graph: DocumentGraph): DocumentGraph {
  const name = roots.meta.get("name");
  return { ...graph, name: typeof name === "string" ? name : "", version: readVersion(roots.meta) };
}

function sortedEdges(edges: Map<string, Edge>): ReadonlyMap<string, Edge> {
  return new Map([...edges].sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byId(a: GraphNode, b: GraphNode): number {
  return compare(a.id, b.id);
}
