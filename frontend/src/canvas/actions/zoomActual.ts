import { IconZoomReset } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "zoomActual",
  label: "zoomActual",
  icon: IconZoomReset,
  shortcut: ["0", "mod+0"],
  menu: { group: "view", order: 540 },
  enabled: ({ canvas }) => canvas !== null,
  run: ({ canvas }) => canvas?.zoomTo(1),
} satisfies Action;
