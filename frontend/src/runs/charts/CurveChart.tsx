/** One chart of curves by uPlot: legend with the values under the pointer, log scale, follows its width and the colours. */
import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import classes from "./charts.module.css";
import { type Curve, nearest } from "./curves";

interface CurveChartProps {
  title: string;
  curves: readonly Curve[];
  /** Base-10 logarithm; values that are not positive are left out. */
  log: boolean;
  height: number;
  /** Charts of one key move their pointers together. */
  syncKey: string;
  /** A value in the legend, and a mark of the axis. */
  format: (value: number) => string;
  mark: (value: number) => string;
}

const FONT = "11px system-ui, sans-serif";
const MAX_EPOCHS_WITH_DOTS = 40;
/** Steps between marks of the axis: whole epochs only. */
const EPOCH_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

function dataOf(curves: readonly Curve[], log: boolean): uPlot.AlignedData {
  const tables = curves.map(({ points }): uPlot.AlignedData => {
    const drawn = log ? points.filter(([, y]) => y > 0) : points;
    return [drawn.map(([x]) => x), drawn.map(([, y]) => y)];
  });
  return tables.length > 0 ? uPlot.join(tables) : [[]];
}

export default function CurveChart({ title, curves, log, height, syncKey, format, mark }: CurveChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number | null>(null);
  const scheme = useComputedColorScheme("light");
  const data = useMemo(() => dataOf(curves, log), [curves, log]);
  const latest = useRef({ data, mark });
  latest.current = { data, mark };
  // Another set of curves is another plot; more points of the same curves are not.
  const structure = JSON.stringify(curves.map(({ id, color, dash }) => [id, color, dash]));

  // biome-ignore lint/correctness/useExhaustiveDependencies: `structure` and `scheme` stand for what is read here
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new uPlot(
      options({ curves, log, height, syncKey, width: element.clientWidth, style: getComputedStyle(element) }),
      latest.current.data,
      element,
    );
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [structure, scheme, log, height, syncKey]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  function options(of: {
    curves: readonly Curve[];
    log: boolean;
    height: number;
    syncKey: string;
    width: number;
    style: CSSStyleDeclaration;
  }): uPlot.Options {
    const color = (name: string) => of.style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: color("--vn-text-faint"),
      font: FONT,
      grid: { stroke: color("--vn-line"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: of.width,
      height: of.height,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        sync: { key: of.syncKey, setSeries: false },
        points: { size: 7 },
        drag: { x: false, y: false },
      },
      scales: {
        x: { time: false, range: (_, low, high) => [low, high > low ? high : low + 1] },
        y: { distr: of.log ? 3 : 1 },
      },
      axes: [
        { ...axis, size: 22, gap: 4, incrs: EPOCH_STEPS },
        {
          ...axis,
          size: 42,
          gap: 4,
          values: (_, marks) => marks.map((value) => (value === null ? "" : latest.current.mark(value))),
        },
      ],
      series: [
        {},
        ...of.curves.map(
          (curve): uPlot.Series => ({
            stroke: color(curve.color),
            width: curve.faint ? 1 : 1.75,
            alpha: curve.faint ? 0.45 : 1,
            dash: curve.dash ? [5, 4] : undefined,
            spanGaps: true,
            points: {
              show: !curve.faint && !curve.dash && curve.points.length <= MAX_EPOCHS_WITH_DOTS,
              size: 4,
              fill: color(curve.color),
            },
          }),
        ),
      ],
      hooks: {
        setCursor: [
          (u) => {
            const left = u.cursor.left ?? -1;
            setAt(left < 0 ? null : u.posToVal(left, "x"));
          },
        ],
      },
    };
  }

  return (
    <figure className={classes.chart} aria-label={title}>
      <figcaption className={classes.caption}>
        <span className={classes.title}>{title}</span>
        <span className={classes.legend}>
          {curves
            .filter(({ faint }) => !faint)
            // The other run is drawn below this one, and named after it.
            .sort((a, b) => Number(a.dash ?? false) - Number(b.dash ?? false))
            .map((curve) => {
              const point = at === null ? curve.points.at(-1) : nearest(curve.points, at);
              return (
                <span key={curve.id} className={classes.entry}>
                  <span
                    className={classes.swatch}
                    data-dash={curve.dash || undefined}
                    style={{ borderColor: `var(${curve.color})` }}
                  />
                  {curve.label}
                  <b>{point ? format(point[1]) : "–"}</b>
                </span>
              );
            })}
        </span>
      </figcaption>
      <div ref={host} className={classes.plot} style={{ height }} />
    </figure>
  );
}
