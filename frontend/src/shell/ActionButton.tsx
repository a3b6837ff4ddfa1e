/** An action as a button: its icon or its name, its key in the tooltip, disabled when it cannot run. */
import { ActionIcon, Button, Group, Kbd, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Action } from "../actions/action";
import { useAction } from "../actions/hooks";
import { keyLabels } from "../actions/keyboard";
import { shortcutsOf } from "../actions/registry";
import classes from "./toolbar.module.css";

interface ActionButtonProps {
  action: Action;
  /** An icon; a bordered button with its name; a quiet one. */
  look?: "icon" | "labelled" | "quiet";
  /** Said in the tooltip instead of the action's name. */
  hint?: string;
}

export function ActionButton({ action, look = "icon", hint }: ActionButtonProps) {
  const { t } = useTranslation("actions");
  const { enabled, run } = useAction(action);
  const label = t(action.label);
  const Icon = action.icon;
  if (look !== "icon") {
    return (
      <Button
        size="compact-sm"
        variant={look === "quiet" ? "subtle" : "default"}
        color={look === "quiet" ? "gray" : undefined}
        leftSection={Icon ? <Icon size={14} /> : undefined}
        onClick={run}
        disabled={!enabled}
        data-testid={`action-${action.id}`}
      >
        {label}
      </Button>
    );
  }
  return (
    <Tooltip label={<WithKeys action={action}>{hint ?? label}</WithKeys>}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        onClick={run}
        // Mantine's own `disabled` would take the tooltip away with it, and the focus.
        className={classes.action}
        aria-disabled={!enabled}
        aria-label={label}
        data-testid={`action-${action.id}`}
      >
        {Icon ? <Icon size={17} stroke={1.7} /> : label.slice(0, 1)}
      </ActionIcon>
    </Tooltip>
  );
}

/** A text with the action's key beside it. */
export function WithKeys({ action, children }: { action: Action; children: ReactNode }) {
  const [shortcut] = shortcutsOf(action);
  return (
    <Group gap={8} wrap="nowrap">
      {children}
      {shortcut ? <Keys shortcut={shortcut} /> : null}
    </Group>
  );
}

export function Keys({ shortcut }: { shortcut: string }) {
  return (
    <Group gap={2} wrap="nowrap" component="span">
      {keyLabels(shortcut).map((key) => (
        <Kbd key={key} size="xs">
          {key}
        </Kbd>
      ))}
    </Group>
  );
}
