import { describe, expect, it } from "vitest";
import { CATALOG, Desk } from "./desk";
import { letGo, type Under } from "./letGo";

/** "in" → "a" → "b" → "sum", and "c" alone. */
function desk(): Desk {
  const made = new Desk();
  made.put("in", "Input");
  for (const id of ["a", "b", "c"]) made.put(id, "Dense");
  made.put("sum", "Add");
  made.connect("in", "a");
  made.connect("a", "b");
  made.connect("b", "sum");
  return made;
}
const layer = (node: string): Under => ({ node, input: null });
const port = (node: string, input: number): Under => ({ node, input });

describe("an edge that is let go", () => {
  it.each([
    ["on a layer that leads back", "source", "b", layer("a"), "cycle"],
    ["on a port that leads back", "source", "b", port("a", 0), "cycle"],
    ["on what takes nothing", "source", "c", layer("in"), "no_input"],
    ["on what it feeds already", "source", "a", layer("b"), "duplicate"],
    ["pulled off an input onto a layer behind it", "target", "a", layer("b"), "cycle"],
    ["pulled off an input onto one that leads back to its source", "target", "sum", port("a", 0), "cycle"],
  ] as const)("%s is refused with the reason", (_, side, node, under, why) => {
    const outcome = letGo(desk().graph, CATALOG, { node, side, port: 0 }, under);
    expect(outcome.edits).toEqual([]);
    expect(outcome.refused?.why).toBe(why);
  });

  it("on a layer without a free input says so", () => {
    const made = desk();
    const two = { ...CATALOG.layers.Add, inputs: { min: 2, max: 2 } } as (typeof CATALOG.layers)[string];
    made.connect("c", "sum", 1);
    const catalog = { ...CATALOG, layers: { ...CATALOG.layers, Add: two } };
    const outcome = letGo(made.graph, catalog, { node: "a", side: "source", port: 0 }, layer("sum"));
    expect(outcome.refused).toEqual({ why: "full", source: "a", target: "sum" });
  });

  it.each([
    ["on a layer takes its free port", "source", "c", layer("sum"), ["connect"]],
    ["on another input moves there", "target", "sum", port("c", 0), ["disconnect", "connect"]],
    ["on the input of its source is none", "target", "b", port("a", 0), []],
    ["on nothing is cut", "target", "b", { node: null, input: null }, ["disconnect"]],
    ["on nothing, new, is none", "source", "b", { node: null, input: null }, []],
    ["on its own layer is none", "source", "b", layer("b"), []],
    ["on its own layer, pulled off, is none", "target", "b", layer("b"), []],
  ] as const)("%s", (_, side, node, under, ops) => {
    const outcome = letGo(desk().graph, CATALOG, { node, side, port: 0 }, under);
    expect(outcome.edits.map(({ op }) => op)).toEqual(ops);
    expect(outcome.refused).toBeNull();
  });
});
