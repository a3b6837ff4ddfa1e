import { describe, expect, it } from "vitest";
import type { CatalogEntry } from "../wire/types";
import { searchEntries } from "./search";

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
