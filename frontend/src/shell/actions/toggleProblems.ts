import { IconAlertCircle } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "toggleProblems",
  label: "shell:action.toggleProblems",
  icon: IconAlertCircle,
  shortcut: "p",
  menu: { group: "view", order: 580 },
  enabled: ({ document }) => document !== null,
  run: ({ view }) => view.toggle("problemsOpen"),
} satisfies Action;
