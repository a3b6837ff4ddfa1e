import { IconAdjustments } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { isOpenable } from "../../document/BlockDocument";

export default {
  id: "inspect",
  label: "inspect",
  icon: IconAdjustments,
  shortcut: "enter",
  nodeMenu: { group: "layer", order: 0 },
  enabled: ({ view }) => view.selection.size > 0,
  run: ({ document, view }) => {
    const [id] = view.selection;
    const node = view.selection.size === 1 && id !== undefined ? document?.graph.nodes.get(id) : undefined;
    if (document && node && isOpenable(document.graph, node)) view.enter(node.id);
    else view.showTab("layer");
  },
} satisfies Action;
