import { IconTrash } from "@tabler/icons-react";
import type { Action, ActionContext } from "../../actions/action";
import { type RemoveOptions, removeEdits } from "../remove";

export function removeSelection({ document, canvas, view }: ActionContext, options: RemoveOptions): void {
  if (!document) return;
  const edits = removeEdits(document.graph, view.selection, view.selectedEdges, options);
  if (!document.apply(edits, "actions:undo_delete")) return;
  // Nothing takes the selection over: a second press must not delete what nobody chose.
  view.clearSelection();
  canvas?.focus();
}

export function canRemove({ document, view }: ActionContext): boolean {
  return document?.editable === true && view.selection.size + view.selectedEdges.size > 0;
}

export default {
  id: "delete",
  label: "delete",
  icon: IconTrash,
  shortcut: ["delete", "backspace"],
  menu: { group: "edit", order: 300 },
  nodeMenu: { group: "remove", order: 90 },
  enabled: canRemove,
  run: (context) => removeSelection(context, { bridge: true }),
} satisfies Action;
