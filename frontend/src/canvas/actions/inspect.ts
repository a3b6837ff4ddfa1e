import { IconAdjustments } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "inspect",
  label: "inspect",
  icon: IconAdjustments,
  shortcut: "enter",
  nodeMenu: { group: "layer", order: 0 },
  enabled: ({ view }) => view.selection.size > 0,
  run: ({ view }) => view.showTab("layer"),
} satisfies Action;
