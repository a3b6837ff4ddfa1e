/** The actions of one place as items of a Mantine menu, groups set apart by lines. */
import { Menu } from "@mantine/core";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Action } from "../actions/action";
import { useAction } from "../actions/hooks";
import { actionsIn, shortcutsOf } from "../actions/registry";
import { Keys } from "./ActionButton";

interface ActionItemsProps {
  place: "menu" | "toolbar" | "nodeMenu" | "canvasMenu";
  /** Only these groups; all where absent. */
  groups?: readonly string[];
}

export function ActionItems({ place, groups }: ActionItemsProps) {
  const shown = actionsIn(place).filter(({ group }) => !groups || groups.includes(group));
  return shown.map(({ group, actions }, index) => (
    <Fragment key={group}>
      {index > 0 ? <Menu.Divider /> : null}
      {actions.map((action) => (
        <ActionItem key={action.id} action={action} />
      ))}
    </Fragment>
  ));
}

export function ActionItem({ action }: { action: Action }) {
  const { t } = useTranslation("actions");
  const { enabled, run } = useAction(action);
  const Icon = action.icon;
  const [shortcut] = shortcutsOf(action);
  return (
    <Menu.Item
      leftSection={Icon ? <Icon size={16} stroke={1.7} /> : undefined}
      rightSection={shortcut ? <Keys shortcut={shortcut} /> : undefined}
      disabled={!enabled}
      onClick={run}
      data-testid={`menu-${action.id}`}
    >
      {t(action.label)}
    </Menu.Item>
  );
}
