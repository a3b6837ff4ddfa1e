import { describe, expect, it } from "vitest";
import { outputsOf } from "../document/graph";
import type { LayerSchema } from "../wire/types";
import { freeInput, refusal } from "./connect";
import { CATALOG, Desk } from "./desk";
import { inputPorts } from "./layers";
import { neighbour } from "./neighbours";

describe("connecting", () => {
  it("takes the place of the edge that a port has", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.connect("a", "c");
    desk.connect("b", "c");
    expect(desk.pairs).toEqual(["b c"]);
  });

  it("refuses circles, doubles, itself, and layers that take nothing", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("in", "Input");
    desk.connect("a", "b");
    const why = (source: string, target: string) =>
      refusal(desk.graph, CATALOG, { source, target, source_port: 0, target_port: 0 });
    expect(why("b", "a")).toBe("cycle");
    expect(why("a", "b")).toBe("duplicate");
    expect(why("a", "a")).toBe("self");
    expect(why("a", "in")).toBe("no_input");
    expect(why("in", "a")).toBeNull();
  });

  it("to a layer as a whole takes the first free port", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.put("sum", "Add");
    expect(freeInput(desk.graph, CATALOG, "sum")).toBe(0);
    desk.connect("a", "sum", 0);
    desk.connect("b", "sum", 2);
    expect(freeInput(desk.graph, CATALOG, "sum")).toBe(1);
    desk.connect("a", "c");
    expect(freeInput(desk.graph, CATALOG, "c")).toBe(0);
  });

  it("leaves a layer one more port as long as it takes more", () => {
    expect(inputPorts(CATALOG.layers.Add, [])).toBe(2);
    expect(inputPorts(CATALOG.layers.Add, [0, 1])).toBe(3);
    expect(inputPorts(CATALOG.layers.Dense, [0])).toBe(1);
    const recurrent = { ...CATALOG.layers.Dense, inputs: { min: 1, max: 3 } } as LayerSchema;
    expect([[], [0], [0, 1], [0, 1, 2]].map((taken) => inputPorts(recurrent, taken))).toEqual([1, 2, 3, 3]);
    expect(inputPorts(CATALOG.layers.Input, [])).toBe(0);
  });
});

describe("deleting", () => {
  const chain = () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c", "d"]) desk.put(id, "Dense");
    desk.connect("a", "b");
    desk.connect("b", "c");
    desk.connect("c", "d");
    return desk;
  };

  it("joins what is left of a chain", () => {
    const desk = chain();
    desk.remove(["b", "c"]);
    expect(desk.pairs).toEqual(["a d"]);
    desk.document.undo();
    expect(desk.pairs).toEqual(["a b", "b c", "c d"]);
  });

  it("leaves a gap where asked to", () => {
    const desk = chain();
    desk.remove(["b"], false);
    expect(desk.pairs).toEqual(["c d"]);
  });

  it("of a residual branch does not feed the sum twice from one layer", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("sum", "Add");
    desk.connect("a", "b");
    desk.connect("b", "sum", 0);
    desk.connect("a", "sum", 1);
    desk.remove(["b"]);
    expect(desk.pairs).toEqual(["a sum:1"]);
  });

  it("guesses nothing where there were several ways", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.connect("a", "b");
    desk.put("d", "Dense");
    desk.connect("b", "c");
    desk.connect("b", "d");
    desk.remove(["b"]);
    expect(desk.pairs).toEqual([]);
  });
});

describe("the arrow keys", () => {
  it("go along edges and to the side", () => {
    const desk = new Desk();
    desk.put("a", "Dense", [0, 0]);
    desk.put("b", "Dense", [0, 104]);
    desk.put("c", "Dense", [240, 104]);
    desk.connect("a", "b");
    desk.connect("a", "c");
    expect(neighbour(desk.graph, undefined, "down")).toBe("a");
    expect(neighbour(desk.graph, "a", "down")).toBe("b");
    expect(neighbour(desk.graph, "c", "up")).toBe("a");
    expect(neighbour(desk.graph, "b", "right")).toBe("c");
    expect(neighbour(desk.graph, "c", "right")).toBeNull();
    expect(outputsOf(desk.graph, "b")).toEqual([]);
  });
});
