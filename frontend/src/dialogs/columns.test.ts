import { describe, expect, it } from "vitest";
import type { Graph } from "../wire/types";
import { columnsOf } from "./columns";

function graph(ids: string, ...edges: string[]): Graph {
  return {
    format: "visualnn",
    version: 1,
    name: "",
    nodes: [...ids].map((id) => ({
      id,
      type: "T",
      name: id,
      params: {},
      position: [0, 0],
      phase: "both",
      shares: null,
      note: "",
    })),
    edges: edges.map(([source = "", target = ""]) => ({ source, target, source_port: 0, target_port: 0 })),
    blocks: {},
  };
}
const shown = (given: Graph) => columnsOf(given).map((column) => column.map(({ id }) => id).join(""));

describe("columns of a network", () => {
  it("follow the longest way", () => {
    expect(shown(graph("abcd", "ab", "bc", "cd", "ad"))).toEqual(["a", "b", "c", "d"]);
  });
  it("hold branches side by side", () => {
    expect(shown(graph("abcd", "ab", "ac", "bd", "cd"))).toEqual(["a", "bc", "d"]);
  });
  it("are one for layers that are not joined", () => {
    expect(shown(graph("ab"))).toEqual(["ab"]);
  });
  it("survive a loop", () => {
    expect(shown(graph("abc", "ab", "bc", "cb")).join("")).toHaveLength(3);
  });
  it("are none for nothing", () => {
    expect(shown(graph(""))).toEqual([]);
  });
});
