import type { Action } from "../../actions/action";
import type { Edit } from "../../wire/types";
import { GRID } from "../geometry";

const DIRECTIONS = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] } as const;

/** Moves the selected layers by one step of the grid; held down, it is one undo step. */
export default Object.entries(DIRECTIONS).map(
  ([direction, [dx, dy]]): Action => ({
    id: `nudge_${direction}`,
    label: `nudge_${direction}`,
    shortcut: `shift+arrow${direction}`,
    enabled: ({ document, view }) => document?.editable === true && view.selection.size > 0,
    run: ({ document, canvas, view }) => {
      if (!document) return;
      const edits = [...view.selection].flatMap((id): Edit[] => {
        const node = document.graph.nodes.get(id);
        if (!node) return [];
        const [x, y] = node.position;
        return [{ op: "move", id, position: [x + dx * GRID, y + dy * GRID] }];
      });
      document.apply(edits, "actions:undo_move", { merge: "nudge" });
      canvas?.reveal(view.selection);
    },
  }),
);
