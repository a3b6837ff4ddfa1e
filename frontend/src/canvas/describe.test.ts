import { describe, expect, it } from "vitest";
import type { LayerSchema, Position } from "../wire/types";
import { countText, paramsText, shapeText } from "./describe";
import { labelPlace, pathOf } from "./path";

describe("texts on the canvas", () => {
  it.each([
    [[null, 28, 28, 1], "28×28×1"],
    [[null, null, 128], "?×128"],
    [[null, 784], "784"],
    [[null], "1"],
  ])("a tensor %j is %s", (shape, text) => {
    expect(shapeText(shape)).toBe(text);
  });

  it.each([
    [0, "0"],
    [7850, "7,850"],
    [9_999, "9,999"],
    [10_000, "10.0k"],
    [401_920, "402k"],
    [669_706, "670k"],
    [12_345, "12.3k"],
    [999_999, "1.0M"],
    [138_357_544, "138M"],
  ])("%d weights are %s", (count, text) => {
    expect(countText(count)).toBe(text);
  });

  it("parameters: those without a default, then those changed from it", () => {
    const common = { help: "", nullable: false };
    const params: LayerSchema["params"] = [
      { name: "strides", kind: "ints", required: false, default: [1, 1], ...common },
      { name: "filters", kind: "int", required: true, ...common },
      { name: "kernel_size", kind: "ints", required: true, ...common },
      { name: "activation", kind: "choice", required: false, default: "linear", ...common },
      { name: "use_bias", kind: "bool", required: false, default: true, ...common },
      { name: "kernel_initializer", kind: "object", required: false, advanced: true, ...common },
    ];
    const schema = { params } as LayerSchema;
    const given = { filters: 32, kernel_size: [3, 3], strides: [1, 1], activation: "relu", use_bias: true };
    expect(paramsText(schema, given)).toBe("32 · 3×3 · relu");
    expect(paramsText(schema, { ...given, strides: [2, 2], activation: "linear" })).toBe("32 · 3×3 · 2×2");
    expect(paramsText(schema, {})).toBe("");
    expect(paramsText(undefined, given)).toBe("");
  });
});

describe("paths", () => {
  const bent: Position[] = [
    [0, 0],
    [0, 50],
    [100, 50],
    [100, 300],
  ];

  it("go through straight, and round at bends", () => {
    expect(
      pathOf([
        [5, 0],
        [5, 40],
      ]),
    ).toBe("M5 0L5 40");
    expect(pathOf(bent)).toBe("M0 0L0 40Q0 50 10 50L90 50Q100 50 100 60L100 300");
    expect(pathOf([])).toBe("");
  });

  it("have their label turned along a lane, where there is no room beside it", () => {
    const lane: Position[] = [
      [0, 0],
      [0, 18],
      [60, 18],
      [60, 300],
      [10, 300],
      [10, 320],
    ];
    expect(labelPlace(lane)).toEqual({ middle: [60, 159], upright: true });
    expect(labelPlace([])).toEqual({ middle: [0, 0], upright: false });
  });

  it("have their label on the longest upright piece", () => {
    expect(labelPlace(bent)).toEqual({ middle: [100, 175], upright: false });
  });
});
