import { describe, expect, it } from "vitest";
import type { Json, Params } from "../wire/types";
import { blockEdits, usedBlocks } from "./blocks";

const use = (block: string) => ({ type: "Block", params: { block, values: {}, repeat: 1 } as Params });
const inner: Json = { params: {}, nodes: [{ id: "a", type: "Dense", params: {} }], edges: [] };
const outer: Json = { params: {}, nodes: [{ id: "b", ...use("inner") }], edges: [] };

describe("blocks that travel", () => {
  it("are those used, and those used inside them", () => {
    expect(usedBlocks({ inner, outer, other: inner }, [use("outer")])).toEqual({ inner, outer });
  });
  it("keep their names where these are free or mean the same", () => {
    const { edits, rename } = blockEdits({ blocks: { inner } }, { inner, outer });
    expect(edits).toEqual([{ op: "set_block", name: "outer", block: outer }]);
    expect(rename(use("outer")).params.block).toBe("outer");
  });
  it("take others where the network has another block of that name", () => {
    const { edits, rename } = blockEdits({ blocks: { inner: outer } }, { inner, outer });
    expect(edits.map((edit) => "name" in edit && edit.name)).toEqual(["inner_1", "outer"]);
    expect(JSON.stringify(edits[1])).toContain('"block":"inner_1"');
    expect(rename(use("inner")).params.block).toBe("inner_1");
  });
});
