import { IconMaximize } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "fit",
  label: "fit",
  icon: IconMaximize,
  shortcut: ["f", "1"],
  menu: { group: "view", order: 500 },
  toolbar: { group: "view", order: 53 },
  canvasMenu: { group: "view", order: 50 },
  enabled: ({ document, canvas }) => canvas !== null && (document?.graph.nodes.size ?? 0) > 0,
  run: ({ canvas }) => canvas?.fit(),
} satisfies Action;
