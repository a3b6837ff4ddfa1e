/**
 * Making a block of layers: they go into a definition, and one node of it takes their place, wired as they were.
 *
 * Pure, as all edits are made: from the state of the moment to the edits, which are one undo step.
 */
import { BLOCK, BLOCK_INPUT, storedBlock } from "../document/blocks";
import {
  type DocumentGraph,
  edgeKey,
  freeName,
  inputsOf,
  newNodeId,
  outputsOf,
  reaches,
} from "../document/graph";
import { outputNodes } from "../document/outputs";
import type { Catalog, Edge, Edit, GraphNode, Json, Params, Position } from "../wire/types";
import { boundsOf, freePlace, NODE_HEIGHT, NODE_WIDTH, RANK_PITCH, snap } from "./geometry";
import { mostInputs } from "./layers";

/**
 * Why layers make no block: one brings data, one compares with labels or measures, the way leads out of them and back
 * in, they share with others, or one gives out what the block around gives out, beside another output.
 */
export type Refusal = "input" | "role" | "loop" | "shared" | "output";

export interface Made {
  edits: Edit[];
  /** Of the node that stands for the block. */
  id: string;
}

const IDENTITY = "Identity";
const STEM = "block";

/** `around` are the parameters of the block that is open, which its layers may use in expressions. */
export function makeBlock(
  graph: DocumentGraph,
  catalog: Catalog,
  ids: ReadonlySet<string>,
  around: Params | null,
): Made | Refusal {
  const nodes = [...graph.nodes.values()].filter(({ id }) => ids.has(id)).sort(fromTheTop);
  const chosen = new Set(nodes.map(({ id }) => id));
  if (nodes.some(({ type }) => (catalog.layers[type]?.role ?? "layer") !== "layer")) return "role";
  if (nodes.some((node) => mostInputs(graph, catalog, node) === 0)) return "input";
  if (leadsBack(graph, chosen)) return "loop";
  const shares = ({ id, shares }: GraphNode) => shares !== null && chosen.has(id) !== chosen.has(shares);
  if ([...graph.nodes.values()].some(shares)) return "shared";

  const bounds = boundsOf(nodes);
  const origin: Position = bounds ? [bounds.x, bounds.y] : [0, 0];
  const inner = new Inner(nodes, origin);
  const arriving = nodes.flatMap(({ id }) => inputsOf(graph, id)).filter(({ source }) => !chosen.has(source));
  const feeds = distinct(arriving, sourceOf);
  const inputs = new Map(feeds.map((edge) => [sourceOf(edge), inner.addInput(edge)]));
  for (const edge of graph.edges.values()) {
    if (!chosen.has(edge.target)) continue;
    const input = chosen.has(edge.source) ? undefined : inputs.get(sourceOf(edge));
    inner.connect(input ? { ...edge, source: input, source_port: 0 } : edge);
  }
  const leaving = nodes.flatMap(({ id }) => outputsOf(graph, id)).filter(({ target }) => !chosen.has(target));
  const given = distinct(leaving, sourceOf);
  const isAlone = ({ source }: Edge) => given.filter((edge) => edge.source === source).length === 1;
  const ends = new Map(given.map((edge) => [sourceOf(edge), inner.endFor(edge, isAlone(edge))]));
  const outputs = inner.outputs();
  // A block around gives out the first output of a node that feeds nothing, and no other.
  if (around && outputs.length > 1 && nodes.some(({ id }) => outputsOf(graph, id).length === 0))
    return "output";

  const name = freeBlockName(graph);
  const used = usedParams(nodes, around ?? {});
  const rest = { ...graph, nodes: new Map([...graph.nodes].filter(([id]) => !chosen.has(id))) };
  const node: GraphNode = {
    id: newNodeId(),
    type: BLOCK,
    name: freeName(rest, name),
    params: { block: name, values: passedOn(used), repeat: 1 },
    position: snap(bounds ? [bounds.x + (bounds.width - NODE_WIDTH) / 2, bounds.y] : origin),
    phase: "both",
    shares: null,
    note: "",
  };
  const outer: Edit[] = [
    ...feeds.map(({ source, source_port }, target_port): Edit => {
      return { op: "connect", edge: { source, source_port, target: node.id, target_port } };
    }),
    ...leaving.map((edge): Edit => {
      const source_port = outputs.indexOf(ends.get(sourceOf(edge)) ?? "");
      return { op: "connect", edge: { ...edge, source: node.id, source_port } };
    }),
  ];
  const block = storedBlock({ params: used, nodes: inner.nodes, edges: inner.edges });
  return {
    id: node.id,
    edits: [
      { op: "set_block", name, block },
      ...nodes.map(({ id }): Edit => ({ op: "remove_node", id })),
      { op: "add_node", node },
      ...outer,
      ...closeUp(graph, chosen),
    ],
  };
}

/** The content of the block while it is put together. */
class Inner {
  readonly nodes = new Map<string, GraphNode>();
  readonly edges = new Map<string, Edge>();
  private readonly layers: ReadonlyMap<string, GraphNode>;
  private inputs = 0;

