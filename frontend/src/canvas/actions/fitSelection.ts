import { IconFocusCentered } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "fitSelection",
  label: "fitSelection",
  icon: IconFocusCentered,
  shortcut: ".",
  menu: { group: "view", order: 510 },
  nodeMenu: { group: "layer", order: 2 },
  enabled: ({ canvas, view }) => canvas !== null && view.selection.size > 0,
  run: ({ canvas, view }) => canvas?.fit(view.selection),
} satisfies Action;
