/** What has no room of its own in a narrow window, as menu items. */
import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { actionsIn } from "../actions/registry";
import { ActionItems } from "./ActionItems";
import FileItems from "./FileItems";
import { LanguageItems, SchemeItems } from "./PreferenceItems";

export default function MoreItems() {
  const { t } = useTranslation("shell");
  return (
    <>
      <FileItems />
      <Menu.Divider />
      <ActionItems
        place="toolbar"
        groups={actionsIn("toolbar").flatMap(({ group }) => (group === "history" ? [] : group))}
      />
      <Menu.Divider />
      <Menu.Label>{t("language")}</Menu.Label>
      <LanguageItems />
      <Menu.Label>{t("scheme")}</Menu.Label>
      <SchemeItems />
    </>
  );
}
