import { IconCopyPlus } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { copyText, pasteEdits, readText } from "../clipboard";

export default {
  id: "duplicate",
  label: "duplicate",
  icon: IconCopyPlus,
  shortcut: "mod+d",
  menu: { group: "edit", order: 230 },
  nodeMenu: { group: "clipboard", order: 30 },
  enabled: ({ document, view }) => document?.editable === true && view.selection.size > 0,
  run: ({ document, canvas, view }) => {
    const part = document && readText(copyText(document.graph, view.selection));
    if (!part) return;
    const { edits, ids } = pasteEdits(document.graph, part, null, document.isBlock);
    document.apply(edits, "actions:undo_duplicate");
    view.select(ids);
    canvas?.reveal(ids);
  },
} satisfies Action;
