import { describe, expect, it } from "vitest";
import type { Edit, GraphNode, Json } from "../wire/types";
import { BlockDocument } from "./BlockDocument";
import { NetworkDocument } from "./NetworkDocument";

const node = (id: string, type: string, params = {}): GraphNode => ({
  id,
  type,
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});

const stage = {
  params: { filters: 64 },
  nodes: [node("x", "BlockInput"), node("conv", "Conv2D", { filters: { expr: "filters" } })],
  edges: [{ source: "x", target: "conv", source_port: 0, target_port: 0 }],
} as unknown as Json;

function opened() {
  const network = new NetworkDocument("network");
  network.apply(
    [
      { op: "set_block", name: "stage", block: stage },
      { op: "add_node", node: node("a", "Block", { block: "stage", values: {}, repeat: 2 }) },
    ],
    "make",
  );
  return { network, block: new BlockDocument(network, "a") };
}

describe("a block as a document", () => {
  it("holds the nodes and edges of the block", () => {
    const { block } = opened();
    expect([...block.graph.nodes.keys()]).toEqual(["x", "conv"]);
    expect([...block.graph.edges.keys()]).toEqual(["x:0>conv:0"]);
    expect(block.graph).toBe(block.graph);
  });

  it("writes its edits into the network's blocks, as one undo step of the network", () => {
    const { network, block } = opened();
    let told = 0;
    block.subscribeGraph(() => {
      told += 1;
    });
    block.apply(
      [
        { op: "set_params", id: "conv", params: { filters: { expr: "2 * filters" } } },
        { op: "rename", id: "conv", name: "wide" },
      ],
      "edit",
    );
    expect(block.graph.nodes.get("conv")).toMatchObject({
      name: "wide",
      params: { filters: { expr: "2 * filters" } },
    });
    expect(JSON.stringify(network.graph.blocks.stage)).toContain("2 * filters");
    expect(told).toBe(1);
    block.undo();
    expect(network.graph.blocks.stage).toEqual(stage);
  });

  it("takes edits of the network's blocks, whichever is open, and nothing where there is none", () => {
    const { network, block } = opened();
    const edits: Edit[] = [{ op: "rename", id: "conv", name: "mended" }];
    block.apply([{ op: "edit_block", name: "stage", edits }], "fix");
    expect(block.graph.nodes.get("conv")?.name).toBe("mended");
    expect(block.definition?.params).toEqual({ filters: 64 });
    network.apply([{ op: "edit_block", name: "other", edits }], "fix");
    expect(Object.keys(network.graph.blocks)).toEqual(["stage"]);
    expect(block.root).toBe(network);
    network.undo();
    expect(network.graph.blocks.stage).toEqual(stage);
  });

  it("removes a node with its edges", () => {
    const { block } = opened();
    block.apply([{ op: "remove_node", id: "x" }], "delete");
    expect(block.graph.nodes.size).toBe(1);
    expect(block.graph.edges.size).toBe(0);
  });

  it("is gone when its node is", () => {
    const { network, block } = opened();
    network.apply([{ op: "remove_node", id: "a" }], "delete");
    expect(block.definition).toBeNull();
    expect(block.apply([{ op: "rename", id: "conv", name: "other" }], "edit")).toBe(false);
  });
});
