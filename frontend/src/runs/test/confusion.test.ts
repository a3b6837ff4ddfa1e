import { expect, test } from "vitest";
import { cellAt, confusions, inkOf } from "./confusion";

const COUNTS = [
  [8, 2, 0],
  [1, 9, 10],
  [0, 0, 0],
];

test.each([
  [0, 1, 2, 0.2],
  [1, 2, 10, 0.5],
  [2, 2, 0, 0],
  [7, 7, 0, 0],
])("of class %d, those taken for %d: %d, a share of %d", (truth, predicted, count, share) => {
  expect(cellAt(COUNTS, truth, predicted)).toEqual({ truth, predicted, count, share });
});

test("mistakes come most frequent first, without what is right", () => {
  expect(confusions(COUNTS, 2).map(({ truth, predicted }) => [truth, predicted])).toEqual([
    [1, 2],
    [0, 1],
  ]);
});

test("few mistakes are seen, none are not", () => {
  expect(inkOf({ truth: 0, predicted: 1, count: 1, share: 0.04 })).toBeCloseTo(0.2);
  expect(inkOf({ truth: 0, predicted: 1, count: 1, share: 0.0001 })).toBeGreaterThan(0.1);
  expect(inkOf({ truth: 0, predicted: 1, count: 0, share: 0 })).toBe(0);
  expect(inkOf({ truth: 1, predicted: 1, count: 9, share: 1 })).toBe(1);
});
