/** Palette entries dropped on the canvas: at a place, or into the edge they are held over. */
import { useReactFlow } from "@xyflow/react";
import { type DragEvent, useCallback, useRef } from "react";
import { useDocument } from "../document";
import { insertEntry } from "../editing/insert";
import { blockEntries } from "../palette/blockEntries";
import { carriesEntry, ENTRY_MIME } from "../palette/drag";
import { shownNodes, useAnalysis } from "../state/analysis";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";

export function useDropping() {
  const document = useDocument();
  const flow = useReactFlow();
  const over = useRef<Element | null>(null);

  const mark = useCallback((edge: Element | null) => {
    if (over.current === edge) return;
    over.current?.removeAttribute("data-splice");
    edge?.setAttribute("data-splice", "");
    over.current = edge;
  }, []);

  const onDragOver = useCallback(
    (event: DragEvent) => {
      if (!carriesEntry(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      mark((event.target as Element).closest(".react-flow__edge"));
    },
    [mark],
  );

  const onDragLeave = useCallback(() => mark(null), [mark]);

  const onDrop = useCallback(
    (event: DragEvent) => {
      const { catalog } = useCatalogStore.getState();
      const id = event.dataTransfer.getData(ENTRY_MIME);
      const entries = [...blockEntries(document), ...(catalog?.entries ?? [])];
      const entry = entries.find((known) => known.id === id);
      const key = over.current?.getAttribute("data-id");
      mark(null);
      if (!catalog || !entry) return;
      event.preventDefault();
      const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const scene = { graph: document.graph, catalog, analysis: shownNodes(useAnalysis.getState()) };
      const edge = key ? document.graph.edges.get(key) : undefined;
      const inserted = insertEntry(scene, entry, [x, y], edge);
      if (!document.apply(inserted.edits, "actions:undo_add")) return;
      useView.getState().select([inserted.id]);
      useView.getState().showTab("layer");
    },
    [document, flow, mark],
  );

  return { onDragOver, onDragLeave, onDrop };
}
