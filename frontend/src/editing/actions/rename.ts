import { IconPencil } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "rename",
  label: "rename",
  icon: IconPencil,
  shortcut: "f2",
  nodeMenu: { group: "layer", order: 1 },
  enabled: ({ document, view }) => document?.editable === true && view.selection.size === 1,
  run: ({ canvas, view }) => {
    const [id] = view.selection;
    if (id === undefined) return;
    canvas?.reveal([id]);
    view.rename(id);
  },
} satisfies Action;
