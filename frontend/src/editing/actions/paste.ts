import { IconClipboard } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { pasteText, readClipboard } from "../../actions/clipboard";

export default {
  id: "paste",
  label: "paste",
  icon: IconClipboard,
  shortcut: "mod+v",
  native: true,
  menu: { group: "edit", order: 220 },
  canvasMenu: { group: "clipboard", order: 10 },
  enabled: ({ document }) => document?.editable === true,
  run: async (context) => {
    pasteText(context, await readClipboard());
  },
} satisfies Action;
