import { IconFilePlus } from "@tabler/icons-react";
import i18next from "i18next";
import type { Action } from "../../actions/action";
import { createNetwork } from "../networks";

export default {
  id: "newNetwork",
  label: "dialogs:action.new",
  icon: IconFilePlus,
  menu: { group: "file", order: 10 },
  run: ({ navigate }) => createNetwork({ name: i18next.t("dialogs:create.name") }, navigate),
} satisfies Action;
