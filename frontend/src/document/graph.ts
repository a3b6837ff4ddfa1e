/**
 * A network as the page holds it: plain, immutable, keyed by id.
 *
 * A change makes new maps and new objects for what changed only, so identity tells what did. Order of `nodes` is
 * order of ids, which is order of creation, which is what the server breaks topological ties with.
 */
import type { Edge, GraphNode, Json } from "../wire/types";

export interface DocumentGraph {
  readonly name: string;
  readonly version: number;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** By `edgeKey`. */
  readonly edges: ReadonlyMap<string, Edge>;
  readonly blocks: { readonly [name: string]: Json };
}

export const GRAPH_VERSION = 1;

export const EMPTY_GRAPH: DocumentGraph = {
  name: "",
  version: GRAPH_VERSION,
  nodes: new Map(),
  edges: new Map(),
  blocks: {},
};

export function edgeKey(edge: Edge): string {
  return `${edge.source}:${edge.source_port}>${edge.target}:${edge.target_port}`;
}

interface Adjacency {
  incoming: Map<string, Edge[]>;
  outgoing: Map<string, Edge[]>;
}

const adjacencies = new WeakMap<ReadonlyMap<string, Edge>, Adjacency>();

function adjacency(graph: DocumentGraph): Adjacency {
  let found = adjacencies.get(graph.edges);
  if (!found) {
    found = { incoming: new Map(), outgoing: new Map() };
    for (const edge of graph.edges.values()) {
      append(found.incoming, edge.target, edge);
      append(found.outgoing, edge.source, edge);
    }
    for (const edges of found.incoming.values()) edges.sort((a, b) => a.target_port - b.target_port);
    for (const edges of found.outgoing.values()) edges.sort((a, b) => a.source_port - b.source_port);
    adjacencies.set(graph.edges, found);
  }
  return found;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Edges into a node, in order of its input ports. */
export function inputsOf(graph: DocumentGraph, id: string): readonly Edge[] {
  return adjacency(graph).incoming.get(id) ?? [];
}

/** Edges out of a node, in order of its output ports. */
export function outputsOf(graph: DocumentGraph, id: string): readonly Edge[] {
  return adjacency(graph).outgoing.get(id) ?? [];
}

/** Whether `to` can be reached from `from` along edges; a node reaches itself. */
export function reaches(graph: DocumentGraph, from: string, to: string): boolean {
  const seen = new Set([from]);
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === to) return true;
    for (const edge of outputsOf(graph, id)) {
      if (!seen.has(edge.target)) {
        seen.add(edge.target);
        waiting.push(edge.target);
      }
    }
  }
  return false;
}

/** Sortable by creation, unique across tabs: base-36 milliseconds, then a counter's worth of randomness. */
export function newNodeId(): string {
  const now = Math.max(Date.now(), lastTime + 1);
  lastTime = now;
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `n${now.toString(36).padStart(9, "0")}${random.toString(36).padStart(7, "0")}`;
}
let lastTime = 0;

/** A free Keras layer name of the form "dense", "dense_1", …; `taken` holds further names in use. */
export function freeName(
  graph: DocumentGraph,
  wanted: string,
  taken: ReadonlySet<string> = new Set(),
): string {
  const used = new Set(taken);
  for (const node of graph.nodes.values()) used.add(node.name);
  if (!used.has(wanted)) return wanted;
  const stem = wanted.replace(/_\d+$/, "") || wanted;
  for (let n = 1; ; n++) {
    const name = `${stem}_${n}`;
    if (!used.has(name)) return name;
  }
}

/** Keras' own way from class to layer name: "Conv2D" → "conv2d", "MaxPooling2D" → "max_pooling2d". */
export function snakeCase(type: string): string {
  return type
    .replace(/\W+/g, "_")
    .replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
