import type { ActionContext } from "../actions/action";
import { isOpenable } from "../document/BlockDocument";

/** The node whose block can be opened, where it is selected alone; null otherwise. */
export function selectedBlock({ document, view }: ActionContext): string | null {
  const [id] = view.selection;
  const node = view.selection.size === 1 && id !== undefined ? document?.graph.nodes.get(id) : undefined;
  return document && node && isOpenable(document.graph, node) ? node.id : null;
}
