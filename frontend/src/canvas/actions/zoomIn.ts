import { IconZoomIn } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "zoomIn",
  label: "zoomIn",
  icon: IconZoomIn,
  shortcut: ["+", "=", "mod+=", "mod++"],
  menu: { group: "view", order: 520 },
  toolbar: { group: "view", order: 52 },
  enabled: ({ canvas }) => canvas !== null,
  run: ({ canvas }) => canvas?.zoomIn(),
} satisfies Action;
