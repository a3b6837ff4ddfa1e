import { IconCommand } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { commands } from "../commandsStore";

export default {
  id: "commands",
  label: "dialogs:action.commands",
  icon: IconCommand,
  shortcut: "mod+k",
  menu: { group: "help", order: 900 },
  run: () => commands.open(),
} satisfies Action;
