/** One of a few names; dtypes too. */
import { Select } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { concrete, type FieldDefinition, type FieldProps, MIXED } from "../field";
import { textOf } from "../values";

const SEARCH_FROM = 8;

function ChoiceField({ schema, value, onChange, id, describedBy, invalid, disabled, path }: FieldProps) {
  const { t } = useTranslation("inspector");
  const session = useId();
  const choices = schema.choices ?? [];
  const texts = choices.map(textOf);
  const current = concrete(value);
  return (
    <Select
      id={id}
      size="xs"
      data={texts}
      value={current === null || current === undefined ? null : textOf(current)}
      onChange={(text) => {
        const index = text === null ? -1 : texts.indexOf(text);
        onChange(index < 0 ? null : (choices[index] ?? null), `${session}:${Date.now()}`);
      }}
      allowDeselect={false}
      clearable={schema.nullable && current !== null}
      searchable={texts.length >= SEARCH_FROM}
      nothingFoundMessage={t("noChoice")}
      placeholder={value === MIXED ? t("mixed") : t("none")}
      comboboxProps={{ shadow: "md", withinPortal: true }}
      maxDropdownHeight={280}
      aria-describedby={describedBy}
      aria-required={schema.required}
      error={invalid}
      disabled={disabled}
      data-testid={`param-${path}`}
    />
  );
}

export const field: FieldDefinition = { kinds: ["choice", "dtype"], Control: ChoiceField };
