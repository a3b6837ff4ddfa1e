import { IconSearch } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { SEARCH_ID } from "../../palette/search";

export default {
  id: "findLayer",
  label: "shell:action.findLayer",
  icon: IconSearch,
  shortcut: "/",
  menu: { group: "edit", order: 320 },
  enabled: ({ document }) => document !== null,
  run: ({ view }) => {
    view.toggle("paletteOpen", true);
    // A palette that was closed is drawn first.
    requestAnimationFrame(() => {
      const field = window.document.getElementById(SEARCH_ID);
      if (field instanceof HTMLInputElement) field.select();
    });
  },
} satisfies Action;
