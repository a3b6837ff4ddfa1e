import { expect, test } from "vitest";
import type { Run } from "../../wire/runs";
import { viewOf } from "../events";
import { curvesOf, metricsOf, nearest, type Point } from "./curves";

const LABELS = { training: "t", validation: "v", other: { training: "ot", validation: "ov" } };
const run = (history: Run["history"]) => viewOf({ state: "finished", epoch: 0, epochs: 2, history } as Run);
const drawn = (view: ReturnType<typeof run>, other: ReturnType<typeof run> | null = null) =>
  curvesOf(view, other, LABELS).map(({ metric, curves }) => [
    metric,
    Object.fromEntries(curves.map(({ id, points }) => [id, points])),
  ]);

test("training and validation of a metric are one chart", () => {
  const view = run({ loss: [2, 1], accuracy: [0.5, 0.6], val_loss: [3, 2] });
  expect(metricsOf(view)).toEqual(["loss", "accuracy"]);
  expect(drawn(view)).toEqual([
    [
      "loss",
      {
        training: [
          [1, 2],
          [2, 1],
        ],
        validation: [
          [1, 3],
          [2, 2],
        ],
      },
    ],
    [
      "accuracy",
      {
        training: [
          [1, 0.5],
          [2, 0.6],
        ],
      },
    ],
  ]);
});

test("a diverged epoch leaves a hole", () => {
  expect(drawn(run({ loss: [2, Number.NaN, 1] }))).toEqual([
    [
      "loss",
      {
        training: [
          [1, 2],
          [3, 1],
        ],
      },
    ],
  ]);
});

test("batches are drawn behind the epochs, the other run beside them", () => {
  const view = { ...run({ loss: [2] }), batches: [{ at: 0.5, metrics: { loss: 4 } }] };
  expect(drawn(view, run({ loss: [1], val_loss: [7] }))).toEqual([
    ["loss", { batches: [[0.5, 4]], other: [[1, 1]], otherValidation: [[1, 7]], training: [[1, 2]] }],
  ]);
});

test("one batch alone is no chart yet, two are", () => {
  const batch = (at: number) => ({ at, metrics: { loss: 4 } });
  expect(drawn({ ...run({}), batches: [batch(0.1)] })).toEqual([]);
  expect(drawn({ ...run({}), batches: [batch(0.1), batch(0.2)] })).toHaveLength(1);
});

const POINTS: Point[] = [
  [1, 10],
  [2, 20],
  [4, 40],
];
test.each([
  [-5, 10],
  [1.4, 10],
  [1.6, 20],
  [2.9, 20],
  [3.1, 40],
  [99, 40],
])("the point nearest to %d is worth %d", (x, y) => {
  expect(nearest(POINTS, x)?.[1]).toBe(y);
});

test("no points have no nearest one", () => {
  expect(nearest([], 1)).toBeUndefined();
});
