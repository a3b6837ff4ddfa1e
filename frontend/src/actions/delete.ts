import { IconTrash } from "@tabler/icons-react";
import { inputsOf, outputsOf } from "../document/graph";
import { type RemoveOptions, removeEdits } from "../editing/remove";
import type { Action, ActionContext } from "./action";

/** Takes out what is selected, and selects what was before it: the next click on the palette goes on from there. */
export function removeSelection({ document, canvas, view }: ActionContext, options: RemoveOptions): void {
  if (!document) return;
  const { graph } = document;
  const { selection, selectedEdges } = view;
  const near = [...selection].flatMap((id) => [
    ...inputsOf(graph, id).map(({ source }) => source),
    ...outputsOf(graph, id).map(({ target }) => target),
  ]);
  const next = selection.size === 1 ? near.filter((id) => !selection.has(id)).slice(0, 1) : [];
  if (!document.apply(removeEdits(graph, selection, selectedEdges, options), "actions:undo_delete")) return;
  view.select(next);
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
