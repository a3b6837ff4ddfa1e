// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { readSettings, writeSettings } from "./settings";

beforeEach(() => localStorage.clear());

test("settings are remembered for each network by itself", () => {
  const settings = { dataset: "digits", recipe: { epochs: 3 } };
  writeSettings("n1", settings);
  expect(readSettings("n1")).toEqual(settings);
  expect(readSettings("n2")).toBeNull();
});

test.each(["not json", "null", "7"])("a store that holds %s is as good as an empty one", (stored) => {
  localStorage.setItem("visualnn.training.n1", stored);
  expect(readSettings("n1")).toBeNull();
});

test.each([
  ['{"dataset": 5, "recipe": "fast"}', { dataset: null, recipe: {} }],
  ["{}", { dataset: null, recipe: {} }],
])("of %s only what can be used is taken", (stored, settings) => {
  localStorage.setItem("visualnn.training.n1", stored);
  expect(readSettings("n1")).toEqual(settings);
});
