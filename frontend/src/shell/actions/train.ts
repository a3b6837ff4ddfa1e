import { IconPlayerPlay } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "train",
  label: "shell:action.train",
  icon: IconPlayerPlay,
  shortcut: "t",
  menu: { group: "run", order: 700 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: ({ view }) => view.showTab("train"),
} satisfies Action;
