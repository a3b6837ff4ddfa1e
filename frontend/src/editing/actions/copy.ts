import { IconCopy } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { copySelection, writeClipboard } from "../../actions/clipboard";

export default {
  id: "copy",
  label: "copy",
  icon: IconCopy,
  shortcut: "mod+c",
  native: true,
  menu: { group: "edit", order: 210 },
  nodeMenu: { group: "clipboard", order: 20 },
  enabled: ({ view }) => view.selection.size > 0,
  run: async (context) => {
    const text = copySelection(context);
    if (text !== null) await writeClipboard(text);
  },
} satisfies Action;
