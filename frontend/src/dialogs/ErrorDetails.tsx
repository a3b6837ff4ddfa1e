/** A failure as the server told it: sentence, hint, and each problem it found. */
import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DiagnosticText } from "../problems";
import type { ApiError } from "../wire/client";
import type { Diagnostic } from "../wire/types";
import classes from "./dialogs.module.css";

/** More than these say nothing new. */
const SHOWN = 8;

export function ErrorDetails({ error }: { error: ApiError }) {
  const { t } = useTranslation("dialogs");
  const { code, message, hint, diagnostics } = error;
  // The sentence of an error with diagnostics repeats them.
  if (diagnostics.length > 0) return <DiagnosticList diagnostics={diagnostics} />;
  return (
    <Text size="sm">
      {t(`error.${code}`, { defaultValue: message })}{" "}
      {hint === "" ? "" : t(`error.${code}.hint`, { defaultValue: hint })}
    </Text>
  );
}

/** A failure with a title, in the place where it happened. */
export function ErrorBlock({ title, error, testId }: { title: string; error: ApiError; testId?: string }) {
  return (
    <div role="alert" className={classes.failure} data-testid={testId}>
      <Text size="sm" fw={500} c="var(--vn-error)">
        {title}
      </Text>
      <ErrorDetails error={error} />
    </div>
  );
}

export function DiagnosticList({ diagnostics }: { diagnostics: readonly Diagnostic[] }) {
  const { t } = useTranslation("dialogs");
  const rest = diagnostics.length - SHOWN;
  return (
    <Stack gap={6}>
      {diagnostics.slice(0, SHOWN).map((diagnostic) => (
        <DiagnosticText
          key={`${diagnostic.node}:${diagnostic.code}:${diagnostic.message}`}
          diagnostic={diagnostic}
        />
      ))}
      {rest > 0 ? (
        <Text size="xs" c="var(--vn-text-muted)">
          {t("error.more", { count: rest })}
        </Text>
      ) : null}
    </Stack>
  );
}
