/** An edge along its bend points, with the shape of what travels on it. */
import type { EdgeProps } from "@xyflow/react";
import { memo, useMemo } from "react";
import { shownNodes, useAnalysis } from "../state/analysis";
import { useCanvas } from "../state/canvas";
import type { RoutedFlowEdge } from "./derive";
import { shapeText } from "./describe";
import { labelPlace, pathOf } from "./path";
import classes from "./RoutedEdge.module.css";

/** Characters of the label's font are about this wide; the text is never measured. */
const CHARACTER = 6.1;
const PADDING = 6;

export const RoutedEdge = memo(function RoutedEdge({ source, data, selected }: EdgeProps<RoutedFlowEdge>) {
  const port = data?.sourcePort ?? 0;
  const tensor = useAnalysis((state) => shownNodes(state).get(source)?.outputs?.[port]);
  const near = useCanvas((state) => state.detail === "near");
  // Before the first analysis nothing is unknown yet.
  const analysed = useAnalysis((state) => state.totals !== null);
  const points = data?.points;
  const path = useMemo(() => pathOf(points ?? []), [points]);
  const place = useMemo(() => labelPlace(points ?? []), [points]);
  const text = near && tensor ? shapeText(tensor.shape) : "";
  const width = text.length * CHARACTER + 2 * PADDING;

  return (
    <g
      className={classes.edge}
      data-selected={selected || undefined}
      data-unknown={(analysed && !tensor) || undefined}
    >
      {near && <path d={path} className={classes.grip} />}
      <path d={path} className={`react-flow__edge-path ${classes.line}`} />
      {text && (
        <g
          className={classes.label}
          transform={`translate(${place.middle.join()})${place.upright ? " rotate(-90)" : ""}`}
        >
          <rect x={-width / 2} y={-9} width={width} height={18} rx={9} />
          <text textAnchor="middle" dy="0.34em">
            {text}
          </text>
        </g>
      )}
    </g>
  );
});
