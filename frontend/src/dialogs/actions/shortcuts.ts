import { IconKeyboard } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "shortcuts",
  label: "dialogs:action.shortcuts",
  icon: IconKeyboard,
  shortcut: "?",
  menu: { group: "help", order: 910 },
  run: ({ view }) => view.openDialog("shortcuts"),
} satisfies Action;
