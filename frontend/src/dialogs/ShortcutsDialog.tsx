/** Every key that does something, read from the actions themselves. */
import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Action } from "../actions/action";
import { actions, shortcutsOf } from "../actions/registry";
import { Keys } from "../shell/ActionButton";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";

/** The section an action stands in: that of the menu it belongs to. */
const groupOf = (action: Action) => action.menu?.group ?? action.toolbar?.group ?? "other";

export default function ShortcutsDialog({ opened, onClose }: DialogProps) {
  const { t, i18n } = useTranslation(["dialogs", "actions", "shell"]);
  const groups = new Map<string, Action[]>();
  for (const action of actions.values()) {
    if (shortcutsOf(action).length === 0) continue;
    const group = groupOf(action);
    groups.set(group, [...(groups.get(group) ?? []), action]);
  }
  const title = (group: string) =>
    i18n.exists(`shell:menu.${group}`) ? t(`shell:menu.${group}`) : t("dialogs:shortcuts.other");
  const placed = [...groups].sort(([a], [b]) => Number(a === "other") - Number(b === "other"));
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("dialogs:shortcuts.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("dialogs:close") }}
    >
      <div className={classes.shortcuts}>
        {placed.map(([group, members]) => (
          <section key={group} className={classes.shortcutGroup}>
            <h3 className={classes.shortcutTitle}>{title(group)}</h3>
            {members.map((action) => (
              <div key={action.id} className={classes.shortcut}>
                <span>{t(action.label, { ns: "actions" })}</span>
                <span className={classes.shortcutKeys}>
                  {shortcutsOf(action).map((shortcut) => (
                    <Keys key={shortcut} shortcut={shortcut} />
                  ))}
                </span>
              </div>
            ))}
          </section>
        ))}
        <section className={classes.shortcutGroup}>
          <h3 className={classes.shortcutTitle}>{t("dialogs:shortcuts.fields")}</h3>
          {["arrowup", "shift+arrowup", "alt+arrowup", "enter", "escape"].map((shortcut) => (
            <div key={shortcut} className={classes.shortcut}>
              <span>{t(`dialogs:shortcuts.${shortcut}`)}</span>
              <span className={classes.shortcutKeys}>
                <Keys shortcut={shortcut} />
              </span>
            </div>
          ))}
        </section>
      </div>
    </Modal>
  );
}
