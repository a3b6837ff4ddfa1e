import { IconStackPop } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { selectedBlock } from "../selected";

export default {
  id: "dissolveBlock",
  label: "blocks:dissolve",
  icon: IconStackPop,
  shortcut: "mod+shift+g",
  menu: { group: "edit", order: 306 },
  nodeMenu: { group: "layer", order: 0 },
  enabled: (context) => context.document?.editable === true && selectedBlock(context) !== null,
  run: async (context) => {
    const { dissolve } = await import("../dissolve");
    await dissolve(context);
  },
} satisfies Action;
