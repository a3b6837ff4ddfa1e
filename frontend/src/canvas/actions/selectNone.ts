import type { Action } from "../../actions/action";

export default {
  id: "selectNone",
  label: "selectNone",
  shortcut: "escape",
  enabled: ({ view }) => view.selection.size + view.selectedEdges.size + view.inside.length > 0,
  run: ({ view }) => {
    if (view.selection.size + view.selectedEdges.size > 0) view.clearSelection();
    else view.leave(view.inside.length - 1);
  },
} satisfies Action;
