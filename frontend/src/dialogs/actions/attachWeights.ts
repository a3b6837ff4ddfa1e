import { IconWeight } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { attachWeights } from "../imports";

export default {
  id: "attachWeights",
  label: "dialogs:action.attachWeights",
  icon: IconWeight,
  menu: { group: "network", order: 40 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: ({ document }) => {
    if (document) attachWeights(document.id);
  },
} satisfies Action;
