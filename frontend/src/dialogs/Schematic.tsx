/** A network as a small drawing: one bar a layer from left to right, coloured by category; branches lie side by side. */

import { categoryColor } from "../theme/category";
import type { Catalog, Graph } from "../wire/types";
import { columnsOf } from "./columns";

const BAR = { width: 8, height: 26, gapX: 5, gapY: 6 };
/** A short network is not blown up to fill the width. */
const LEAST_COLUMNS = 14;

interface SchematicProps {
  graph: Graph;
  catalog: Catalog | null;
  label: string;
}

export function Schematic({ graph, catalog, label }: SchematicProps) {
  const columns = columnsOf(graph);
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const pitchX = BAR.width + BAR.gapX;
  const pitchY = BAR.height + BAR.gapY;
  const width = Math.max(columns.length, LEAST_COLUMNS) * pitchX;
  const height = rows * pitchY;
  const left = (width - columns.length * pitchX) / 2;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height="100%" role="img" aria-label={label}>
      <line
        x1={left}
        x2={width - left - BAR.gapX}
        y1={height / 2}
        y2={height / 2}
        stroke="var(--vn-line-strong)"
        strokeWidth={1}
      />
      {columns.map((column, x) =>
        column.map((node, y) => (
          <rect
            key={node.id}
            x={left + x * pitchX}
            y={height / 2 + (y - column.length / 2) * pitchY + BAR.gapY / 2}
            width={BAR.width}
            height={BAR.height}
            rx={2}
            fill={categoryColor(catalog?.layers[node.type]?.category ?? "")}
          />
        )),
      )}
    </svg>
  );
}
