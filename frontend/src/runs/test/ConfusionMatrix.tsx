/** The confusion matrix as a heat map on a canvas: sharp at any size, read by pointer or arrow keys. */
import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cellAt, inkOf } from "./confusion";
import classes from "./test.module.css";

interface ConfusionMatrixProps {
  counts: readonly (readonly number[])[];
  classNames: readonly string[];
  large: boolean;
}

const LARGEST_CELL = 44;
const CELL_WITH_COUNT = 19;
const CELL_WITH_LABEL = 9;
const MOST_LABEL_PX = 84;
const GAP = 1;
/** Of the window's height, in a window of its own: all of the matrix must be seen at once. */
const LARGE_SHARE = 0.68;

interface Layout {
  cell: number;
  /** Room for the labels at the left and at the bottom. */
  margin: number;
  labelled: boolean;
}

export function ConfusionMatrix({ counts, classNames, large }: ConfusionMatrixProps) {
  const { t } = useTranslation("runs");
  const { ref: frame, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  const [at, setAt] = useState<[truth: number, predicted: number] | null>(null);
  const note = useId();
  const size = counts.length;
  const room = large ? Math.min(width, window.innerHeight * LARGE_SHARE) : width;
  const layout = layoutOf(size, room, classNames);
  const side = layout.margin + layout.cell * size;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the page's style by scheme
  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const density = window.devicePixelRatio || 1;
    element.width = Math.round(side * density);
    element.height = Math.round(side * density);
    const pen = element.getContext("2d");
    if (!pen) return;
    pen.scale(density, density);
    paint(pen, { counts, classNames, layout, at, style: getComputedStyle(element) });
  }, [counts, classNames, side, width, at, scheme, large]);

  const onMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const predicted = Math.floor((event.clientX - box.left - layout.margin) / layout.cell);
    const truth = Math.floor((event.clientY - box.top) / layout.cell);
    const inside = predicted >= 0 && predicted < size && truth >= 0 && truth < size;
    setAt(inside ? [truth, predicted] : null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: { [key: string]: [number, number] } = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const by = steps[event.key];
    if (!by) return;
    event.preventDefault();
    const within = (index: number) => Math.min(size - 1, Math.max(0, index));
    setAt(at ? [within(at[0] + by[0]), within(at[1] + by[1])] : [0, 0]);
  };

  const cell = at && cellAt(counts, at[0], at[1]);
  return (
    <div className={classes.matrix} ref={frame}>
      <canvas
        ref={canvas}
        style={{ width: side, height: side }}
        role="img"
        // Arrow keys move over its cells.
        tabIndex={0}
        aria-label={t("confusion.label", { count: size })}
        aria-describedby={note}
        onPointerMove={onMove}
        onPointerLeave={() => setAt(null)}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        data-testid="confusion-matrix"
      />
      <div className={classes.matrixNote} id={note} aria-live="polite">
        {cell
          ? t(cell.truth === cell.predicted ? "confusion.right" : "confusion.cell", {
              truth: classNames[cell.truth],
              predicted: classNames[cell.predicted],
              number: cell.count,
              percent: (cell.share * 100).toFixed(1),
            })
          : t("confusion.axes")}
      </div>
    </div>
  );
}

function layoutOf(size: number, width: number, classNames: readonly string[]): Layout {
  const longest = Math.max(0, ...classNames.map((name) => name.length));
  const room = Math.min(MOST_LABEL_PX, 10 + longest * 6.5);
  const labelled = (width - room) / size >= CELL_WITH_LABEL;
  const margin = labelled ? room : 0;
  const cell = Math.max(1, Math.min(LARGEST_CELL, (width - margin) / size));
  return { margin, labelled, cell: cell >= 4 ? Math.floor(cell) : cell };
}

interface Picture extends Pick<ConfusionMatrixProps, "counts" | "classNames"> {
  layout: Layout;
  at: [number, number] | null;
  style: CSSStyleDeclaration;
}

function paint(pen: CanvasRenderingContext2D, { counts, classNames, layout, at, style }: Picture) {
  const color = (name: string) => style.getPropertyValue(name).trim();
  const { cell, margin, labelled } = layout;
  const gap = cell > 4 ? GAP : 0;
  const box = (truth: number, predicted: number) =>
    [margin + predicted * cell, truth * cell, cell - gap, cell - gap] as const;
  const [right, wrong, plain, text] = [
    color("--vn-accent"),
    color("--vn-error"),
    color("--vn-surface-sunken"),
    color("--vn-text"),
  ];
  pen.textBaseline = "middle";
  for (let truth = 0; truth < counts.length; truth++) {
    for (let predicted = 0; predicted < counts.length; predicted++) {
      const here = cellAt(counts, truth, predicted);
      const ink = inkOf(here);
      pen.globalAlpha = 1;
      pen.fillStyle = plain;
      pen.fillRect(...box(truth, predicted));
      pen.globalAlpha = ink;
      pen.fillStyle = truth === predicted ? right : wrong;
      pen.fillRect(...box(truth, predicted));
      pen.globalAlpha = 1;
      if (cell >= CELL_WITH_COUNT && here.count > 0) {
        pen.font = `${Math.min(12, cell / (here.count > 999 ? 3.2 : 2.4))}px system-ui, sans-serif`;
        pen.textAlign = "center";
        pen.fillStyle = ink > 0.55 ? color("--vn-surface") : text;
        pen.fillText(String(here.count), margin + (predicted + 0.5) * cell - gap / 2, (truth + 0.5) * cell);
      }
    }
  }
  if (labelled) paintLabels(pen, classNames, layout, counts.length, color("--vn-text-muted"));
  if (at) {
    const [x, y, w, h] = box(...at);
    pen.strokeStyle = text;
    pen.lineWidth = 1.5;
    pen.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
  }
}

function paintLabels(
  pen: CanvasRenderingContext2D,
  classNames: readonly string[],
  { cell, margin }: Layout,
  size: number,
  color: string,
) {
  pen.font = `${Math.max(8, Math.min(11, cell - 2))}px system-ui, sans-serif`;
  pen.fillStyle = color;
  const fit = (name: string) => {
    let text = name;
    while (text.length > 1 && pen.measureText(text).width > margin - 8)
      text = `${text.replace(/…$/, "").slice(0, -1)}…`;
    return text;
  };
  classNames.forEach((name, i) => {
    const text = fit(name);
    pen.textAlign = "right";
    pen.fillText(text, margin - 6, (i + 0.5) * cell);
    const x = margin + (i + 0.5) * cell;
    if (pen.measureText(text).width <= cell - 2) {
      pen.textAlign = "center";
      pen.fillText(text, x, size * cell + 9);
    } else {
      pen.save();
      pen.translate(x, size * cell + 4);
      pen.rotate(-Math.PI / 2);
      pen.textAlign = "right";
      pen.fillText(text, 0, 0);
      pen.restore();
    }
  });
}
