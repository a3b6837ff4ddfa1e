/** Selection and dragging, as the canvas library reports them. */
import type { EdgeChange, NodeChange } from "@xyflow/react";
import { type FocusEvent, useCallback } from "react";
import { useDocument } from "../document";
import { useView } from "../state/view";
import type { Edit, Position } from "../wire/types";
import type { LayerFlowNode, RoutedFlowEdge } from "./derive";
import { useMotion } from "./motion";

interface Options {
  /** Tells the other tabs of a drag. */
  tell(change: { dragging: { [id: string]: Position } }): void;
}

export function useSelecting({ tell }: Options) {
  const document = useDocument();

  const onNodesChange = useCallback(
    (changes: NodeChange<LayerFlowNode>[]) => {
      const view = useView.getState();
      const selection = new Set(view.selection);
      const dragged = new Map(useMotion.getState().dragged);
      let [picked, moved] = [false, false];
      for (const change of changes) {
        if (change.type === "select") {
          picked = true;
          if (change.selected) selection.add(change.id);
          else selection.delete(change.id);
        } else if (change.type === "position" && change.dragging && change.position && document.editable) {
          moved = true;
          dragged.set(change.id, [change.position.x, change.position.y]);
        }
      }
      if (picked) view.select(selection, view.selectedEdges);
      if (moved) {
        useMotion.getState().set("dragged", dragged);
        tell({ dragging: Object.fromEntries(dragged) });
      }
    },
    [document, tell],
  );

  const onEdgesChange = useCallback((changes: EdgeChange<RoutedFlowEdge>[]) => {
    const view = useView.getState();
    const edges = new Set(view.selectedEdges);
    for (const change of changes) {
      if (change.type !== "select") continue;
      if (change.selected) edges.add(change.id);
      else edges.delete(change.id);
    }
    view.select(view.selection, edges);
  }, []);

  /** The drop: only now does the move enter the document, as one undo step. */
  const onDragStop = useCallback(() => {
    const motion = useMotion.getState();
    const edits = [...motion.dragged].flatMap(([id, position]): Edit[] => {
      const known = document.graph.nodes.get(id)?.position;
      const same = known?.[0] === position[0] && known[1] === position[1];
      return known && !same ? [{ op: "move", id, position }] : [];
    });
    document.apply(edits, "actions:undo_move");
    motion.set("dragged", new Map());
    tell({ dragging: {} });
  }, [document, tell]);

  /** Tab brings the focus to a node: what has the focus is what is selected. */
  const onFocus = useCallback((event: FocusEvent) => {
    const element = (event.target as Element).closest<HTMLElement>(".react-flow__node");
    const id = element?.matches(":focus-visible") ? element.dataset.id : undefined;
    if (id) useView.getState().select([id]);
  }, []);

  return { onNodesChange, onEdgesChange, onDragStop, onFocus };
}
