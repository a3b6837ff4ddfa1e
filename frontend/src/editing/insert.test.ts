import { describe, expect, it } from "vitest";
import { inputsOf } from "../document/graph";
import type { Shape } from "../wire/types";
import { Desk, ENTRIES } from "./desk";
import { NODE_HEIGHT, NODE_WIDTH, RANK_PITCH } from "./geometry";

describe("appending", () => {
  it("builds a chain click by click: connected, below, named as Keras names, one undo step each", () => {
    const desk = new Desk();
    let last = desk.append(ENTRIES.input);
    const first = last;
    for (const added of [ENTRIES.dense, ENTRIES.dropout, ENTRIES.dense]) last = desk.append(added, [last]);
    expect(desk.pairs.sort()).toEqual(["dense dropout", "dropout dense_1", "input dense"]);
    expect(desk.node(last).position).toEqual([
      desk.node(first).position[0],
      desk.node(first).position[1] + 3 * RANK_PITCH,
    ]);
    desk.document.undo();
    expect(desk.graph.nodes.has(last)).toBe(false);
    expect(desk.graph.edges.size).toBe(2);
  });

  it("puts the first layer in the middle of what is seen", () => {
    const desk = new Desk();
    const [x, y] = desk.node(desk.append(ENTRIES.input)).position;
    expect([x + NODE_WIDTH / 2, Math.abs(y + NODE_HEIGHT / 2 - 300) <= 8]).toEqual([404, true]);
  });

  it("goes on from the last layer where nothing is selected", () => {
    const desk = new Desk();
    desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense);
    expect(desk.pairs).toEqual(["input dense"]);
  });

  it("writes every parameter down, presets over what new layers have", () => {
    const desk = new Desk();
    expect(desk.node(desk.append(ENTRIES.dense)).params).toEqual({ units: 512, use_bias: true });
  });

  it.each([
    [[null, 100, 8], "Conv1D", [3]],
    [[null, 28, 28, 1], "Conv2D", [3, 3]],
    [[null, 9, 28, 28, 1], "Conv3D", [3, 3, 3]],
    [[null, 784], "Conv2D", [3, 3]],
  ] as [Shape, string, number[]][])("of a family on %j takes %s", (shape, type, kernel) => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.knowShape(input, shape);
    const node = desk.node(desk.append(ENTRIES.conv, [input]));
    expect([node.type, node.params.kernel_size]).toEqual([type, kernel]);
    expect(node.params.strides).toEqual(kernel.map(() => 1));
  });

  it("in the middle of a chain goes in between and moves the rest down", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    const dense = desk.append(ENTRIES.dense, [input]);
    const before = desk.node(dense).position[1];
    desk.append(ENTRIES.dropout, [input]);
    expect(desk.pairs.sort()).toEqual(["dropout dense", "input dropout"]);
    expect(desk.node(dense).position[1]).toBe(before + RANK_PITCH);
    desk.document.undo();
    expect(desk.pairs).toEqual(["input dense"]);
    expect(desk.node(dense).position[1]).toBe(before);
  });

  it("starts a branch where asked to, beside what is there", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    const dense = desk.append(ENTRIES.dense, [input]);
    const other = desk.append(ENTRIES.dropout, [input], true);
    expect(desk.pairs.sort()).toEqual(["input dense", "input dropout"]);
    expect(desk.node(other).position[1]).toBe(desk.node(dense).position[1]);
    expect(desk.node(other).position[0]).toBeGreaterThanOrEqual(desk.node(dense).position[0] + NODE_WIDTH);
  });

  it("joins all selected layers where the new one takes many, from left to right", () => {
    const desk = new Desk();
    desk.put("right", "Dense", [400, 0]);
    desk.put("left", "Dense", [0, 96]);
    const add = desk.append(ENTRIES.add, ["right", "left"]);
    expect(inputsOf(desk.graph, add).map(({ source, target_port }) => [source, target_port])).toEqual([
      ["left", 0],
      ["right", 1],
    ]);
    expect(desk.node(add).position[1]).toBe(96 + RANK_PITCH);
  });

  it("sets a layer that takes nothing beside the network, unconnected", () => {
    const desk = new Desk();
    const first = desk.append(ENTRIES.input);
    const second = desk.append(ENTRIES.input, [first]);
    expect(desk.graph.edges.size).toBe(0);
    expect(desk.node(second).position[0]).toBeGreaterThanOrEqual(desk.node(first).position[0] + NODE_WIDTH);
  });
});

describe("dropping", () => {
  it("puts the layer's middle where the pointer is, on the grid, unconnected", () => {
    const desk = new Desk();
    const [x, y] = desk.node(desk.insert(ENTRIES.dense, [203, 101])).position;
    expect([Math.abs(x + 100 - 203) <= 4, Math.abs(y + 28 - 101) <= 4, x % 8, y % 8]).toEqual([
      true,
      true,
      0,
      0,
    ]);
    expect(desk.graph.edges.size).toBe(0);
  });

  it("on an edge goes into it, and undo gives the edge back", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense, [input]);
    const [edge] = desk.graph.edges.values();
    desk.insert(ENTRIES.dropout, [500, 350], edge);
    expect(desk.pairs.sort()).toEqual(["dropout dense", "input dropout"]);
    desk.document.undo();
    expect(desk.pairs).toEqual(["input dense"]);
  });

  it("on an edge into a merge keeps the port", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("sum", "Add", [0, 600]);
    desk.connect("a", "sum", 0);
    const edge = desk.connect("b", "sum", 1);
    desk.insert(ENTRIES.dropout, [0, 300], edge);
    expect(desk.pairs.sort()).toEqual(["a sum", "b dropout", "dropout sum:1"]);
  });

  it("on an edge of a family chooses the variant for the tensor on it", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense, [input]);
    desk.knowShape(input, [null, 100, 8]);
    const [edge] = desk.graph.edges.values();
    expect(desk.node(desk.insert(ENTRIES.conv, [0, 0], edge)).type).toBe("Conv1D");
  });
});
