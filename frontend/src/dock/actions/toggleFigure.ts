import { IconPhoto } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { useDock } from "../store";

export default {
  id: "toggleFigure",
  label: "dock:toggleFigure",
  icon: IconPhoto,
  shortcut: "shift+f",
  menu: { group: "view", order: 420 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: () => useDock.getState().toggle("figure"),
} satisfies Action;
