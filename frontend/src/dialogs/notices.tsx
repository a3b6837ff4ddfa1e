/** What came of it, said at the edge of the page: success passes, failure stays until it is read. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertCircle, IconCheck } from "@tabler/icons-react";
import i18next from "i18next";
import type { ApiError } from "../wire/client";
import type { Diagnostic } from "../wire/types";
import classes from "./dialogs.module.css";
import { DiagnosticList, ErrorDetails } from "./ErrorDetails";

const SUCCESS_MS = 4000;
const UNDOABLE_MS = 10_000;

let shown = 0;
const nextId = () => `notice-${++shown}`;
const closeButtonProps = () => ({ "aria-label": i18next.t("dialogs:close") });

/** `undo` offers the way back, for as long as the notice stands. */
export function succeed(message: string, undo?: () => void): void {
  const id = nextId();
  const goBack = () => {
    notifications.hide(id);
    undo?.();
  };
  notifications.show({
    id,
    message: undo ? (
      <span className={classes.undo}>
        {message}
        <Button size="compact-xs" variant="light" flex="none" onClick={goBack}>
          {i18next.t("dialogs:undo")}
        </Button>
      </span>
    ) : (
      message
    ),
    color: "teal",
    icon: <IconCheck size={16} />,
    autoClose: undo ? UNDOABLE_MS : SUCCESS_MS,
    closeButtonProps: closeButtonProps(),
  });
}

/** Something worked, but not exactly: says what. */
export function caution(title: string, diagnostics: readonly Diagnostic[]): void {
  notifications.show({
    id: nextId(),
    title,
    message: <DiagnosticList diagnostics={diagnostics} />,
    color: "yellow",
    icon: <IconAlertCircle size={16} />,
    autoClose: false,
    closeButtonProps: closeButtonProps(),
  });
}

export function fail(title: string, error: ApiError): void {
  notifications.show({
    id: nextId(),
    title,
    message: <ErrorDetails error={error} />,
    color: "red",
    icon: <IconAlertCircle size={16} />,
    autoClose: false,
    closeButtonProps: closeButtonProps(),
    role: "alert",
  });
}
