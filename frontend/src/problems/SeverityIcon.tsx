/** The mark of a severity: its shape says as much as its colour. */
import { IconAlertCircleFilled, IconAlertTriangleFilled, IconBulbFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Severity } from "../wire/types";
import classes from "./problems.module.css";

const ICONS = { error: IconAlertCircleFilled, warning: IconAlertTriangleFilled, hint: IconBulbFilled };

export function SeverityIcon({ severity, size = 16 }: { severity: Severity; size?: number }) {
  const { t } = useTranslation("problems");
  const Icon = ICONS[severity];
  return (
    <Icon
      size={size}
      className={classes.icon}
      data-severity={severity}
      role="img"
      aria-label={t(`severity.${severity}`)}
    />
  );
}
