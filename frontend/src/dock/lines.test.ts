import { describe, expect, it } from "vitest";
import type { GraphNode } from "../wire/types";
import { nodeAt, spanOf } from "./lines";

const node = (id: string, name: string, type = "Dense"): GraphNode => ({
  id,
  name,
  type,
  params: {},
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});
const nodes = new Map([
  ["a", node("a", "dense")],
  ["b", node("b", "dense_1")],
  ["c", node("c", "stage", "Block")],
]);
const text = [
  "import keras",
  'x = Dense(name="dense")',
  'y = Dense(name="dense_1")',
  "stage_1_conv = Conv()",
];

describe("lines", () => {
  it("are those that the server tells", () => {
    expect(spanOf(node("a", "dense"), { a: [3, 4] }, text)).toEqual([3, 4]);
    expect(nodeAt(2, nodes, { a: [1, 3], b: [2, 2] }, text)).toBe("b");
  });
  it("are a node's own, not those of a block that they name", () => {
    expect(nodeAt(4, nodes, { a: [4, 4], "c-1-x": [2, 3] }, text)).toBe("a");
    expect(nodeAt(3, nodes, { "c-1-x": [2, 3] }, text)).toBe("c");
  });
  it("are found by name where the server tells none, not by a part of another name", () => {
    expect(spanOf(node("a", "dense"), {}, text)).toEqual([2, 2]);
    expect(nodeAt(3, nodes, {}, text)).toBe("b");
    expect(nodeAt(1, nodes, {}, text)).toBeNull();
  });
  it("of a block are those of what is in it", () => {
    expect(spanOf(node("c", "stage", "Block"), {}, text)).toEqual([4, 4]);
    expect(spanOf(node("c", "stage", "Block"), { "c-1-x": [2, 3], "c-2-x": [5, 6] }, text)).toEqual([2, 6]);
    expect(nodeAt(4, nodes, {}, text)).toBe("c");
  });
});
