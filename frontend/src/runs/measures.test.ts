import { expect, test } from "vitest";
import {
  agoText,
  clock,
  lossOf,
  markText,
  metricText,
  shapeText,
  shortMetricText,
  sizeText,
  stepsPerEpoch,
} from "./measures";

test.each([
  [0, "0:00"],
  [59.6, "1:00"],
  [65, "1:05"],
  [3599, "59:59"],
  [7389, "2:03:09"],
  [-3, "0:00"],
])("%d seconds on the clock are %s", (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});

test.each([
  ["accuracy", 0.98341, "98.34 %"],
  ["val_accuracy", 1, "100.00 %"],
  ["loss", 0.05237, "0.0524"],
  ["loss", 0, "0.0000"],
  ["loss", 0.00012, "1.20e-4"],
  ["mae", 1234.56, "1234.6"],
  ["accuracy_head_loss", 1.5, "1.5000"],
  ["loss", Number.NaN, "–"],
  ["loss", Number.POSITIVE_INFINITY, "∞"],
  ["loss", null, "–"],
])("%s of %d reads %s", (metric, value, text) => {
  expect(metricText(metric, value)).toBe(text);
});

test.each([
  ["aux_loss", "aux"],
  ["val_aux_loss", "aux"],
  ["loss_loss", "loss"],
  ["loss", null],
  ["val_loss", null],
  ["accuracy", null],
])("%s is the loss of %s", (metric, owner) => {
  expect(lossOf(metric)).toBe(owner);
});

test.each([
  ["accuracy", 0.9834, "98.3 %", "98.34 %"],
  ["accuracy", 0.4, "40.0 %", "40 %"],
  ["loss", 1.5, "1.50", "1.5"],
  ["loss", 0, "0.00", "0"],
  ["loss", 0.1 + 0.2, "0.300", "0.3"],
  ["loss", 0.00001, "1.0e-5", "1e-5"],
])("%s of %d is short as %s and a mark of an axis as %s", (metric, value, short, mark) => {
  expect([shortMetricText(metric, value), markText(metric, value)]).toEqual([short, mark]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [2_684_354, "2.7 MB"],
  [127_400_000, "127 MB"],
])("%d bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  [60000, 0.1, 128, 422],
  [60000, 0, 128, 469],
  [100, 0.5, 64, 1],
  [1437, 0.1, 32, 41],
  [10, 0.001, 3, 3],
])("%d examples, %d kept for validation, in batches of %d: %d steps", (train, split, batch, steps) => {
  expect(stepsPerEpoch(train, split, batch)).toBe(steps);
});

test("a shape is written with its axes of any length", () => {
  expect(shapeText([null, 28, 1])).toBe("? × 28 × 1");
});

test.each([
  [0, "now"],
  [-125, "2 min. ago"],
  [-7300, "2 hr. ago"],
  [-86_400, "yesterday"],
])("%d seconds from now is %s", (seconds, text) => {
  const now = Date.parse("2024-05-01T12:00:00Z");
  expect(agoText(new Date(now + seconds * 1000).toISOString(), now, "en")).toBe(text);
});
