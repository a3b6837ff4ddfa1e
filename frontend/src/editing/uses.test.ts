import { describe, expect, it } from "vitest";
import { removeParam, renameBlock, renameParam } from "../blocks/params";
import { linesLost } from "../document/calls";
import { NetworkDocument } from "../document/NetworkDocument";
import type { Edge, Edit, GraphNode, Json, Params } from "../wire/types";
import { closePorts, portsAmong } from "./uses";

const node = (id: string, type: string, params: Params = {}, shares: string | null = null): GraphNode => ({
  id,
  type,
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares,
  note: "",
});
const edge = (line: string): Edge => {
  const [source = "", target = "", target_port = "0"] = line.split(/[>:]/);
  return { source, source_port: 0, target, target_port: Number(target_port) };
};
const call = (id: string, block: string, values: Params = {}) =>
  node(id, "Block", { block, values, repeat: 1 });

/** "sum" has the inputs x, y, z; it is used twice in the network, once as a shared call, and in "outer". */
function network() {
  const document = new NetworkDocument("network");
  const sum = {
    params: { n: 2, size: 3 },
    nodes: [
      node("x", "BlockInput"),
      node("y", "BlockInput"),
      node("z", "BlockInput"),
      node("dense", "Dense", { units: { expr: "n * size + 2*n - nn" }, name: "n" }),
      node("conv", "Conv1D", { kernel_size: [{ expr: "n" }] }),
    ],
    edges: [],
  };
  const outer = {
    params: {},
    nodes: [node("in", "BlockInput"), call("inner", "sum", { n: { expr: "n" } })],
    edges: [edge("in>inner:0"), edge("in>inner:2")],
  };
  const lines = ["a>one:0", "b>one:1", "c>one:2", "a>two:1", "one>other:1"];
  const edits: Edit[] = [
    { op: "set_block", name: "sum", block: sum as unknown as Json },
    { op: "set_block", name: "outer", block: outer as unknown as Json },
    ...[
      ...["a", "b", "c"].map((id) => node(id, "Input")),
      call("one", "sum", { n: 4 }),
      node("two", "Block", {}, "one"),
      call("other", "outer"),
    ].map((added): Edit => ({ op: "add_node", node: added })),
    ...lines.map((line): Edit => ({ op: "connect", edge: edge(line) })),
  ];
  document.apply(edits, "make");
  return document;
}
const linesOf = ({ graph }: NetworkDocument) => [...graph.edges.keys()].sort();
const stored = (document: NetworkDocument, block: string) =>
  document.graph.blocks[block] as unknown as { params: Params; nodes: GraphNode[]; edges: Edge[] };

describe("an input that a block loses", () => {
  it("is a port by its place among the inputs", () => {
    const { nodes } = stored(network(), "sum");
    const level = { nodes: new Map(nodes.map((inner) => [inner.id, inner])), edges: new Map() };
    expect([...portsAmong(level, new Set(["y", "dense", "z"]))]).toEqual([1, 2]);
  });
  it.each([
    [[0], ["b:0>one:0", "c:0>one:1", "a:0>two:0", "one:0>other:1"], 2, [1]],
    [[1], ["a:0>one:0", "c:0>one:1", "one:0>other:1"], 2, [0, 1]],
    [[2], ["a:0>one:0", "b:0>one:1", "a:0>two:1", "one:0>other:1"], 2, [0]],
    [[0, 1], ["c:0>one:0", "one:0>other:1"], 4, [0]],
  ])("takes the lines to it along, and the others move up: %j", (ports, lines, lost, within) => {
    const document = network();
    const before = linesOf(document);
    const edits = closePorts(document.graph, "sum", new Set(ports));
    expect(linesLost(edits)).toBe(lost);
    document.apply(edits, "remove");
    expect(linesOf(document)).toEqual([...lines].sort());
    expect(stored(document, "outer").edges.map((inner) => inner.target_port)).toEqual(within);
    document.undo();
    expect(linesOf(document)).toEqual(before);
  });
});

describe("a parameter of a block", () => {
  it("is renamed in its expressions, and where values are given for it", () => {
    const document = network();
    document.apply(renameParam(document.graph, "sum", "n", "units"), "rename");
    const { params, nodes } = stored(document, "sum");
    expect(Object.entries(params)).toEqual([
      ["units", 2],
      ["size", 3],
    ]);
    expect(nodes[3]?.params).toEqual({ units: { expr: "units * size + 2*units - nn" }, name: "n" });
    expect(nodes[4]?.params).toEqual({ kernel_size: [{ expr: "units" }] });
    expect(document.graph.nodes.get("one")?.params.values).toEqual({ units: 4 });
    expect(document.graph.nodes.get("two")?.params).toEqual({});
    expect(stored(document, "outer").nodes[1]?.params.values).toEqual({ units: { expr: "n" } });
  });
  it("is called by the block's new name, too", () => {
    const document = network();
    const before = document.graph.blocks;
    document.apply(renameBlock(document.graph, "sum", "total"), "rename");
    expect(Object.keys(document.graph.blocks).sort()).toEqual(["outer", "total"]);
    expect(document.graph.blocks.total).toEqual(before.sum);
    expect(document.graph.nodes.get("one")?.params.block).toBe("total");
    expect(document.graph.nodes.get("two")?.params).toEqual({});
    expect(stored(document, "outer").nodes[1]?.params.block).toBe("total");
    document.undo();
    expect(document.graph.blocks).toEqual(before);
    expect(renameBlock(document.graph, "none", "other")).toEqual([]);
  });
  it("takes the values that are given for it along", () => {
    const document = network();
    document.apply(removeParam(document.graph, "sum", "n"), "remove");
    expect(stored(document, "sum").params).toEqual({ size: 3 });
    expect(document.graph.nodes.get("one")?.params.values).toEqual({});
    expect(stored(document, "outer").nodes[1]?.params.values).toEqual({});
  });
  it("is nothing in a block that is not there", () => {
    const { graph } = network();
    expect(renameParam(graph, "none", "n", "m")).toEqual([]);
    expect(removeParam(graph, "none", "n")).toEqual([]);
  });
});
