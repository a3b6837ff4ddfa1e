/** One of several alternatives that have parameters of their own: initializers, regularizers, the layer in a wrapper. */
import { Select } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useCatalogStore } from "../../state/catalog";
import type { Json, ParamSchema, ParamVariant } from "../../wire/types";
import { concrete, type FieldDefinition, type FieldProps, MIXED } from "../field";
import classes from "../fields.module.css";
import { ParamForm } from "../ParamForm";

const SEARCH_FROM = 8;
const FEW = 5;
type Fields = { [name: string]: Json };

function fieldsOf(value: Json | undefined): Fields | null {
  if (typeof value === "string") return { type: value };
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

/** A new alternative keeps what the old one had under the same names. */
function fresh(variant: ParamVariant, old: Fields | null): Fields {
  const made: Fields = { type: variant.name };
  for (const { name, default: standard, preset } of variant.params) {
    const kept = old?.[name] ?? standard ?? preset;
    if (kept !== undefined) made[name] = kept;
  }
  return made;
}

/** The alternatives: written out in the schema, or layers that the catalogue describes. */
function useVariants({ variants, layers }: ParamSchema): readonly ParamVariant[] {
  const known = useCatalogStore((state) => state.catalog?.layers);
  return variants ?? layers?.flatMap((name) => known?.[name] ?? []) ?? [];
}

function ObjectField({ schema, value, onChange, id, describedBy, invalid, disabled, path }: FieldProps) {
  const { t } = useTranslation("inspector");
  const session = useId();
  const variants = useVariants(schema);
  const current = fieldsOf(concrete(value));
  const variant = variants.find(({ name }) => name === current?.type);

  const choose = (name: string | null) => {
    const chosen = variants.find((candidate) => candidate.name === name);
    onChange(chosen ? fresh(chosen, current) : null, `${session}:${Date.now()}`);
  };
  return (
    <div className={classes.object}>
      <Select
        id={id}
        size="xs"
        data={variants.map(({ name }) => name)}
        value={typeof current?.type === "string" ? current.type : null}
        onChange={choose}
        allowDeselect={false}
        clearable={schema.nullable && current !== null}
        searchable={variants.length >= SEARCH_FROM}
        nothingFoundMessage={t("noChoice")}
        placeholder={value === MIXED ? t("mixed") : t("none")}
        comboboxProps={{ shadow: "md" }}
        maxDropdownHeight={280}
        aria-describedby={describedBy}
        error={invalid}
        disabled={disabled}
        data-testid={`param-${path}`}
      />
      {variant && current && variant.params.length > 0 ? (
        <div className={classes.nested}>
          <ParamForm
            key={variant.name}
            params={variant.params}
            values={current}
            within={path}
            flat={variant.params.length < FEW}
            disabled={disabled}
            onChange={(name, next, inner) => onChange({ ...current, [name]: next }, inner)}
          />
        </div>
      ) : null}
    </div>
  );
}

export const field: FieldDefinition = { kinds: ["object", "layer"], Control: ObjectField };
