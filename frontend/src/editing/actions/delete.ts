import { IconTrash } from "@tabler/icons-react";
import i18next from "i18next";
import type { Action, ActionContext } from "../../actions/action";
import { succeed } from "../../dialogs/notify";
import { BlockDocument } from "../../document";
import { linesLost } from "../../document/calls";
import type { Edit } from "../../wire/types";
import { type RemoveOptions, removeEdits } from "../remove";
import { closePorts, portsAmong } from "../uses";

export function removeSelection({ document, canvas, view }: ActionContext, options: RemoveOptions): void {
  if (!document) return;
  const edits = removeEdits(document.graph, view.selection, view.selectedEdges, options);
  const network = document instanceof BlockDocument ? closingEdits(document, view.selection) : [];
  if (!document.apply(edits, "actions:undo_delete", { network })) return;
  const lost = linesLost(network);
  if (lost > 0) succeed(i18next.t("blocks:inputRemoved", { count: lost }));
  // Nothing takes the selection over: a second press must not delete what nobody chose.
  view.clearSelection();
  canvas?.focus();
}

/** What a block's uses lose with inputs of it. */
function closingEdits({ graph, root, block }: BlockDocument, ids: ReadonlySet<string>): Edit[] {
  const ports = portsAmong(graph, ids);
  if (block === null || ports.size === 0) return [];
  return closePorts(root.graph, block, ports);
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
