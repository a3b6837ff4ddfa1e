import { describe, expect, it } from "vitest";
import type { CatalogEntry, GraphNode } from "../wire/types";
import { searchEntries, searchNodes } from "./search";

const entry = (en: string, zh: string, layer: string, keywords: string[] = []): CatalogEntry => ({
  id: en.toLowerCase(),
  category: "c",
  label: { en, zh },
  layer,
  params: {},
  keywords,
  family: null,
  description: `The ${en} layer.`,
});
const entries = [
  entry("Input", "输入", "InputLayer"),
  entry("Inner Product", "全连接层", "Dense", ["fully connected", "fc"]),
  entry("Pool", "池化层", "MaxPooling2D", ["max pooling", "AveragePooling2D"]),
  entry("Dropout", "舍弃", "Dropout", ["regularization"]),
  entry("Gaussian Dropout", "乘性高斯噪声", "GaussianDropout"),
];
const found = (query: string) => searchEntries(entries, query).map(({ entry: { label } }) => label.en);

describe("searching the palette", () => {
  it.each([
    ["dense", "Inner Product"],
    ["全连接", "Inner Product"],
    ["fully", "Inner Product"],
    ["max_pooling", "Pool"],
    ["maxpool", "Pool"],
    ["池", "Pool"],
    ["ＩＮＰＵＴ", "Input"],
  ])("finds by %j", (query, label) => {
    expect(found(query)[0]).toBe(label);
  });
  it("puts a whole match before a part", () => {
    expect(found("dropout")).toEqual(["Dropout", "Gaussian Dropout"]);
  });
  it("finds nothing for nonsense, and nothing for nothing", () => {
    expect(found("zzqx")).toEqual([]);
    expect(found("  ")).toEqual([]);
  });
});

describe("finding nodes by name", () => {
  const nodes = ["input", "conv2d", "conv2d_1", "block3/conv"].map((name): GraphNode => {
    return { id: name, type: "T", name, params: {}, position: [0, 0], phase: "both", shares: null, note: "" };
  });
  it.each([
    ["conv2d_1", ["conv2d_1"]],
    ["CONV", ["conv2d", "conv2d_1", "block3/conv"]],
    ["cnv", []],
    [" ", []],
  ])("by %j", (query, found) => {
    expect(searchNodes(nodes, query).map(({ name }) => name)).toEqual(found);
  });
});
