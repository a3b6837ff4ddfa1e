import { IconLayoutSidebar } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "togglePalette",
  label: "shell:action.togglePalette",
  icon: IconLayoutSidebar,
  shortcut: "[",
  menu: { group: "view", order: 560 },
  enabled: ({ document }) => document !== null,
  run: ({ view }) => view.toggle("paletteOpen"),
} satisfies Action;
