/** Blocks as the document holds them: named parts of a network with parameters. What they mean is the server's. */
import type { Edge, GraphNode, Json, Params, Phase } from "../wire/types";
import { type DocumentGraph, edgeKey } from "./graph";

export const BLOCK = "Block";
export const BLOCK_INPUT = "BlockInput";

export interface BlockDefinition {
  params: Params;
  nodes: ReadonlyMap<string, GraphNode>;
  edges: ReadonlyMap<string, Edge>;
}

const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const read = new WeakMap<object, BlockDefinition>();

/** A block by its name; null where there is none that can be read. */
export function blockNamed(blocks: DocumentGraph["blocks"], name: unknown): BlockDefinition | null {
  const stored = typeof name === "string" ? blocks[name] : undefined;
  if (!isObject(stored)) return null;
  let found = read.get(stored);
  if (!found) {
    const nodes = listed(stored.nodes).flatMap((item) => nodeOf(item) ?? []);
    const known = new Set(nodes.map(({ id }) => id));
    const edges = listed(stored.edges).flatMap((item) => edgeOf(item, known) ?? []);
    found = {
      params: isObject(stored.params) ? stored.params : {},
      nodes: new Map(nodes.map((node) => [node.id, node])),
      edges: new Map(edges.map((edge) => [edgeKey(edge), edge])),
    };
    read.set(stored, found);
  }
  return found;
}

/** A block as it is stored. */
export function storedBlock({ params, nodes, edges }: BlockDefinition): Json {
  return { params, nodes: [...nodes.values()], edges: [...edges.values()] } as unknown as Json;
}

/** The block that a node uses: its name, the values it gives, and how often it follows itself. */
export interface BlockUse {
  block: string;
  values: Params;
  repeat: Json;
}

export function blockUse({ params }: Pick<GraphNode, "params">): BlockUse {
  return {
    block: typeof params.block === "string" ? params.block : "",
    values: isObject(params.values) ? params.values : {},
    repeat: params.repeat ?? 1,
  };
}

/** How many inputs a block takes. */
export function blockInputs(definition: BlockDefinition | null): number {
  return definition ? [...definition.nodes.values()].filter(({ type }) => type === BLOCK_INPUT).length : 1;
}

function listed(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function nodeOf(value: Json): GraphNode | null {
  if (!isObject(value) || typeof value.id !== "string" || typeof value.type !== "string") return null;
  const [x, y] = Array.isArray(value.position) ? value.position : [0, 0];
  const phase: Phase = value.phase === "train" || value.phase === "test" ? value.phase : "both";
  return {
    id: value.id,
    type: value.type,
    name: typeof value.name === "string" ? value.name : value.id,
    params: isObject(value.params) ? value.params : {},
    position: [typeof x === "number" ? x : 0, typeof y === "number" ? y : 0],
    phase,
    shares: typeof value.shares === "string" ? value.shares : null,
    note: typeof value.note === "string" ? value.note : "",
  };
}

function edgeOf(value: Json, known: ReadonlySet<string>): Edge | null {
  if (!isObject(value)) return null;
  const { source, target, source_port, target_port } = value;
  if (typeof source !== "string" || typeof target !== "string") return null;
  if (!known.has(source) || !known.has(target)) return null;
  const port = (number: Json | undefined) => (typeof number === "number" ? number : 0);
  return { source, target, source_port: port(source_port), target_port: port(target_port) };
}
