import { IconFlask } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "test",
  label: "shell:action.test",
  icon: IconFlask,
  menu: { group: "run", order: 710 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: ({ view }) => view.showTab("test"),
} satisfies Action;
