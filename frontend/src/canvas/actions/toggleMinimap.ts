import { IconMap } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "toggleMinimap",
  label: "toggleMinimap",
  icon: IconMap,
  shortcut: "m",
  menu: { group: "view", order: 550 },
  enabled: ({ canvas }) => canvas !== null,
  run: ({ view }) => view.toggle("minimapOpen"),
} satisfies Action;
