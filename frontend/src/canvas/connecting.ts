/** Drawing, moving and cutting edges with the pointer. */
import type { Connection, FinalConnectionState, Edge as FlowEdge, Handle } from "@xyflow/react";
import { useCallback } from "react";
import { type DocumentGraph, inputsOf, useDocument } from "../document";
import { connectEdits, freeInput, reconnectEdits, refusal } from "../editing/connect";
import { useCatalogStore } from "../state/catalog";
import type { Catalog, Edge, Edit } from "../wire/types";
import { portNumber } from "./ports";

type Ends = Pick<Connection, "source" | "target" | "sourceHandle" | "targetHandle">;

function edgeOf({ source, target, sourceHandle, targetHandle }: Ends): Edge {
  return { source, target, source_port: portNumber(sourceHandle), target_port: portNumber(targetHandle) };
}

/** The handlers that the canvas library calls while an edge is drawn. */
export function useConnecting() {
  const document = useDocument();

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

  /** Dropped elsewhere than on a fitting port. */
  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, { fromHandle, isValid }: FinalConnectionState) => {
      if (!fromHandle || isValid) return;
      const { catalog } = useCatalogStore.getState();
      const dropped = targetUnder(event);
      const edits =
        fromHandle.type === "source"
          ? drawn(document.graph, catalog, fromHandle, dropped)
          : pulled(document.graph, catalog, fromHandle, dropped);
      if (edits.length === 0) return;
      const cuts = edits.every(({ op }) => op === "disconnect");
      document.apply(edits, cuts ? "actions:undo_disconnect" : "actions:undo_connect");
    },
    [document],
  );

  return { isValidConnection, onConnect, onConnectEnd };
}

/** What lies under the pointer: nothing, a node, or one of its input ports. */
interface Under {
  node: string | null;
  input: number | null;
}

/** Drawn from an output to a layer as a whole: the first port that is free takes it. */
function drawn(graph: DocumentGraph, catalog: Catalog | null, from: Handle, { node }: Under): Edit[] {
  if (node === null || node === from.nodeId) return [];
  const target_port = freeInput(graph, catalog, node);
  if (target_port === null) return [];
  return allowed(graph, catalog, {
    source: from.nodeId,
    source_port: portNumber(from.id),
    target: node,
    target_port,
  });
}

/**
 * Pulled off an input: dropped on another input, the edge that was there moves; dropped on a layer, that becomes the
 * source; dropped on nothing, the edge is cut.
 */
function pulled(graph: DocumentGraph, catalog: Catalog | null, from: Handle, { node, input }: Under): Edit[] {
  const port = portNumber(from.id);
  const known = inputsOf(graph, from.nodeId).find(({ target_port }) => target_port === port);
  if (node === null) return known ? [{ op: "disconnect", edge: known }] : [];
  if (input !== null) {
    const moved = known && { ...known, target: node, target_port: input };
    return known && moved && refusal(graph, catalog, moved) === null
      ? reconnectEdits(graph, known, moved)
      : [];
  }
  return allowed(graph, catalog, { source: node, source_port: 0, target: from.nodeId, target_port: port });
}

function allowed(graph: DocumentGraph, catalog: Catalog | null, edge: Edge): Edit[] {
  return refusal(graph, catalog, edge) === null ? connectEdits(graph, edge) : [];
}

function targetUnder(event: MouseEvent | TouchEvent): Under {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  const element = point && document.elementFromPoint(point.clientX, point.clientY);
  const node = element?.closest<HTMLElement>(".react-flow__node")?.dataset.id ?? null;
  const handle = element?.closest<HTMLElement>(".react-flow__handle.target")?.dataset.handleid;
  return { node, input: handle ? portNumber(handle) : null };
}
