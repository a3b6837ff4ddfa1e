/** A request that failed: what the server said, what to do, or each of its diagnostics. */
import { ActionIcon, Button } from "@mantine/core";
import { IconAlertCircle, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { problemText, wayText } from "../problems";
import type { ApiError } from "../wire/client";
import panel from "./panel.module.css";
import { useSentence } from "./useSentence";

interface FailureProps {
  error: ApiError;
  onRetry?: () => void;
  onClose?: () => void;
}

export function Failure({ error, onRetry, onClose }: FailureProps) {
  const { t, i18n } = useTranslation("runs");
  const say = useSentence();
  const { code, message, hint, diagnostics } = error;
  // Diagnostics are the error itself, told better: with their values, in the page's language.
  const sentences =
    diagnostics.length > 0
      ? diagnostics.map((diagnostic) => {
          const { message, hint } = problemText(diagnostic, i18n.language);
          const way = wayText(t, diagnostic);
          return { message: way === "" ? message : `${way}: ${message}`, hint };
        })
      : [
          {
            message: t(`error.${code}`, { defaultValue: say(message) }),
            hint: t(`errorHint.${code}`, { defaultValue: say(hint) }),
          },
        ];
  return (
    <div className={panel.notice} data-tone="error" role="alert" data-testid="failure" data-code={code}>
      <IconAlertCircle size={16} stroke={1.7} className={panel.noticeIcon} />
      <div className={panel.noticeBody}>
        {sentences.map((sentence) => (
          <div key={sentence.message}>
            {sentence.message} <span className={panel.muted}>{sentence.hint}</span>
          </div>
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
