/** The edge that is being drawn; where it would be refused, it looks so. */
import { type ConnectionLineComponentProps, getBezierPath } from "@xyflow/react";
import { useDocument } from "../document";
import { NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import { letGo, type Under } from "../editing/letGo";
import { useCatalog } from "../state/catalog";
import type { GraphNode } from "../wire/types";
import { startAt, underHandle } from "./connecting";

export function DrawnEdge(props: ConnectionLineComponentProps) {
  const { fromX, fromY, fromPosition, toX, toY, toPosition, fromHandle, toHandle, connectionStatus } = props;
  const { graph } = useDocument();
  const catalog = useCatalog();
  const under = toHandle ? underHandle(toHandle) : nodeAt(graph.nodes.values(), toX, toY);
  const isRefused =
    connectionStatus !== "valid" && letGo(graph, catalog, startAt(fromHandle), under).refused !== null;
  const [path] = getBezierPath({
    sourceX: fromX,
    sourceY: fromY,
    sourcePosition: fromPosition,
    targetX: toX,
    targetY: toY,
    targetPosition: toPosition,
  });
  return (
    <path
      d={path}
      fill="none"
      className="react-flow__connection-path"
      data-refused={isRefused || undefined}
      data-testid="drawn-edge"
    />
  );
}

function nodeAt(nodes: Iterable<GraphNode>, x: number, y: number): Under {
  for (const { id, position } of nodes) {
    const [right, down] = [x - position[0], y - position[1]];
    if (right >= 0 && right < NODE_WIDTH && down >= 0 && down < NODE_HEIGHT) return { node: id, input: null };
  }
  return { node: null, input: null };
}
