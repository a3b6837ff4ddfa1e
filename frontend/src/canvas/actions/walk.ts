import type { Action } from "../../actions/action";
import { type Direction, neighbour } from "../../editing/neighbours";

const DIRECTIONS: Direction[] = ["up", "down", "left", "right"];

/** Selects the next layer: up and down along edges, left and right to what stands beside. */
export default DIRECTIONS.map(
  (direction): Action => ({
    id: `walk_${direction}`,
    label: `walk_${direction}`,
    shortcut: `arrow${direction}`,
    enabled: ({ document }) => (document?.graph.nodes.size ?? 0) > 0,
    run: ({ document, canvas, view }) => {
      if (!document) return;
      const [from] = [...view.selection].slice(-1);
      const next = neighbour(document.graph, from, direction);
      if (next === null) return;
      view.select([next]);
      canvas?.reveal([next]);
    },
  }),
);
