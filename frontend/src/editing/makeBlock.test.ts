import { describe, expect, it } from "vitest";
import { blockNamed, inputsOf } from "../document";
import type { Params } from "../wire/types";
import { CATALOG, Desk } from "./desk";
import { makeBlock } from "./makeBlock";

/** Layers in a row, each RANK_PITCH below the one before: "a b c". */
function row(desk: Desk, names: string, x = 0): void {
  const ids = names.split(" ");
  ids.forEach((id, place) => {
    desk.put(id, id.startsWith("in") ? "Input" : "Dropout", [x, 104 * place]);
    if (place > 0) desk.connect(ids[place - 1] ?? "", id);
  });
}

function make(desk: Desk, ids: string, params: Params = {}): string {
  const made = makeBlock(desk.graph, CATALOG, new Set(ids.split(" ")), params);
  if (typeof made === "string") throw new Error(made);
  desk.document.apply(made.edits, "make");
  return made.id;
}
const inside = (desk: Desk, block = "block") => {
  const found = blockNamed(desk.graph.blocks, block);
  if (!found) throw new Error("There should be a block.");
  const name = (id: string) => found.nodes.get(id)?.name ?? "?";
  const edges = [...found.edges.values()].map(
    ({ source, source_port, target, target_port }) =>
      `${name(source)}${source_port || ""} ${name(target)}${target_port ? `:${target_port}` : ""}`,
  );
  return { ...found, names: [...found.nodes.values()].map((node) => node.name), edges };
};

describe("a block made of layers", () => {
  it("takes their place, wired as they were, and what follows moves up", () => {
    const desk = new Desk();
    row(desk, "in a b c d");
    const id = make(desk, "b c");
    expect(desk.node(id)).toMatchObject({ name: "block", params: { block: "block", values: {}, repeat: 1 } });
    expect(desk.pairs.sort()).toEqual(["a block", "block d", "in a"]);
    expect(desk.node(id).position).toEqual([0, 208]);
    expect(desk.node("d").position).toEqual([0, 312]);
    const { names, edges, nodes } = inside(desk);
    expect(names).toEqual(["input", "b", "c"]);
    expect(edges.sort()).toEqual(["b c", "input b"]);
    expect([...nodes.values()].map(({ position }) => position)).toEqual([
      [0, -104],
      [0, 0],
      [0, 104],
    ]);
    desk.document.undo();
    expect(desk.pairs.sort()).toEqual(["a b", "b c", "c d", "in a"]);
    expect(desk.graph.blocks).toEqual({});
  });

  it("has an input for each tensor that comes in, and an output for each that goes out", () => {
    const desk = new Desk();
    row(desk, "in_x a");
    row(desk, "in_y b", 400);
    desk.put("sum", "Add", [200, 208]);
    desk.connect("a", "sum");
    desk.connect("b", "sum", 1);
    for (const [id, x] of [
      ["c", 0],
      ["d", 400],
    ] as const) {
      desk.put(id, "Dropout", [x, 312]);
      desk.connect("sum", id);
    }
    desk.put("e", "Dropout", [800, 312]);
    desk.connect("a", "e");
    const id = make(desk, "a b sum");
    const { names, edges } = inside(desk);
    expect(names).toEqual(["input", "input_1", "a", "b", "sum", "output"]);
    expect(edges.sort()).toEqual(["a output", "a sum", "b sum:1", "input a", "input_1 b"]);
    expect(inputsOf(desk.graph, id).map(({ source }) => source)).toEqual(["in_x", "in_y"]);
    const left = [...desk.graph.edges.values()].filter(({ source }) => source === id);
    const ports = Object.fromEntries(left.map(({ target, source_port }) => [target, source_port]));
    // Outputs are numbered as the nodes that feed nothing are stored: the sum before what was added.
    expect(ports).toEqual({ c: 0, d: 0, e: 1 });
  });

  it("passes on a further output of a layer", () => {
    const desk = new Desk();
    row(desk, "in a b");
    desk.document.apply(
      [{ op: "connect", edge: { source: "a", source_port: 2, target: "b", target_port: 1 } }],
      "wire",
    );
    make(desk, "a");
    expect(inside(desk).edges.sort()).toEqual(["a output", "a2 output_1", "input a"]);
    expect(desk.pairs.sort()).toEqual(["block b", "block b:1", "in block"]);
  });

  it("keeps expressions over the parameters of the block around, and hands those on", () => {
    const desk = new Desk();
    row(desk, "in a b");
    const params = { rate: { expr: "2 * n" }, noise_shape: [{ expr: "m" }] };
    desk.document.apply([{ op: "set_params", id: "a", params }], "set");
    const id = make(desk, "a", { n: 3, m: 4, other: 5 });
    expect(inside(desk).params).toEqual({ n: 3, m: 4 });
    expect(desk.node(id).params.values).toEqual({ n: { expr: "n" }, m: { expr: "m" } });
    expect(make(desk, "b")).toBeTruthy();
    expect(Object.keys(desk.graph.blocks)).toEqual(["block", "block_1"]);
  });

  it("is refused where it could not be wired as the layers are", () => {
    const desk = new Desk();
    row(desk, "in a b c");
    const refused = (ids: string) => makeBlock(desk.graph, CATALOG, new Set(ids.split(" ")), null);
    expect(refused("in a")).toBe("input");
    expect(refused("a c")).toBe("loop");
    desk.put("loss", "Loss", [0, 416]);
    desk.connect("c", "loss");
    expect(refused("c loss")).toBe("role");
    desk.document.apply(
      [{ op: "add_node", node: { ...desk.node("b"), id: "twin", name: "twin", shares: "b" } }],
      "share",
    );
    expect(refused("b c")).toBe("shared");
    expect(refused("twin")).toBe("shared");
    expect(typeof refused("b twin")).toBe("object");
  });

  it("is refused in a block where that would lose one of its outputs", () => {
    const desk = new Desk();
    row(desk, "in a b");
    desk.put("c", "Dropout", [400, 208]);
    desk.connect("a", "c");
    const made = (ids: string, around: Params | null) =>
      makeBlock(desk.graph, CATALOG, new Set(ids.split(" ")), around);
    expect(made("b c", {})).toBe("output");
    expect(made("a b", {})).toBe("output");
    expect(typeof made("a b", null)).toBe("object");
    expect(typeof made("b", {})).toBe("object");
    expect(typeof made("a b c", null)).toBe("object");
  });
});
