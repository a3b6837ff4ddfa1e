import { IconStack2 } from "@tabler/icons-react";
import type { Action, ActionContext } from "../../actions/action";
import { isOpenable } from "../../document/BlockDocument";

function selected({ document, view }: ActionContext): string | null {
  const [id] = view.selection;
  const node = view.selection.size === 1 && id !== undefined ? document?.graph.nodes.get(id) : undefined;
  return document && node && isOpenable(document.graph, node) ? node.id : null;
}

export default {
  id: "openBlock",
  label: "blocks:open",
  icon: IconStack2,
  shortcut: "mod+enter",
  nodeMenu: { group: "layer", order: -1 },
  enabled: (context) => selected(context) !== null,
  run: (context) => {
    const id = selected(context);
    if (id !== null) context.view.enter(id);
  },
} satisfies Action;
