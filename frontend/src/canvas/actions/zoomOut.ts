import { IconZoomOut } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "zoomOut",
  label: "zoomOut",
  icon: IconZoomOut,
  shortcut: ["-", "mod+-"],
  menu: { group: "view", order: 530 },
  toolbar: { group: "view", order: 50 },
  enabled: ({ canvas }) => canvas !== null,
  run: ({ canvas }) => canvas?.zoomOut(),
} satisfies Action;
