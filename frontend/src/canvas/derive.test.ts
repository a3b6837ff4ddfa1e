import { describe, expect, it } from "vitest";
import { NetworkDocument } from "../document/NetworkDocument";
import type { Catalog, Edit, GraphNode, LayerSchema, Position } from "../wire/types";
import { Deriver, type Drawn } from "./derive";
import { inputOffset } from "./ports";

const layer = (name: string, min: number, max: number | null): LayerSchema => ({
  name,
  category: "common",
  family: null,
  summary: "",
  doc: "",
  remarks: "",
  example: ["", ""],
  source: "",
  inputs: { min, max },
  rank: null,
  role: "layer",
  training_only: false,
  params: [],
  new: {},
});
const CATALOG: Catalog = {
  version: "1",
  categories: [],
  entries: [],
  layers: { Input: layer("Input", 0, 0), Dense: layer("Dense", 1, 1), Add: layer("Add", 2, null) },
  families: {},
};
const NO_ONE: ReadonlySet<string> = new Set();

function node(id: string, type: string, position: Position): Edit {
  const added: GraphNode = {
    id,
    type,
    name: id,
    params: {},
    position,
    phase: "both",
    shares: null,
    note: "",
  };
  return { op: "add_node", node: added };
}

function wire(source: string, target: string, target_port = 0): Edit {
  return { op: "connect", edge: { source, target, source_port: 0, target_port } };
}

/** in → a → b → sum, and in → sum: a residual block, the skip on port 0. */
function scene() {
  const document = new NetworkDocument("test");
  document.apply(
    [
      node("in", "Input", [0, 0]),
      node("a", "Dense", [0, 104]),
      node("b", "Dense", [0, 208]),
      node("sum", "Add", [0, 312]),
      wire("in", "a"),
      wire("a", "b"),
      wire("b", "sum", 1),
      wire("in", "sum", 0),
    ],
    "x",
  );
  const drawn = (change: Partial<Drawn> = {}): Drawn => ({
    graph: document.graph,
    catalog: CATALOG,
    outputs: new Map(),
    moved: new Map(),
    ...change,
  });
  return { document, drawn };
}

const name = ({ name: text }: GraphNode) => text;

describe("the deriver", () => {
  it("gives every node its size and its ports, so that nothing is measured", () => {
    const { drawn } = scene();
    const nodes = new Deriver().deriveNodes(drawn(), NO_ONE, name);
    expect(nodes.map(({ id, data }) => [id, data.ports.inputs.length, data.ports.outputs.length])).toEqual([
      ["a", 1, 1],
      ["b", 1, 1],
      ["in", 0, 1],
      ["sum", 3, 1],
    ]);
    for (const { width, height, measured, handles } of nodes) {
      expect(measured).toEqual({ width, height });
      expect(handles?.length).toBeGreaterThan(0);
    }
  });

  it("hands out the same objects while nothing changes, and new ones only for what does", () => {
    const { document, drawn } = scene();
    const deriver = new Deriver();
    const nodes = deriver.deriveNodes(drawn(), NO_ONE, name);
    const edges = deriver.deriveEdges(drawn(), NO_ONE);
    expect(deriver.deriveNodes(drawn(), NO_ONE, name)).toBe(nodes);
    expect(deriver.deriveEdges(drawn(), NO_ONE)).toBe(edges);
    document.apply([{ op: "set_params", id: "b", params: { units: 3 } }], "x");
    const next = deriver.deriveNodes(drawn(), new Set(["a"]), name);
    expect(next.filter((item, index) => item !== nodes[index]).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(deriver.deriveEdges(drawn(), NO_ONE)).toBe(edges);
  });

  it("gives the middle of a merge to what comes from straight above, and leads the skip round it", () => {
    const { drawn } = scene();
    const deriver = new Deriver();
    const sum = deriver.deriveNodes(drawn(), NO_ONE, name).find(({ id }) => id === "sum");
    const ports = sum?.data.ports;
    if (!ports) throw new Error("The sum is missing.");
    expect(inputOffset(ports, 1)).toBe(100);
    expect(inputOffset(ports, 0)).toBeGreaterThan(100);
    const points = new Map(deriver.deriveEdges(drawn(), NO_ONE).map(({ id, data }) => [id, data?.points]));
    expect(points.get("b:0>sum:1")).toHaveLength(2);
    const lane = points.get("in:0>sum:0")?.[2];
    expect(lane?.[0]).toBeGreaterThan(200);
  });

  it("lets only the edges of moving nodes follow them", () => {
    const { drawn } = scene();
    const deriver = new Deriver();
    const still = new Map(deriver.deriveEdges(drawn(), NO_ONE).map((edge) => [edge.id, edge]));
    const moving = deriver.deriveEdges(drawn({ moved: new Map([["b", [300, 208]]]) }), NO_ONE);
    expect(moving.filter((edge) => still.get(edge.id) !== edge).map(({ id }) => id)).toEqual([
      "a:0>b:0",
      "b:0>sum:1",
    ]);
  });

  it("shows as many outputs as are known to come out", () => {
    const { drawn } = scene();
    const nodes = new Deriver().deriveNodes(drawn({ outputs: new Map([["a", 3]]) }), NO_ONE, name);
    expect(nodes.find(({ id }) => id === "a")?.data.ports.outputs).toEqual([-1, 0, 1]);
  });

  it("does not draw an edge whose end has just been removed elsewhere", () => {
    const { drawn } = scene();
    const graph = drawn().graph;
    const nodes = new Map([...graph.nodes].filter(([id]) => id !== "b"));
    const edges = new Deriver().deriveEdges(drawn({ graph: { ...graph, nodes } }), NO_ONE);
    expect(edges.map(({ id }) => id)).toEqual(["in:0>a:0", "in:0>sum:0"]);
  });
});
