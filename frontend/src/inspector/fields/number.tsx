/** Whole numbers, numbers and axes. Arrow keys step, Shift steps ten times as far, Alt doubles and halves. */
import { ActionIcon, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { concrete, type FieldDefinition, type FieldProps, MIXED } from "../field";
import classes from "../fields.module.css";
import { useDraft } from "../useDraft";
import { clamp, parseText, step, textOf } from "../values";

type Direction = 1 | -1;

function NumberField({ schema, value, onChange, id, describedBy, invalid, disabled, path }: FieldProps) {
  const { t } = useTranslation("inspector");
  const current = concrete(value);
  const draft = useDraft({ text: textOf(current), parse: (text) => parseText(schema, text), onChange });

  const shown = parseText(schema, draft.text);
  const number = shown.ok && typeof shown.value === "number" ? shown.value : null;

  const set = (next: number) => {
    draft.reset();
    onChange(next, draft.session());
  };
  const stepBy = (direction: Direction, factor = 1) => {
    const fallback = typeof schema.default === "number" ? schema.default : (schema.minimum ?? 0);
    set(step(number ?? fallback, direction, factor, schema));
  };
  const scale = (direction: Direction) => {
    if (number === null) return;
    const scaled = direction > 0 ? number * 2 : number / 2;
    set(clamp(schema.kind === "float" ? scaled : Math.max(1, Math.round(scaled)), schema));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const direction: Direction = event.key === "ArrowUp" ? 1 : -1;
      if (event.altKey) scale(direction);
      else stepBy(direction, event.shiftKey ? 10 : 1);
      return;
    }
    draft.input.onKeyDown(event);
  };

  return (
    <TextInput
      {...draft.input}
      onKeyDown={onKeyDown}
      id={id}
      size="xs"
      role="spinbutton"
      inputMode={schema.kind === "float" ? "decimal" : "numeric"}
      aria-valuenow={number ?? undefined}
      aria-describedby={describedBy}
      aria-required={schema.required}
      error={draft.reason ? t(`invalid.${draft.reason}`) : invalid}
      placeholder={value === MIXED ? t("mixed") : schema.nullable ? t("none") : undefined}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      data-testid={`param-${path}`}
      classNames={{ input: classes.number }}
      rightSectionWidth={schema.unit ? 44 : 20}
      rightSection={
        <>
          {schema.unit ? <span className={classes.unit}>{schema.unit}</span> : null}
          <Stepper onStep={stepBy} disabled={disabled} />
        </>
      }
    />
  );
}

function Stepper({ onStep, disabled }: { onStep: (direction: Direction) => void; disabled: boolean }) {
  // The arrow keys do the same, so these stay out of the tab order and away from assistive technology.
  const props = {
    variant: "transparent",
    color: "gray",
    tabIndex: -1,
    "aria-hidden": true,
    disabled,
    className: classes.step,
  } as const;
  return (
    <span className={classes.stepper}>
      <ActionIcon {...props} onMouseDown={keepFocus} onClick={() => onStep(1)}>
        <IconChevronUp size={11} />
      </ActionIcon>
      <ActionIcon {...props} onMouseDown={keepFocus} onClick={() => onStep(-1)}>
        <IconChevronDown size={11} />
      </ActionIcon>
    </span>
  );
}

const keepFocus = (event: { preventDefault: () => void }) => event.preventDefault();

export const field: FieldDefinition = { kinds: ["int", "float", "axis"], Control: NumberField };
