import { IconCode } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { useDock } from "../store";

export default {
  id: "toggleCode",
  label: "dock:toggleCode",
  icon: IconCode,
  shortcut: "shift+c",
  menu: { group: "view", order: 410 },
  toolbar: { group: "view", order: 90 },
  enabled: ({ document }) => document?.state.loaded ?? false,
  run: () => useDock.getState().toggle("code"),
} satisfies Action;
