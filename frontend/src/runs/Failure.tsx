/** A request that failed: what the server said, what to do, and each of its diagnostics. */
import { ActionIcon, Button } from "@mantine/core";
import { IconAlertCircle, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DiagnosticText } from "../problems/DiagnosticText";
import type { ApiError } from "../wire/client";
import classes from "./runs.module.css";

interface FailureProps {
  error: ApiError;
  onRetry?: () => void;
  onClose?: () => void;
}

export function Failure({ error, onRetry, onClose }: FailureProps) {
  const { t } = useTranslation("runs");
  return (
    <div
      className={classes.notice}
      data-tone="error"
      role="alert"
      data-testid="failure"
      data-code={error.code}
    >
      <IconAlertCircle size={16} stroke={1.7} className={classes.noticeIcon} />
      <div className={classes.noticeBody}>
        <div>
          {t(`error.${error.code}`, { defaultValue: error.message })}{" "}
          <span className={classes.muted}>{t(`errorHint.${error.code}`, { defaultValue: error.hint })}</span>
        </div>
        {error.diagnostics.map((diagnostic) => (
          <DiagnosticText key={`${diagnostic.code}:${diagnostic.message}`} diagnostic={diagnostic} />
        ))}
        {onRetry ? (
          <Button size="compact-xs" variant="light" color="gray" onClick={onRetry}>
            {t("retry")}
          </Button>
        ) : null}
      </div>
      {onClose ? (
        <ActionIcon size={20} variant="subtle" color="gray" aria-label={t("close")} onClick={onClose}>
          <IconX size={14} />
        </ActionIcon>
      ) : null}
    </div>
  );
}
