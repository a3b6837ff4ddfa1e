import { describe, expect, it } from "vitest";
import type { LayerSchema, ParamSchema } from "../wire/types";
import { retype } from "./retype";

const param = (name: string, extra: Partial<ParamSchema>): ParamSchema => ({
  name,
  kind: "int",
  required: false,
  nullable: false,
  help: "",
  ...extra,
});
const layer = (name: string, params: ParamSchema[]): LayerSchema => ({
  name,
  category: "vision",
  summary: "",
  doc: "",
  remarks: "",
  example: ["", ""],
  source: "",
  inputs: { min: 1, max: 1 },
  family: null,
  rank: null,
  role: "layer",
  training_only: false,
  params,
  new: {},
});
const conv = (rank: number) =>
  layer(`Conv${rank}D`, [
    param("filters", { required: true, preset: 32 }),
    param("kernel_size", { kind: "ints", length: rank, required: true, preset: Array(rank).fill(3) }),
    param("strides", { kind: "ints", length: rank, default: Array(rank).fill(1) }),
    param("padding", {
      kind: "choice",
      choices: rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"],
      default: "valid",
    }),
  ]);

describe("switching the variant of a layer", () => {
  it("keeps what both have", () => {
    const params = { filters: 7, kernel_size: [5, 3], strides: [1, 1], padding: "same" };
    expect(retype(params, conv(2), conv(1))).toEqual({
      filters: 7,
      kernel_size: [3],
      strides: [1],
      padding: "same",
    });
  });
  it("fills new axes with the first one's value", () => {
    expect(retype({ filters: 7, kernel_size: [5] }, conv(1), conv(3)).kernel_size).toEqual([5, 5, 5]);
  });
  it("gives up a choice that the other layer does not have", () => {
    expect(retype({ filters: 7, padding: "causal" }, conv(1), conv(2)).padding).toBe("valid");
  });
  it("gives a required parameter its preset", () => {
    expect(retype({}, undefined, conv(2))).toMatchObject({ filters: 32, kernel_size: [3, 3] });
  });
  it("lets the default of the new layer replace an untouched default", () => {
    const from = layer("A", [param("rate", { default: 1 })]);
    const to = layer("B", [param("rate", { default: 2 })]);
    expect(retype({ rate: 1 }, from, to)).toEqual({ rate: 2 });
    expect(retype({ rate: 5 }, from, to)).toEqual({ rate: 5 });
  });
});
