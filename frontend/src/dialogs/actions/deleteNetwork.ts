import { IconTrash } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "deleteNetwork",
  label: "dialogs:action.delete",
  icon: IconTrash,
  menu: { group: "network", order: 60 },
  enabled: ({ document }) => (document?.state.loaded ?? false) && (document?.editable ?? false),
  run: ({ view }) => view.openDialog("delete"),
} satisfies Action;
