/** What came of it, said at the edge of the page: success passes, failure stays until it is read. */
import { Button } from "@mantine/core";
import { type NotificationData, notifications } from "@mantine/notifications";
import { IconAlertCircle, IconCheck } from "@tabler/icons-react";
import i18next from "i18next";
import type { ApiError } from "../wire/client";
import type { Diagnostic } from "../wire/types";
import classes from "./dialogs.module.css";
import { DiagnosticList, ErrorDetails } from "./ErrorDetails";

const SUCCESS_MS = 4000;
/** Of what is more than a few words, or has a way back. */
const LONGER_MS = 10_000;

type Kind = "success" | "caution" | "failure";

interface Shown {
  id: string;
  /** The page it was said on. */
  page: string;
}

/** One of a kind: what comes takes the place of the one before, which is old news. Ways back are not among them. */
const shown = new Map<Kind, Shown>();
let count = 0;

const closeButtonProps = () => ({ "aria-label": i18next.t("dialogs:close") });

function show(kind: Kind | null, notice: Omit<NotificationData, "id">): string {
  const id = `notice-${++count}`;
  if (kind) {
    notifications.hide(shown.get(kind)?.id ?? "");
    shown.set(kind, { id, page: window.location.pathname });
  }
  return notifications.show({ ...notice, id, closeButtonProps: closeButtonProps() });
}

/** Takes away what was said of another page than the one that is open now. */
export function forgetOthers(page: string): void {
  for (const [kind, notice] of [...shown]) {
    if (notice.page === page) continue;
    notifications.hide(notice.id);
    shown.delete(kind);
  }
}

/** `undo` offers the way back, for as long as the notice stands. */
export function succeed(message: string, undo?: () => void): void {
  const goBack = () => {
    notifications.hide(id);
    undo?.();
  };
  const id = show(undo ? null : "success", {
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
    autoClose: undo ? LONGER_MS : SUCCESS_MS,
  });
}

/** Something worked, but not exactly, or was refused: says what, and passes where that is one sentence. */
export function caution(title: string, diagnostics: readonly Diagnostic[]): void {
  show("caution", {
    title,
    message: <DiagnosticList diagnostics={diagnostics} />,
    color: "yellow",
    icon: <IconAlertCircle size={16} />,
    autoClose: diagnostics.length > 0 ? false : LONGER_MS,
  });
}

export function fail(title: string, error: ApiError): void {
  show("failure", {
    title,
    message: <ErrorDetails error={error} />,
    color: "red",
    icon: <IconAlertCircle size={16} />,
    autoClose: false,
    role: "alert",
  });
}
