/** Everything that can be done with the network, as menu items, made from the actions. */
import { Menu, type MenuSubProps } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { actionsIn } from "../actions/registry";
import { exportNetwork, useExports } from "../dialogs";
import { useDocument } from "../document";
import { ActionItem } from "./ActionItems";
import classes from "./shell.module.css";

/** Groups that stand in the menu itself; every other group is a submenu of its own. */
const OPEN_GROUPS = ["file", "network"];

/** Submenus lie beside their menu, which scrolls and would cut them off, or else below or above what opens them. */
const BESIDE = {
  position: "right-start",
  floatingStrategy: "fixed",
  middlewares: {
    flip: { fallbackPlacements: ["left-start", "bottom-end", "top-end"] },
    shift: { crossAxis: true },
  },
} as const satisfies Omit<MenuSubProps, "children">;

export default function FileItems() {
  const { t } = useTranslation("shell");
  const groups = actionsIn("menu");
  const open = groups.filter(({ group }) => OPEN_GROUPS.includes(group));
  const others = groups.filter(({ group }) => !OPEN_GROUPS.includes(group));
  return (
    <>
      {open.map(({ group, actions }, index) => (
        <Fragment key={group}>
          {index > 0 ? <Menu.Divider /> : null}
          {actions.map((action) => (
            <ActionItem key={action.id} action={action} />
          ))}
          {group === "file" ? <ExportMenu /> : null}
        </Fragment>
      ))}
      <Menu.Divider />
      {others.map(({ group, actions }) => (
        <Menu.Sub key={group} {...BESIDE}>
          <Menu.Sub.Target>
            <Menu.Sub.Item>{t(`menu.${group}`)}</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown miw={230}>
            {actions.map((action) => (
              <ActionItem key={action.id} action={action} />
            ))}
          </Menu.Sub.Dropdown>
        </Menu.Sub>
      ))}
    </>
  );
}

/** Every format that can be written, one click each; what cannot say this network is grey and says why. */
function ExportMenu() {
  const { t } = useTranslation("shell");
  const { id } = useDocument();
  const { choices, error } = useExports(id, true);
  return (
    <Menu.Sub {...BESIDE}>
      <Menu.Sub.Target>
        <Menu.Sub.Item leftSection={<IconDownload size={16} stroke={1.7} />} data-testid="menu-exportAs">
          {t("menu.export")}
        </Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown miw={260} mah="70dvh" className={classes.menuLong}>
        {choices ? null : <Menu.Item disabled>{error ? error.message : t("menu.checking")}</Menu.Item>}
        {choices?.map((choice) => (
          <Menu.Item
            key={choice.name}
            onClick={() => void exportNetwork(id, choice)}
            disabled={!choice.available}
            title={choice.obstacles[0]?.message}
            rightSection={<code>{choice.extensions[0]}</code>}
            data-testid={`export-${choice.name}`}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  );
}
