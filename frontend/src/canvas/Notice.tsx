/** What the user must know while editing: the line is down, or the network may only be looked at. */
import { IconCloudOff, IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useDocumentState } from "../document";
import classes from "./Notice.module.css";

export function Notice() {
  const { t } = useTranslation("canvas");
  const { status, readOnly } = useDocumentState();
  return (
    <div className={classes.bars}>
      {status === "offline" && (
        <output className={classes.bar} data-testid="offline">
          <IconCloudOff size={14} /> {t("offline")}
        </output>
      )}
      {readOnly && (
        <output className={classes.bar} data-testid="read-only">
          <IconLock size={14} /> {t("readOnly")}
        </output>
      )}
    </div>
  );
}
