/**
 * Parts of networks as text: the native format itself, so that what is copied can be pasted into another tab, a file
 * or a message. What is pasted comes from anywhere and is read with suspicion.
 */
import { BLOCK_INPUT } from "../document/blocks";
import { type DocumentGraph, freeName, GRAPH_VERSION, newNodeId } from "../document/graph";
import type { Edge, Edit, Graph, GraphNode, Json, Params, Phase, Position } from "../wire/types";
import { blockEdits, usedBlocks, usesOneOf } from "./blocks";
import { boundsOf, freeShift, snap } from "./geometry";

const MAX_CHARACTERS = 4_000_000;
const MAX_NODES = 5_000;
const MAX_EDGES = 20_000;

/** The chosen nodes and the edges between them, as text. */
export function copyText(graph: DocumentGraph, ids: ReadonlySet<string>): string {
  const nodes = [...graph.nodes.values()].filter((node) => ids.has(node.id));
  const part: Graph = {
    format: "visualnn",
    version: GRAPH_VERSION,
    name: graph.name,
    nodes,
    edges: [...graph.edges.values()].filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
    blocks: usedBlocks(graph.blocks, nodes),
  };
  return JSON.stringify(part, null, 1);
}

interface Part {
  nodes: GraphNode[];
  edges: Edge[];
  blocks: { readonly [name: string]: Json };
}

/** Reads copied text; null where it is something else. */
export function readText(text: string): Part | null {
  if (text.length > MAX_CHARACTERS) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value.format !== "visualnn" || !Array.isArray(value.nodes)) return null;
  const nodes = value.nodes.slice(0, MAX_NODES).flatMap(readNode);
  if (nodes.length === 0) return null;
  const edges = Array.isArray(value.edges) ? value.edges.slice(0, MAX_EDGES).flatMap(readEdge) : [];
  const blocks = isRecord(value.blocks) ? (value.blocks as { [name: string]: Json }) : {};
  return { nodes, edges, blocks };
}

export interface Pasted {
  edits: Edit[];
  ids: string[];
}

/**
 * The edits that add a part to a network, or to a block, under new ids and names.
 *
 * Its top-left corner goes to `at`, or to its own place; where that would cover a layer, the whole goes to the right of it.
 */
export function pasteEdits(graph: DocumentGraph, part: Part, at: Position | null, isBlock = false): Pasted {
  const ids = new Map<string, string>();
  const names = new Set<string>();
  const { edits: blocks, rename } = blockEdits(graph, part.blocks);
  // Inputs of a block mean nothing outside of one.
  const pasted = part.nodes.filter(({ type }) => isBlock || type !== BLOCK_INPUT);
  const bounds = boundsOf(pasted);
  const [dx, dy] = at && bounds ? [at[0] - bounds.x, at[1] - bounds.y] : [0, 0];
  const wanted = pasted.map(({ position: [x, y] }) => snap([x + dx, y + dy]));
  const taken = [...graph.nodes.values()].map(({ position }) => position);
  const aside = freeShift(wanted, taken);
  const nodes = pasted.map((node, index): Edit => {
    const id = newNodeId();
    ids.set(node.id, id);
    const name = freeName(graph, node.name, names);
    names.add(name);
    const [x, y] = wanted[index] ?? node.position;
    const position = snap([x + aside, y]);
    return { op: "add_node", node: { ...rename(node), id, name, position, shares: null } };
  });
  const edges = part.edges.flatMap((edge): Edit[] => {
    const [source, target] = [ids.get(edge.source), ids.get(edge.target)];
    return source && target ? [{ op: "connect", edge: { ...edge, source, target } }] : [];
  });
  return { edits: [...blocks, ...nodes, ...edges], ids: [...ids.values()] };
}

/** Whether a block would stand inside itself, were this pasted into the blocks that are open. */
export function closesCircle({ blocks }: DocumentGraph, { edits }: Pasted, open: readonly string[]): boolean {
  const brought = edits.flatMap((edit) =>
    edit.op === "set_block" ? [[edit.name, edit.block] as const] : [],
  );
  const nodes = edits.flatMap((edit) => (edit.op === "add_node" ? [edit.node] : []));
  return usesOneOf({ ...blocks, ...Object.fromEntries(brought) }, nodes, open);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readNode(value: unknown): GraphNode[] {
  if (!isRecord(value) || typeof value.id !== "string" || typeof value.type !== "string") return [];
  const [x, y] = Array.isArray(value.position) ? value.position : [0, 0];
  return [
    {
      id: value.id,
      type: value.type.slice(0, 100),
      name:
        typeof value.name === "string" && value.name ? value.name.slice(0, 200) : value.type.slice(0, 100),
      params: isRecord(value.params) ? (value.params as Params) : {},
      position: [Number.isFinite(x) ? x : 0, Number.isFinite(y) ? y : 0],
      phase: (["train", "test"] as unknown[]).includes(value.phase) ? (value.phase as Phase) : "both",
      shares: null,
      note: typeof value.note === "string" ? value.note.slice(0, 10_000) : "",
    },
  ];
}

function readEdge(value: unknown): Edge[] {
  if (!isRecord(value)) return [];
  const { source, target, source_port = 0, target_port = 0 } = value;
  if (typeof source !== "string" || typeof target !== "string") return [];
  if (!isPort(source_port) || !isPort(target_port)) return [];
  return [{ source, target, source_port, target_port }];
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 1000;
}
