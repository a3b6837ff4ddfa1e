/** The pointers of other tabs, in canvas space. */
import { ViewportPortal } from "@xyflow/react";
import classes from "./Cursors.module.css";
import { usePresence } from "./presence";

export function Cursors() {
  const others = usePresence((state) => state.others);
  return (
    <ViewportPortal>
      {others.map(
        ({ client, name, color, cursor }) =>
          cursor && (
            <div
              key={client}
              className={classes.cursor}
              style={{ transform: `translate(${cursor[0]}px, ${cursor[1]}px)`, "--other": color }}
              aria-hidden
            >
              <svg width="16" height="18" viewBox="0 0 16 18" aria-hidden="true">
                <path d="M1 1l5.2 14.5 2.3-6 6.2-1.7z" />
              </svg>
              <span>{name}</span>
            </div>
          ),
      )}
    </ViewportPortal>
  );
}
