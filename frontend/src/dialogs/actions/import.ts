import { IconFileImport } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "import",
  label: "dialogs:action.import",
  icon: IconFileImport,
  shortcut: "mod+o",
  menu: { group: "file", order: 30 },
  run: ({ view }) => view.openDialog("import"),
} satisfies Action;
