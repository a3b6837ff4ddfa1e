/** What happens once, when a network's content has arrived: places for nodes that have none, and a look at the whole. */
import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useState } from "react";
import { type DocumentGraph, useDocument } from "../document";
import { arrangeDocument } from "../editing/actions/arrange";
import { useCanvas } from "../state/canvas";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import { openingViewport, showDetail } from "./controls";

/** Files of other tools know no places: every node then stands on one spot. */
function isUnplaced(graph: DocumentGraph): boolean {
  const [first, ...others] = [...graph.nodes.values()].map(({ position }) => position);
  return (
    first !== undefined && others.length > 0 && others.every(([x, y]) => x === first[0] && y === first[1])
  );
}

/** Whether the network may be shown: nodes that all stand on one spot would be drawn for nothing. */
export function useOpening(container: RefObject<HTMLDivElement | null>, loaded: boolean): boolean {
  const document = useDocument();
  const flow = useReactFlow();
  const [ready, setReady] = useState(false);
  // Ports and colours come from the catalogue: without it everything would be drawn twice. Without hope of it, once.
  const described = useCatalogStore(({ catalog, error }) => catalog !== null || error !== null);

  useEffect(() => {
    const element = container.current;
    if (!loaded || !described || !element) return;
    let open = true;
    const show = () => {
      if (!open) return;
      const viewport = openingViewport(document, element);
      void flow.setViewport(viewport);
      showDetail(element, viewport.zoom);
      // What led here, or what was left, need not be where a look at the whole begins.
      const { selection } = useView.getState();
      if (selection.size > 0) useCanvas.getState().controls?.reveal(selection);
      setReady(true);
    };
    if (isUnplaced(document.graph)) void arrangeDocument(document).finally(show);
    else show();
    return () => {
      open = false;
      setReady(false);
    };
  }, [container, loaded, described, document, flow]);

  return ready;
}
