/** Short texts, lists of numbers, and shapes such as "28, 28, 1" with "?" for a size known only at run time. */
import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { concrete, type FieldDefinition, type FieldProps, MIXED } from "../field";
import classes from "../fields.module.css";
import { useDraft } from "../useDraft";
import { parseText, textOf } from "../values";

function TextField({ schema, value, onChange, id, describedBy, invalid, disabled, path }: FieldProps) {
  const { t } = useTranslation("inspector");
  const draft = useDraft({
    text: textOf(concrete(value)),
    parse: (text) => parseText(schema, text),
    onChange,
  });
  const example = schema.kind === "shape" ? t("shapeExample") : schema.nullable ? t("none") : undefined;
  return (
    <TextInput
      {...draft.input}
      id={id}
      size="xs"
      aria-describedby={describedBy}
      aria-required={schema.required}
      error={draft.reason ? t(`invalid.${draft.reason}`) : invalid}
      placeholder={value === MIXED ? t("mixed") : example}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      data-testid={`param-${path}`}
      classNames={{ input: schema.kind === "text" ? undefined : classes.number }}
    />
  );
}

export const field: FieldDefinition = { kinds: ["text", "shape", "numbers"], Control: TextField };
