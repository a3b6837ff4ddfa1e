/** The curves of a run, from its view: what to draw, without how. */
import type { RunView } from "../events";

/** x counts epochs: 3 is the end of the third. */
export type Point = readonly [x: number, y: number];

export interface Curve {
  id: string;
  label: string;
  points: Point[];
  /** A CSS variable. */
  color: string;
  /** Thin and pale, without a place in the legend: batches. */
  faint?: boolean;
  /** Of another run. */
  dash?: boolean;
}

export interface MetricCurves {
  metric: string;
  curves: Curve[];
}

const VALIDATION = "val_";

/** Metrics in the order they are told, training and validation as one: loss, accuracy, … */
export function metricsOf(view: RunView): string[] {
  const told = [
    ...view.rows.map((row) => row.metrics),
    ...view.batches.slice(-1).map((point) => point.metrics),
  ];
  const names = told.flatMap((metrics) => Object.keys(metrics));
  return [
    ...new Set(names.map((name) => (name.startsWith(VALIDATION) ? name.slice(VALIDATION.length) : name))),
  ];
}

function epochPoints(view: RunView, metric: string): Point[] {
  return view.rows.flatMap(({ epoch, metrics: { [metric]: value } }) => finite(epoch, value));
}

function batchPoints(view: RunView, metric: string): Point[] {
  return view.batches.flatMap(({ at, metrics: { [metric]: value } }) => finite(at, value));
}

/** NaN and infinity (a diverged run) cannot be drawn; the table shows them. */
const finite = (x: number, y: number | undefined): Point[] =>
  y !== undefined && Number.isFinite(y) ? [[x, y]] : [];

export interface Labels {
  training: string;
  validation: string;
  /** For the curves of the other run. */
  other: { training: string; validation: string };
}

export function curvesOf(view: RunView, other: RunView | null, labels: Labels): MetricCurves[] {
  const charts = metricsOf(view).map((metric) => {
    const curve = (
      id: string,
      label: string,
      points: Point[],
      look: Pick<Curve, "color" | "faint" | "dash">,
    ) => (points.length > 0 ? [{ id, label, points, ...look }] : []);
    const validation = VALIDATION + metric;
    return {
      metric,
      curves: [
        ...curve("batches", "", batchPoints(view, metric), { color: "--vn-curve-train", faint: true }),
        ...(other
          ? [
              ...curve("other", labels.other.training, epochPoints(other, metric), {
                color: "--vn-curve-train",
                dash: true,
              }),
              ...curve("otherValidation", labels.other.validation, epochPoints(other, validation), {
                color: "--vn-curve-validation",
                dash: true,
              }),
            ]
          : []),
        ...curve("training", labels.training, epochPoints(view, metric), { color: "--vn-curve-train" }),
        ...curve("validation", labels.validation, epochPoints(view, validation), {
          color: "--vn-curve-validation",
        }),
      ],
    };
  });
  // A single batch is no curve.
  return charts.filter(({ curves }) => curves.some(({ faint, points }) => !faint || points.length > 1));
}

/** The point whose x is nearest; points are in order of x. */
export function nearest(points: readonly Point[], x: number): Point | undefined {
  let low = 0;
  let high = points.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[0] ?? 0) < x) low = middle;
    else high = middle;
  }
  const [left, right] = [points[low], points[high]];
  return left && right && Math.abs(right[0] - x) < Math.abs(left[0] - x) ? right : left;
}
