import { IconStack2 } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { selectedBlock } from "../selected";

export default {
  id: "openBlock",
  label: "blocks:open",
  icon: IconStack2,
  shortcut: "mod+enter",
  nodeMenu: { group: "layer", order: -1 },
  enabled: (context) => selectedBlock(context) !== null,
  run: (context) => {
    const id = selectedBlock(context);
    if (id !== null) context.view.enter(id);
  },
} satisfies Action;
