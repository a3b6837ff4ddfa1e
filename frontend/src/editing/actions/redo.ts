import { IconArrowForwardUp } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "redo",
  label: "redo",
  icon: IconArrowForwardUp,
  shortcut: ["mod+shift+z", "mod+y"],
  menu: { group: "edit", order: 110 },
  toolbar: { group: "history", order: 11 },
  enabled: ({ document }) => document?.state.history.redo != null,
  run: ({ document }) => document?.redo(),
} satisfies Action;
