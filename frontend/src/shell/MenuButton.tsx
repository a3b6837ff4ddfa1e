/** A button with a menu. Menus and what is in them come while the page is idle, or when the pointer or the focus is near. */
import { type ReactNode, Suspense, type SyntheticEvent, useState } from "react";
import { ErrorBoundary } from "./ErrorBoundary";
import { later } from "./later";
import type { OpenMenuProps } from "./OpenMenu";
import classes from "./shell.module.css";

const OpenMenu = later(() => import("./OpenMenu"));

/** What the button itself must be given. */
export interface MenuButtonTarget {
  onPointerEnter: () => void;
  onFocus: () => void;
  onClick: () => void;
  onMouseDown: (event: SyntheticEvent) => void;
  onTouchStart: (event: SyntheticEvent) => void;
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
}

interface MenuButtonProps extends Pick<OpenMenuProps, "label" | "position" | "width"> {
  /** The items, best as a component that comes later. */
  items: ReactNode;
  children: (target: MenuButtonTarget) => ReactNode;
}

export function MenuButton({ items, children, ...look }: MenuButtonProps) {
  const [opened, setOpened] = useState(false);
  const [wanted, setWanted] = useState(false);
  /** A press on the button of an open menu would close it from outside, and then open it again. */
  const keep = (event: SyntheticEvent) => {
    if (opened) event.stopPropagation();
  };
  const toggle = () => {
    setWanted(true);
    setOpened(!opened);
  };
  const want = () => setWanted(true);
  return (
    <span className={classes.menuButton}>
      {children({
        onPointerEnter: want,
        onFocus: want,
        onClick: toggle,
        onMouseDown: keep,
        onTouchStart: keep,
        "aria-haspopup": "menu",
        "aria-expanded": opened,
      })}
      {wanted ? (
        <ErrorBoundary fallback={null}>
          <Suspense>
            <OpenMenu opened={opened} onClose={() => setOpened(false)} {...look}>
              {items}
            </OpenMenu>
          </Suspense>
        </ErrorBoundary>
      ) : null}
    </span>
  );
}
