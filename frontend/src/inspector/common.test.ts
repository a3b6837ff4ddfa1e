import { describe, expect, it } from "vitest";
import type { GraphNode, Params } from "../wire/types";
import { commonValues } from "./common";
import { MIXED } from "./field";

const node = (id: string, params: Params): GraphNode => ({
  id,
  type: "Dense",
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});

describe("what several layers have in common", () => {
  const nodes = [node("a", { units: 5, strides: [1, 1] }), node("b", { units: 6, strides: [1, 1] })];

  it("is the value that all hold, and MIXED where they disagree", () => {
    expect(commonValues(nodes, ["units", "strides"])).toEqual({ units: MIXED, strides: [1, 1] });
  });
  it("leaves out what none holds, so that the default shows", () => {
    expect(commonValues(nodes, ["bias"])).toEqual({});
  });
  it("disagrees where only one holds a value", () => {
    expect(commonValues([node("a", { units: 5 }), node("b", {})], ["units"])).toEqual({ units: MIXED });
  });
});
