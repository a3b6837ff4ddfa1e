import { IconHelpCircle } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { useDock } from "../store";

export default {
  id: "toggleHelp",
  label: "dock:toggleHelp",
  icon: IconHelpCircle,
  shortcut: "f1",
  menu: { group: "view", order: 430 },
  nodeMenu: { group: "layer", order: 9 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: () => useDock.getState().toggle("help"),
} satisfies Action;
