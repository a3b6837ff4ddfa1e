/** The menu of a `MenuButton`, laid against it. Loaded with the first one that is opened. */
import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./shell.module.css";

export interface OpenMenuProps {
  opened: boolean;
  onClose: () => void;
  label: string;
  position: "bottom-start" | "bottom-end";
  width: number;
  children: ReactNode;
}

export default function OpenMenu({ opened, onClose, label, position, width, children }: OpenMenuProps) {
  return (
    <Menu opened={opened} onClose={onClose} position={position} shadow="md" width={width}>
      <Menu.Target>
        <span className={classes.menuAnchor} role="presentation" aria-label={label} />
      </Menu.Target>
      <Menu.Dropdown className={classes.menuList}>{children}</Menu.Dropdown>
    </Menu>
  );
}
