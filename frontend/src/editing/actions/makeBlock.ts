import { IconStackPush } from "@tabler/icons-react";
import i18next from "i18next";
import type { Action } from "../../actions/action";
import { caution } from "../../dialogs/notify";
import { BlockDocument } from "../../document";

export default {
  id: "makeBlock",
  label: "makeBlock",
  icon: IconStackPush,
  shortcut: "mod+g",
  menu: { group: "edit", order: 305 },
  nodeMenu: { group: "block", order: 0 },
  enabled: ({ document, catalog, view }) =>
    document?.editable === true && catalog !== null && view.selection.size > 0,
  run: async ({ document, catalog, canvas, view }) => {
    const { makeBlock } = await import("../makeBlock");
    if (!document || !catalog) return;
    const params = document instanceof BlockDocument ? (document.definition?.params ?? {}) : null;
    const made = makeBlock(document.graph, catalog, view.selection, params);
    if (typeof made === "string") {
      caution(i18next.t(`blocks:refused.${made}`), []);
      return;
    }
    if (!document.apply(made.edits, "actions:undo_makeBlock")) return;
    view.select([made.id]);
    canvas?.reveal([made.id]);
  },
} satisfies Action;
