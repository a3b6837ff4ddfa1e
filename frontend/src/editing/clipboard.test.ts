import { describe, expect, it } from "vitest";
import { freeName, newNodeId, snakeCase } from "../document/graph";
import type { GraphNode, Json } from "../wire/types";
import { closesCircle, copyText, pasteEdits, readText } from "./clipboard";
import { Desk } from "./desk";

describe("copied text", () => {
  it("comes back under new ids and names, wired within, in one undo step", () => {
    const desk = new Desk();
    desk.put("a", "Dense");
    desk.put("b", "Dropout", [0, 104]);
    desk.put("c", "Dense", [0, 208]);
    desk.connect("a", "b");
    desk.connect("b", "c");
    const part = readText(copyText(desk.graph, new Set(["a", "b"])));
    if (!part) throw new Error("It should be readable.");
    const { edits, ids } = pasteEdits(desk.graph, part, [500, 0]);
    desk.document.apply(edits, "paste");
    expect(desk.pairs.sort()).toEqual(["a b", "a_1 b_1", "b c"]);
    expect(ids.map((id) => desk.node(id).position)).toEqual([
      [504, 0],
      [504, 104],
    ]);
    desk.document.undo();
    expect(desk.graph.nodes.size).toBe(3);
  });

  it("covers no layer, however often it is pasted, and keeps its arrangement", () => {
    const desk = new Desk();
    desk.put("a", "Dense");
    desk.put("b", "Dense", [48, 104]);
    const part = readText(copyText(desk.graph, new Set(["a", "b"])));
    if (!part) throw new Error("It should be readable.");
    const places = ([null, [40, 96], [40, 96]] as const).map((at) => {
      const { edits, ids } = pasteEdits(desk.graph, part, at && [...at]);
      desk.document.apply(edits, "paste");
      return ids.map((id) => desk.node(id).position);
    });
    expect(places).toEqual([
      [
        [240, 0],
        [288, 104],
      ],
      [
        [528, 96],
        [576, 200],
      ],
      [
        [768, 96],
        [816, 200],
      ],
    ]);
  });

  it("brings inputs of a block into blocks only", () => {
    const desk = new Desk();
    desk.put("x", "BlockInput");
    desk.put("a", "Dense");
    desk.connect("x", "a");
    const part = readText(copyText(desk.graph, new Set(["x", "a"])));
    if (!part) throw new Error("It should be readable.");
    expect(pasteEdits(desk.graph, part, null).edits.map(({ op }) => op)).toEqual(["add_node"]);
    expect(pasteEdits(desk.graph, part, null, true).ids).toHaveLength(2);
  });

  it.each([
    ["one that uses the open block", "outer", ["inner"], true],
    ["one that is open", "inner", ["outer", "inner"], true],
    ["another", "inner", ["outer"], false],
    ["one in the network", "outer", [], false],
  ])("knows whether a block would stand in itself: %s", (_, block, open, expected) => {
    const desk = new Desk();
    const call = (id: string, name: string): GraphNode => ({
      ...{ id, type: "Block", name: id, params: { block: name, values: {}, repeat: 1 } },
      ...{ position: [0, 0], phase: "both", shares: null, note: "" },
    });
    const definition = (...nodes: GraphNode[]) => ({ params: {}, nodes, edges: [] }) as unknown as Json;
    desk.document.apply(
      [
        { op: "set_block", name: "inner", block: definition() },
        { op: "set_block", name: "outer", block: definition(call("i", "inner")) },
        { op: "add_node", node: call("n", block) },
      ],
      "put",
    );
    const part = readText(copyText(desk.graph, new Set(["n"])));
    if (!part) throw new Error("It should be readable.");
    expect(closesCircle(desk.graph, pasteEdits(desk.graph, part, null, true), open)).toBe(expected);
  });

  it.each([
    ["plain text", "hello"],
    ["another format", '{"class_name": "Sequential", "config": {}}'],
    ["nothing in it", '{"format": "visualnn", "nodes": []}'],
    ["nonsense for nodes", '{"format": "visualnn", "nodes": [1, null, {"id": 5}]}'],
    ["far too much", `{"format": "visualnn", "nodes": [], "note": "${"x".repeat(5_000_000)}"}`],
  ])("with %s is not pasted", (_what, text) => {
    expect(readText(text)).toBeNull();
  });

  it("with broken parts keeps what is sound", () => {
    const text = JSON.stringify({
      format: "visualnn",
      nodes: [{ id: "a", type: "Dense", position: ["x", null], params: [] }, "no"],
      edges: [{ source: "a", target: "a", source_port: -1 }, { source: 1 }],
    });
    expect(readText(text)).toEqual({
      nodes: [
        {
          id: "a",
          type: "Dense",
          name: "Dense",
          params: {},
          position: [0, 0],
          phase: "both",
          shares: null,
          note: "",
        },
      ],
      edges: [],
      blocks: {},
    });
  });
});

describe("names", () => {
  it.each([
    ["Dense", "dense"],
    ["Conv2D", "conv2d"],
    ["MaxPooling2D", "max_pooling2d"],
    ["BatchNormalization", "batch_normalization"],
    ["LSTM", "lstm"],
    ["GlobalAveragePooling2D", "global_average_pooling2d"],
  ])("of %s are spelt as Keras spells them: %s", (type, name) => {
    expect(snakeCase(type)).toBe(name);
  });

  it("count on from the stem", () => {
    const desk = new Desk();
    for (const id of ["dense", "dense_1"]) desk.put(id, "Dense");
    expect(freeName(desk.graph, "dense")).toBe("dense_2");
    expect(freeName(desk.graph, "dense_1")).toBe("dense_2");
    expect(freeName(desk.graph, "other")).toBe("other");
  });
});

describe("ids", () => {
  it("are sound and sort by creation", () => {
    const ids = Array.from({ length: 500 }, newNodeId);
    expect(new Set(ids).size).toBe(500);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id))).toBe(true);
  });
});
