import { IconArrowLeft } from "@tabler/icons-react";
import type { Action } from "../../actions/action";

export default {
  id: "leaveBlock",
  label: "blocks:leave",
  icon: IconArrowLeft,
  shortcut: "alt+arrowleft",
  canvasMenu: { group: "block", order: 0 },
  enabled: ({ view }) => view.inside.length > 0,
  run: ({ view }) => view.leave(view.inside.length - 1),
} satisfies Action;
