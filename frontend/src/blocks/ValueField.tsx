/** A number, or, inside a block, an expression over its parameters. */
import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDraft } from "../inspector/useDraft";
import type { Json } from "../wire/types";
import { isExpression, shownValue, typedValue } from "./value";

interface ValueFieldProps {
  id?: string;
  label?: string;
  value: Json | undefined;
  /** Whether an expression is understood here. */
  expressions: boolean;
  disabled: boolean;
  onChange(value: Json, session: string): void;
  testId?: string;
}

export function ValueField({ id, label, value, expressions, disabled, onChange, testId }: ValueFieldProps) {
  const { t } = useTranslation("blocks");
  const draft = useDraft<Json, "number" | "expression">({
    text: shownValue(value),
    parse: (text) => {
      const typed = typedValue(text, expressions);
      return typed === null
        ? { ok: false, reason: expressions ? "expression" : "number" }
        : { ok: true, value: typed };
    },
    onChange,
  });
  return (
    <TextInput
      {...draft.input}
      id={id}
      size="xs"
      aria-label={label}
      maxLength={200}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      leftSection={isExpression(value) ? <span aria-hidden>ƒ</span> : undefined}
      leftSectionWidth={22}
      error={draft.reason ? t(`invalid.${draft.reason}`) : undefined}
      data-testid={testId}
    />
  );
}
