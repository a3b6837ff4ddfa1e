/** What happens once, when a network's content has arrived: places for nodes that have none, and a look at the whole. */
import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect } from "react";
import { arrangeDocument } from "../actions/arrange";
import { type DocumentGraph, useDocument } from "../document";
import { openingViewport, showDetail } from "./controls";

/** Files of other tools know no places: every node then stands on one spot. */
function isUnplaced(graph: DocumentGraph): boolean {
  const [first, ...others] = [...graph.nodes.values()].map(({ position }) => position);
  return (
    first !== undefined && others.length > 0 && others.every(([x, y]) => x === first[0] && y === first[1])
  );
}

export function useOpening(container: RefObject<HTMLDivElement | null>, loaded: boolean): void {
  const document = useDocument();
  const flow = useReactFlow();

  useEffect(() => {
    const element = container.current;
    if (!loaded || !element) return;
    let open = true;
    const look = () => {
      if (!open) return;
      const viewport = openingViewport(document, element);
      void flow.setViewport(viewport);
      showDetail(element, viewport.zoom);
    };
    look();
    if (isUnplaced(document.graph)) void arrangeDocument(document).then(look);
    return () => {
      open = false;
    };
  }, [container, loaded, document, flow]);
}
