import { describe, expect, it } from "vitest";
import { BlockDocument } from "../document/BlockDocument";
import { NetworkDocument } from "../document/NetworkDocument";
import { freeInput, refusal } from "../editing/connect";
import { CATALOG } from "../editing/desk";
import { appendEntry } from "../editing/insert";
import type { GraphNode, Json, Params } from "../wire/types";
import { blockEntries, blockSection } from "./blockEntries";

const node = (id: string, type: string, params: Params = {}): GraphNode => ({
  id,
  type,
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});
const call = (id: string, block: string) => node(id, "Block", { block, values: {}, repeat: 1 });
const block = (...nodes: GraphNode[]) => ({ params: {}, nodes, edges: [] }) as unknown as Json;

function opened() {
  const network = new NetworkDocument("network");
  const two = [node("x", "BlockInput"), node("y", "BlockInput"), node("add", "Add")];
  network.apply(
    [
      { op: "set_block", name: "inner", block: block(...two) },
      { op: "set_block", name: "outer", block: block(node("x", "BlockInput"), call("deep", "inner")) },
      { op: "add_node", node: call("a", "outer") },
    ],
    "make",
  );
  const outer = new BlockDocument(network, "a");
  return { network, outer, inner: new BlockDocument(outer, "deep") };
}
const ids = (document: NetworkDocument) => blockEntries(document).map(({ id }) => id);

describe("the palette's own entries", () => {
  it("are the network's blocks; in a block its input, and no block that contains it", () => {
    const { network, outer, inner } = opened();
    expect(ids(network)).toEqual(["block-inner", "block-outer"]);
    expect(ids(outer)).toEqual(["block-input", "block-inner"]);
    expect(ids(inner)).toEqual(["block-input"]);
    expect(blockSection(blockEntries(inner))).toMatchObject({ id: "blocks", open: true });
    expect(blockSection([])).toBeNull();
  });

  it("give a block another input, which nothing feeds", () => {
    const { outer } = opened();
    const [input] = blockEntries(outer);
    if (!input) throw new Error("There should be one.");
    const scene = { graph: outer.graph, catalog: CATALOG, analysis: new Map() };
    const made = appendEntry(scene, input, { selection: new Set(["deep"]), centre: [0, 0] });
    outer.apply(made.edits, "add");
    expect(outer.graph.nodes.get(made.id)).toMatchObject({ type: "BlockInput", name: "input", params: {} });
    expect(outer.graph.edges.size).toBe(0);
    expect(freeInput(outer.graph, CATALOG, made.id)).toBeNull();
    const edge = { source: "x", target: made.id, source_port: 0, target_port: 0 };
    expect(refusal(outer.graph, CATALOG, edge)).toBe("no_input");
    expect([...outer.graph.nodes.keys()].at(-1)).toBe(made.id);
  });

  it("use a block once more, behind as many layers as it has inputs", () => {
    const { network } = opened();
    const [inner] = blockEntries(network);
    if (!inner) throw new Error("There should be one.");
    network.apply([{ op: "add_node", node: node("b", "ReLU") }], "add");
    const scene = { graph: network.graph, catalog: CATALOG, analysis: new Map() };
    const made = appendEntry(scene, inner, { selection: new Set(["a", "b"]), centre: [0, 0] });
    network.apply(made.edits, "add");
    expect(network.graph.nodes.get(made.id)).toMatchObject({
      name: "inner",
      params: { block: "inner", values: {}, repeat: 1 },
    });
    expect(network.graph.edges.size).toBe(2);
    expect(freeInput(network.graph, CATALOG, made.id)).toBeNull();
  });
});
