import type { Action } from "../../actions/action";

export default {
  id: "selectNone",
  label: "selectNone",
  shortcut: "escape",
  enabled: ({ view }) => view.selection.size + view.selectedEdges.size > 0,
  run: ({ view }) => view.clearSelection(),
} satisfies Action;
