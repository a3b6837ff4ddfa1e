import { IconCopyPlus } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { duplicateNetwork } from "../networks";

export default {
  id: "duplicateNetwork",
  label: "dialogs:action.duplicate",
  icon: IconCopyPlus,
  menu: { group: "network", order: 50 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: async ({ document, navigate }) => {
    if (document) await duplicateNetwork({ id: document.id, name: document.graph.name }, navigate);
  },
} satisfies Action;
