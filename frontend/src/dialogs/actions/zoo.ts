import { IconLayoutGrid } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "zoo",
  label: "dialogs:action.zoo",
  icon: IconLayoutGrid,
  menu: { group: "file", order: 20 },
  run: ({ view }) => view.openDialog("zoo"),
} satisfies Action;
