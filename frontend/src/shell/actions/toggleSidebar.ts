import { IconLayoutSidebarRight } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "toggleSidebar",
  label: "shell:action.toggleSidebar",
  icon: IconLayoutSidebarRight,
  shortcut: "]",
  menu: { group: "view", order: 570 },
  enabled: ({ document }) => document !== null,
  run: ({ view }) => view.toggle("sidebarOpen"),
} satisfies Action;
