import { IconFileExport } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "export",
  label: "dialogs:action.export",
  icon: IconFileExport,
  shortcut: "mod+e",
  menu: { group: "file", order: 40 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: ({ view }) => view.openDialog("export"),
} satisfies Action;
