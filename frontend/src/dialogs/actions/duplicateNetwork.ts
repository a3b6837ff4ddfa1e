import { IconCopyPlus } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { duplicateNetwork, networkPath } from "../networks";

export default {
  id: "duplicateNetwork",
  label: "dialogs:action.duplicate",
  icon: IconCopyPlus,
  menu: { group: "network", order: 50 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: async ({ document, navigate }) => {
    const copy = document && (await duplicateNetwork({ id: document.id, name: document.graph.name }));
    if (copy) navigate(networkPath(copy.id));
  },
} satisfies Action;
