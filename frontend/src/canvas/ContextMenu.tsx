/** The menu of a right click: the actions that say they belong there. */
import { Kbd, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Action } from "../actions/action";
import { useAction } from "../actions/hooks";
import { keyLabels } from "../actions/keyboard";
import { actionsIn, shortcutsOf } from "../actions/registry";
import classes from "./ContextMenu.module.css";

export interface MenuPlace {
  place: "nodeMenu" | "canvasMenu";
  /** In the window. */
  x: number;
  y: number;
}

export default function ContextMenu({ place, x, y, onClose }: MenuPlace & { onClose(): void }) {
  const groups = actionsIn(place);
  return (
    <Menu opened onClose={onClose} position="bottom-start" offset={0} width={232} shadow="md" withinPortal>
      <Menu.Target>
        <span className={classes.point} style={{ left: x, top: y }} />
      </Menu.Target>
      <Menu.Dropdown>
        {groups.map(({ group, actions }, index) => (
          <div key={group}>
            {index > 0 && <Menu.Divider />}
            {actions.map((action) => (
              <Item key={action.id} action={action} />
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Item({ action }: { action: Action }) {
  const { t } = useTranslation("actions");
  const { enabled, run } = useAction(action);
  const [shortcut] = shortcutsOf(action);
  const Icon = action.icon;
  return (
    <Menu.Item
      disabled={!enabled}
      onClick={run}
      leftSection={Icon && <Icon size={16} stroke={1.6} />}
      rightSection={shortcut && <Kbd size="xs">{keyLabels(shortcut).join(" ")}</Kbd>}
    >
      {t(action.label)}
    </Menu.Item>
  );
}
