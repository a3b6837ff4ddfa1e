import { IconEraser } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { dropWeights } from "../imports";

export default {
  id: "dropWeights",
  label: "dialogs:action.dropWeights",
  icon: IconEraser,
  menu: { group: "network", order: 41 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: async ({ document }) => {
    if (document) await dropWeights(document.id);
  },
} satisfies Action;
