/** Drawing, moving and cutting edges with the pointer. */
import type { Connection, FinalConnectionState, Edge as FlowEdge } from "@xyflow/react";
import { useCallback, useRef } from "react";
import { useDocument } from "../document";
import { connectEdits, freeInput, reconnectEdits, refusal } from "../editing/connect";
import { useCatalogStore } from "../state/catalog";
import type { Edge } from "../wire/types";
import { portNumber } from "./ports";

type Ends = Pick<Connection, "source" | "target" | "sourceHandle" | "targetHandle">;

function edgeOf({ source, target, sourceHandle, targetHandle }: Ends): Edge {
  return { source, target, source_port: portNumber(sourceHandle), target_port: portNumber(targetHandle) };
}

/** The handlers that the canvas library calls while an edge is drawn or its end is dragged. */
export function useConnecting() {
  const document = useDocument();
  const reconnected = useRef(false);

  const isValidConnection = useCallback(
    (ends: Connection | FlowEdge) => {
      const why = refusal(document.graph, useCatalogStore.getState().catalog, edgeOf(ends as Ends));
      return why === null;
    },
    [document],
  );

  const onConnect = useCallback(
    (ends: Connection) => {
      document.apply(connectEdits(document.graph, edgeOf(ends)), "actions:undo_connect");
    },
    [document],
  );

  /** Dropped on a node rather than on a port: the first port that is free takes it. */
  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const { fromHandle, toHandle } = state;
      if (!fromHandle || toHandle) return;
      const under = nodeUnder(event);
      if (!under || under === fromHandle.nodeId) return;
      const forward = fromHandle.type === "source";
      const [source, target] = forward ? [fromHandle.nodeId, under] : [under, fromHandle.nodeId];
      const { catalog } = useCatalogStore.getState();
      const target_port = forward ? freeInput(document.graph, catalog, target) : portNumber(fromHandle.id);
      if (target_port === null) return;
      const source_port = forward ? portNumber(fromHandle.id) : 0;
      const edge = { source, target, source_port, target_port };
      if (refusal(document.graph, catalog, edge) !== null) return;
      document.apply(connectEdits(document.graph, edge), "actions:undo_connect");
    },
    [document],
  );

  const onReconnectStart = useCallback(() => {
    reconnected.current = false;
  }, []);

  const onReconnect = useCallback(
    (old: FlowEdge, ends: Connection) => {
      reconnected.current = true;
      const known = document.graph.edges.get(old.id);
      if (!known) return;
      document.apply(reconnectEdits(document.graph, known, edgeOf(ends)), "actions:undo_connect");
    },
    [document],
  );

  /** The end of an edge dropped on nothing: the edge is cut. */
  const onReconnectEnd = useCallback(
    (_event: MouseEvent | TouchEvent, old: FlowEdge, _type: unknown, state: FinalConnectionState) => {
      const known = document.graph.edges.get(old.id);
      if (reconnected.current || !known || state.toHandle) return;
      document.apply([{ op: "disconnect", edge: known }], "actions:undo_disconnect");
    },
    [document],
  );

  return { isValidConnection, onConnect, onConnectEnd, onReconnectStart, onReconnect, onReconnectEnd };
}

function nodeUnder(event: MouseEvent | TouchEvent): string | null {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  if (!point) return null;
  const element = document.elementFromPoint(point.clientX, point.clientY);
  return element?.closest<HTMLElement>(".react-flow__node")?.dataset.id ?? null;
}
