import { IconSelectAll } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "selectAll",
  label: "selectAll",
  icon: IconSelectAll,
  shortcut: "mod+a",
  menu: { group: "edit", order: 310 },
  canvasMenu: { group: "select", order: 30 },
  enabled: ({ document }) => (document?.graph.nodes.size ?? 0) > 0,
  run: ({ document, view }) => {
    if (document) view.select(document.graph.nodes.keys(), document.graph.edges.keys());
  },
} satisfies Action;
