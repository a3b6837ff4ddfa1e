/** Whether what is on the page is safe: a dot and a word. */
import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDocumentState } from "../document";
import classes from "./toolbar.module.css";

export function SaveStatus({ wordy }: { wordy: boolean }) {
  const { t } = useTranslation("shell");
  const { status, readOnly } = useDocumentState();
  const state = readOnly ? "readOnly" : status;
  // "Saved" needs no words of its own; trouble does, however little room there is.
  const quiet = state === "saved" || state === "saving" || state === "connecting";
  return (
    <Tooltip label={t(`status.${state}.help`)} multiline maw={260}>
      <span className={classes.status} data-status={state} data-testid="save-status" role="status">
        <span className={classes.statusDot} aria-hidden />
        {wordy || !quiet ? (
          <span>{t(`status.${state}`)}</span>
        ) : (
          <span className={classes.unseen}>{t(`status.${state}`)}</span>
        )}
      </span>
    </Tooltip>
  );
}
