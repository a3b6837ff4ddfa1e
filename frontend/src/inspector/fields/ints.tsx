/** One whole number for each spatial axis: a single field while they are linked, one field an axis when not. */
import { ActionIcon, Group, TextInput, Tooltip } from "@mantine/core";
import { IconLink, IconLinkOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, ParamSchema } from "../../wire/types";
import { concrete, type FieldDefinition, type FieldProps, MIXED } from "../field";
import classes from "../fields.module.css";
import { useDraft } from "../useDraft";
import { axisNames, parseIntegers, step, textOf } from "../values";
import { field as numberField } from "./number";

const { Control: NumberControl } = numberField;

const listOf = (value: Json | undefined, length: number): Json[] => {
  if (Array.isArray(value)) return value;
  return typeof value === "number" ? Array<Json>(length).fill(value) : [];
};
const allEqual = (values: Json[]) => values.every((item) => item === values[0]);

function IntsField(props: FieldProps) {
  const { schema, value, onChange, id, path, disabled } = props;
  const { t } = useTranslation("inspector");
  const length = schema.length ?? 1;
  const values = listOf(concrete(value), length);
  const equal = allEqual(values);
  const [apart, setApart] = useState(false);
  const linked = equal && !apart;

  if (length === 1) {
    const one: FieldProps["onChange"] = (next, session) => onChange(next === null ? null : [next], session);
    return (
      <NumberControl
        {...props}
        schema={axisSchema(schema)}
        value={value === MIXED ? MIXED : values[0]}
        onChange={one}
      />
    );
  }
  const toggle = () => {
    setApart(linked);
    if (!linked && !equal) onChange(Array<Json>(length).fill(values[0] ?? null), `${id}:${Date.now()}`);
  };
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      {linked ? (
        <LinkedField {...props} length={length} onApart={() => setApart(true)} />
      ) : (
        axisNames(length).map((axis, index) => (
          <div key={axis} className={classes.axis}>
            <NumberControl
              {...props}
              id={index === 0 ? id : `${id}-${index}`}
              path={`${path}.${index}`}
              schema={axisSchema(schema)}
              value={values[index]}
              onChange={(next, session) =>
                onChange(
                  Array.from({ length }, (_, at) => (at === index ? next : (values[at] ?? next))),
                  session,
                )
              }
            />
            <span className={classes.axisName} aria-hidden>
              {t(`axes.${axis}`, { defaultValue: axis })}
            </span>
          </div>
        ))
      )}
      <Tooltip label={t(linked ? "unlinkAxes" : "linkAxes")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={26}
          onClick={toggle}
          disabled={disabled}
          aria-label={t(linked ? "unlinkAxes" : "linkAxes")}
          aria-pressed={linked}
        >
          {linked ? <IconLink size={14} /> : <IconLinkOff size={14} />}
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

interface LinkedProps extends FieldProps {
  length: number;
  onApart: () => void;
}

/** Takes "3" for every axis, and "3, 5" or "3x5", which sets the axes apart. */
function LinkedField({ length, onApart, schema, value, onChange, id, path, ...rest }: LinkedProps) {
  const { t } = useTranslation("inspector");
  const values = listOf(concrete(value), length);
  const draft = useDraft({
    text: textOf(values[0]),
    parse: (text) => parseIntegers(text, length),
    onChange: (next, session) => {
      if (!allEqual(next)) onApart();
      onChange(next, session);
    },
  });
  return (
    <TextInput
      {...draft.input}
      onKeyDown={(event) => {
        const [first] = values;
        if ((event.key === "ArrowUp" || event.key === "ArrowDown") && typeof first === "number") {
          event.preventDefault();
          const next = step(first, event.key === "ArrowUp" ? 1 : -1, event.shiftKey ? 10 : 1, schema);
          draft.reset();
          onChange(Array<Json>(length).fill(next), draft.session());
        } else draft.input.onKeyDown(event);
      }}
      id={id}
      size="xs"
      inputMode="numeric"
      aria-describedby={rest.describedBy}
      aria-required={schema.required}
      error={draft.reason ? t(`invalid.${draft.reason}`) : rest.invalid}
      placeholder={value === MIXED ? t("mixed") : schema.nullable ? t("none") : undefined}
      disabled={rest.disabled}
      autoComplete="off"
      data-testid={`param-${path}`}
      classNames={{ root: classes.grow, input: classes.number }}
    />
  );
}

/** The schema of a single axis of a list. */
function axisSchema(schema: ParamSchema): ParamSchema {
  const [first] = Array.isArray(schema.default) ? schema.default : [schema.default];
  return { ...schema, kind: "int", default: first };
}

export const field: FieldDefinition = { kinds: ["ints"], Control: IntsField };
