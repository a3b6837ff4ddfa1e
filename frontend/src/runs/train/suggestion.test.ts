import { expect, test } from "vitest";
import type { Dataset } from "../../wire/runs";
import { suggestionOf } from "./suggestion";

const dataset = (name: string, available: boolean, message = ""): Dataset => ({
  name,
  title: { en: name, zh: name },
  kind: "image",
  source: "",
  input_shape: [8, 8, 1],
  classes: null,
  train: null,
  test: null,
  available,
  message,
  owned: false,
});
const DATASETS = [
  dataset("far", true, "Fetched on first use."),
  dataset("gone", false, "Not here."),
  dataset("near", true),
  dataset("own", true),
];

test.each([
  ["the first that fits", ["own", "near"], "own"],
  ["one that fits before one that is at hand", ["far"], "far"],
  ["no data set that cannot be had", ["gone", "own"], "own"],
  ["no data set that has been deleted", ["deleted"], "near"],
  ["one that is at hand where none fits", [], "near"],
])("takes %s", (_, fitting, taken) => expect(suggestionOf(DATASETS, fitting)).toBe(taken));

test("takes none where there is none", () => expect(suggestionOf([], ["near"])).toBeNull());
