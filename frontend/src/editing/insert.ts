/**
 * Putting palette entries into a network: appended after what is selected, at a place, or into an edge.
 *
 * Pure: from the state of the moment to the edits and the id of the new node, which are applied as one undo step.
 */
import { type DocumentGraph, freeName, newNodeId, outputsOf, snakeCase } from "../document/graph";
import type {
  Catalog,
  CatalogEntry,
  Edge,
  Edit,
  GraphNode,
  NodeAnalysis,
  Position,
  Shape,
} from "../wire/types";
import {
  boundsOf,
  freePlace,
  NODE_GAP,
  NODE_HEIGHT,
  NODE_WIDTH,
  RANK_GAP,
  RANK_PITCH,
  snap,
} from "./geometry";
import { layerFor, mostInputs, newParams } from "./layers";

export interface Scene {
  graph: DocumentGraph;
  catalog: Catalog;
  analysis: ReadonlyMap<string, NodeAnalysis>;
}

/** A palette entry; one that is not the catalogue's says what a node of it is called. */
export interface Insertable extends CatalogEntry {
  called?: string;
}

export interface Insertion {
  edits: Edit[];
  /** The new node's id. */
  id: string;
}

export interface AppendOptions {
  selection: ReadonlySet<string>;
  /** Start a second way out of the selected node, rather than going in between. */
  branch?: boolean;
  /** Where the very first node goes: the middle of what is visible. */
  centre: Position;
}

/** Adds a layer after the selected nodes (else after the last one), connected, below. */
export function appendEntry(scene: Scene, entry: Insertable, options: AppendOptions): Insertion {
  const { graph, catalog } = scene;
  const sources = sourcesFor(scene, entry, options.selection);
  const [first] = sources;
  const node = newNode(scene, entry, first ? outputShape(scene, first, 0) : null);
  const taken = [...graph.nodes.values()].map(({ position }) => position);

  if (!first || mostInputs(graph, catalog, node) === 0) {
    node.position = freePlace(beside(graph, options.centre), taken);
    return { id: node.id, edits: [{ op: "add_node", node }] };
  }

  const onward = outputsOf(graph, first);
  const [only] = onward;
  if (sources.length === 1 && only && onward.length === 1 && !options.branch)
    return spliceNode(graph, node, only);

  const bottom = Math.max(...sources.map((id) => graph.nodes.get(id)?.position[1] ?? 0));
  const across = sources.map((id) => graph.nodes.get(id)?.position[0] ?? 0);
  const middle = across.reduce((sum, x) => sum + x, 0) / across.length;
  node.position = freePlace(snap([middle, bottom + RANK_PITCH]), taken);
  const edges = sources.map((source, target_port): Edit => {
    return { op: "connect", edge: { source, source_port: 0, target: node.id, target_port } };
  });
  return { id: node.id, edits: [{ op: "add_node", node }, ...edges] };
}

/** Adds a layer at a place, in canvas pixels of its middle; into the edge that lies there, if one is named. */
export function insertEntry(scene: Scene, entry: Insertable, middle: Position, edge?: Edge): Insertion {
  const { graph, catalog } = scene;
  const node = newNode(scene, entry, edge ? outputShape(scene, edge.source, edge.source_port) : null);
  node.position = snap([middle[0] - NODE_WIDTH / 2, middle[1] - NODE_HEIGHT / 2]);
  if (edge && mostInputs(graph, catalog, node) !== 0) return spliceNode(graph, node, edge);
  return { id: node.id, edits: [{ op: "add_node", node }] };
}

/** Puts a node into an edge, and moves what follows down where it would be covered. */
export function spliceNode(graph: DocumentGraph, node: GraphNode, edge: Edge): Insertion {
  const before = graph.nodes.get(edge.source);
  const after = graph.nodes.get(edge.target);
  const edits: Edit[] = [];
  let position = node.position;
  if (before && after) {
    const top = before.position[1] + RANK_PITCH;
    const room = after.position[1] - NODE_HEIGHT - RANK_GAP / 2;
    const [x] = before.position;
    // Between neighbours there is one place; on a long edge, the place it was dropped at.
    if (position[1] < top || position[1] > room) position = [x, top];
    const missing = position[1] + RANK_PITCH - after.position[1];
    if (missing > 0) edits.push(...shiftDown(graph, after.id, missing, new Set([before.id])));
  }
  return {
    id: node.id,
    edits: [
      { op: "add_node", node: { ...node, position } },
      ...edits,
      { op: "disconnect", edge },
      { op: "connect", edge: { ...edge, target: node.id, target_port: 0 } },
      { op: "connect", edge: { ...edge, source: node.id, source_port: 0 } },
    ],
  };
}

/** Moves a node and everything below that depends on it. */
export function shiftDown(
  graph: DocumentGraph,
  start: string,
  distance: number,
  fixed: ReadonlySet<string> = new Set(),
): Edit[] {
  const seen = new Set([start]);
  const waiting = [start];
  const edits: Edit[] = [];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const node = graph.nodes.get(id);
    if (!node || fixed.has(id)) continue;
    edits.push({ op: "move", id, position: [node.position[0], node.position[1] + distance] });
    for (const { target } of outputsOf(graph, id)) {
      if (seen.has(target)) continue;
      seen.add(target);
      waiting.push(target);
    }
  }
  return edits;
}

/** The nodes a new layer takes its inputs from: the selected ones that it has room for, else the last of the network. */
function sourcesFor({ graph, catalog }: Scene, entry: Insertable, selection: ReadonlySet<string>): string[] {
  const selected = [...selection]
    .filter((id) => graph.nodes.has(id))
    .sort((a, b) => left(graph, a) - left(graph, b));
  const room = mostInputs(graph, catalog, { type: entry.layer, params: entry.params }) ?? selected.length;
  if (selected.length > 1) return selected.length <= room ? selected : [];
  const [one] = selected;
  const last = one ?? lastOutput(graph);
  return last === null ? [] : [last];
}

function left(graph: DocumentGraph, id: string): number {
  return graph.nodes.get(id)?.position[0] ?? 0;
}

/** The youngest node with nothing after it. */
function lastOutput(graph: DocumentGraph): string | null {
  return [...graph.nodes.keys()].reverse().find((id) => outputsOf(graph, id).length === 0) ?? null;
}

/** Where a node that starts anew goes: the middle of an empty canvas, else right of everything, at the top. */
function beside(graph: DocumentGraph, centre: Position): Position {
  const bounds = boundsOf(graph.nodes.values());
  if (bounds) return snap([bounds.x + bounds.width + NODE_GAP, bounds.y]);
  return snap([centre[0] - NODE_WIDTH / 2, centre[1] - NODE_HEIGHT / 2]);
}

function outputShape({ analysis }: Scene, id: string, port: number): Shape | null {
  return analysis.get(id)?.outputs?.[port]?.shape ?? null;
}

function newNode({ graph, catalog }: Scene, entry: Insertable, input: Shape | null): GraphNode {
  const type = layerFor(catalog, entry, input);
  const schema = catalog.layers[type];
  return {
    id: newNodeId(),
    type,
    name: freeName(graph, snakeCase(entry.called ?? type)),
    params: schema ? newParams(schema, entry.params) : { ...entry.params },
    position: [0, 0],
    phase: "both",
    shares: null,
    note: "",
  };
}
