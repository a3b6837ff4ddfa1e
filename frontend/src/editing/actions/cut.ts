import { IconCut } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { copySelection, writeClipboard } from "../../actions/clipboard";
import { removeSelection } from "./delete";

export default {
  id: "cut",
  label: "cut",
  icon: IconCut,
  shortcut: "mod+x",
  native: true,
  menu: { group: "edit", order: 200 },
  nodeMenu: { group: "clipboard", order: 10 },
  enabled: ({ document, view }) => document?.editable === true && view.selection.size > 0,
  run: async (context) => {
    const text = copySelection(context);
    removeSelection(context, { bridge: true });
    if (text !== null) await writeClipboard(text);
  },
} satisfies Action;
