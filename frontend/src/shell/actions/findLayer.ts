import { IconSearch } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { SEARCH_ID } from "../../palette/search";

function selectField(): boolean {
  const field = window.document.getElementById(SEARCH_ID);
  if (!(field instanceof HTMLInputElement)) return false;
  field.select();
  return true;
}

export default {
  id: "findLayer",
  label: "shell:action.findLayer",
  icon: IconSearch,
  shortcut: "/",
  menu: { group: "edit", order: 320 },
  enabled: ({ document }) => document !== null,
  run: ({ view }) => {
    // At once where it can be seen: the next letters are already on their way.
    if (selectField()) return;
    view.toggle("paletteOpen", true);
    requestAnimationFrame(selectField);
  },
} satisfies Action;
