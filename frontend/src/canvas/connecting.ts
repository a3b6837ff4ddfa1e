/** Drawing, moving and cutting edges with the pointer. */
import type { Connection, FinalConnectionState, Edge as FlowEdge, Handle } from "@xyflow/react";
import i18next from "i18next";
import { useCallback } from "react";
import { caution } from "../dialogs/notify";
import { useDocument } from "../document";
import { connectEdits, refusal } from "../editing/connect";
import { letGo, type Refused, type Start, type Under } from "../editing/letGo";
import { useCatalogStore } from "../state/catalog";
import type { Edge } from "../wire/types";
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
    (event: MouseEvent | TouchEvent, { fromHandle, toHandle, isValid }: FinalConnectionState) => {
      if (!fromHandle || isValid) return;
      const { graph } = document;
      const { catalog } = useCatalogStore.getState();
      const from = startAt(fromHandle);
      const { edits, refused } = letGo(graph, catalog, from, targetUnder(event));
      if (edits.length > 0) {
        const cuts = edits.every(({ op }) => op === "disconnect");
        document.apply(edits, cuts ? "actions:undo_disconnect" : "actions:undo_connect");
        return;
      }
      // A port has the line before the pointer has reached it.
      const why = refused ?? (toHandle && letGo(graph, catalog, from, underHandle(toHandle)).refused);
      if (why) tell(why, (id) => graph.nodes.get(id)?.name ?? id);
    },
    [document],
  );

  return { isValidConnection, onConnect, onConnectEnd };
}

function tell({ why, source, target }: Refused, nameOf: (id: string) => string): void {
  caution(i18next.t(`canvas:refused.${why}`, { source: nameOf(source), target: nameOf(target) }), []);
}

export function startAt({ nodeId, id, type }: Handle): Start {
  return { node: nodeId, side: type, port: portNumber(id) };
}

export function underHandle({ nodeId, id, type }: Handle): Under {
  return { node: nodeId, input: type === "target" ? portNumber(id) : null };
}

function targetUnder(event: MouseEvent | TouchEvent): Under {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  const element = point && document.elementFromPoint(point.clientX, point.clientY);
  const node = element?.closest<HTMLElement>(".react-flow__node")?.dataset.id ?? null;
  const handle = element?.closest<HTMLElement>(".react-flow__handle.target")?.dataset.handleid;
  return { node, input: handle ? portNumber(handle) : null };
}
