import { IconScissors } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { canRemove, removeSelection } from "./delete";

export default {
  id: "deleteOnly",
  label: "deleteOnly",
  icon: IconScissors,
  shortcut: ["mod+delete", "mod+backspace"],
  nodeMenu: { group: "remove", order: 91 },
  enabled: (context) => canRemove(context) && context.view.selection.size > 0,
  run: (context) => removeSelection(context, { bridge: false }),
} satisfies Action;
