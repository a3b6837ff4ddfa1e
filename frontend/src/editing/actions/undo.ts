import { IconArrowBackUp } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "undo",
  label: "undo",
  icon: IconArrowBackUp,
  shortcut: "mod+z",
  menu: { group: "edit", order: 100 },
  toolbar: { group: "history", order: 10 },
  enabled: ({ document }) => document?.state.history.undo != null,
  run: ({ document }) => document?.undo(),
} satisfies Action;