  constructor(layers: GraphNode[], [x, y]: Position) {
    const moved = layers.map((layer): GraphNode => {
      return { ...layer, position: [layer.position[0] - x, layer.position[1] - y] };
    });
    this.layers = new Map(moved.map((layer) => [layer.id, layer]));
    for (const layer of moved) this.nodes.set(layer.id, layer);
  }

  /** An input in the place of what fed a layer; before all layers, since the order of inputs is theirs. */
  addInput({ target }: Edge): string {
    const [x] = this.layers.get(target)?.position ?? [0];
    const taken = [...this.nodes.values()].map(({ position }) => position);
    const node = this.made(BLOCK_INPUT, "input", freePlace([x, -RANK_PITCH], taken));
    const known = [...this.nodes];
    this.nodes.clear();
    const entries = [...known.slice(0, this.inputs), [node.id, node] as const, ...known.slice(this.inputs)];
    for (const [id, entry] of entries) this.nodes.set(id, entry);
    this.inputs += 1;
    return node.id;
  }

  connect(edge: Edge): void {
    this.edges.set(edgeKey(edge), edge);
  }

  /** The node that gives out what a layer gives: itself, where that is all it does, else one that passes it on. */
  endFor({ source, source_port }: Edge, isAlone: boolean): string {
    const feeds = [...this.edges.values()].some((edge) => edge.source === source);
    if (isAlone && !feeds && source_port === 0) return source;
    const [x, y] = this.layers.get(source)?.position ?? [0, 0];
    const taken = [...this.nodes.values()].map(({ position }) => position);
    const node = this.made(IDENTITY, "output", freePlace([x, y + RANK_PITCH], taken));
    this.nodes.set(node.id, node);
    this.connect({ source, source_port, target: node.id, target_port: 0 });
    return node.id;
  }

  /** The nodes that feed nothing, as the ports of the block are numbered. */
  outputs(): string[] {
    return outputNodes(this);
  }

  private made(type: string, stem: string, position: Position): GraphNode {
    const graph = { name: "", version: 1, blocks: {}, nodes: this.nodes, edges: this.edges };
    const name = freeName(graph, stem);
    return { id: newNodeId(), type, name, params: {}, position, phase: "both", shares: null, note: "" };
  }
}

const fromTheTop = (one: GraphNode, other: GraphNode) =>
  one.position[1] - other.position[1] || one.position[0] - other.position[0];

const sourceOf = ({ source, source_port }: Edge) => `${source}:${source_port}`;

function distinct(edges: readonly Edge[], key: (edge: Edge) => string): Edge[] {
  return [...new Map(edges.map((edge) => [key(edge), edge])).values()];
}

/** Whether a way leads out of the nodes and back into them. */
function leadsBack(graph: DocumentGraph, chosen: ReadonlySet<string>): boolean {
  const around = [...chosen]
    .flatMap((id) => outputsOf(graph, id))
    .filter(({ target }) => !chosen.has(target));
  return distinct(around, ({ target }) => target).some(({ target }) =>
    [...chosen].some((id) => reaches(graph, target, id)),
  );
}

function freeBlockName({ blocks }: DocumentGraph): string {
  for (let number = 0; ; number++) {
    const name = number === 0 ? STEM : `${STEM}_${number}`;
    if (!(name in blocks)) return name;
  }
}

/** Those of the parameters around that the layers compute with. */
function usedParams(nodes: readonly GraphNode[], params: Params): Params {
  const words = new Set(
    expressionsIn(nodes.map((node) => node.params))
      .join(" ")
      .match(/[A-Za-z_]\w*/g),
  );
  return Object.fromEntries(Object.entries(params).filter(([name]) => words.has(name)));
}

function expressionsIn(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(expressionsIn);
  const entries = Object.entries(value);
  return entries.flatMap(([key, item]) =>
    key === "expr" && typeof item === "string" && entries.length === 1 ? [item] : expressionsIn(item),
  );
}

const passedOn = (params: Params): Params =>
  Object.fromEntries(Object.keys(params).map((name) => [name, { expr: name }]));

/** Where everything below follows the layers, it moves up to the one node that is left of them. */
function closeUp(graph: DocumentGraph, chosen: ReadonlySet<string>): Edit[] {
  const bounds = boundsOf([...graph.nodes.values()].filter(({ id }) => chosen.has(id)));
  if (!bounds) return [];
  const others = [...graph.nodes.values()].filter(({ id }) => !chosen.has(id));
  const below = others.filter(({ position }) => position[1] >= bounds.y + bounds.height);
  const beside = others.some(
    ({ position: [, y] }) => y > bounds.y - NODE_HEIGHT && y < bounds.y + bounds.height,
  );
  if (beside) return [];
  const by = bounds.height - NODE_HEIGHT;
  return below.map(({ id, position: [x, y] }): Edit => ({ op: "move", id, position: [x, y - by] }));
}
