/** One setting of a recipe: a name in the page's language over the control that fits its kind. */
import { Tooltip } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { fieldOf } from "../../inspector/fields";
import type { Json, ParamSchema } from "../../wire/types";
import classes from "./train.module.css";

interface LabelledProps {
  label: string;
  /** Shown when the pointer rests on the label. */
  help: ReactNode;
  htmlFor: string;
  problem?: string;
  children: ReactNode;
}

/** A label with help, a control, and what is wrong with its value. */
export function Labelled({ label, help, htmlFor, problem, children }: LabelledProps) {
  return (
    <div className={classes.setting}>
      <Tooltip label={help} multiline maw={280} openDelay={350} disabled={!help} position="top-start">
        <label htmlFor={htmlFor} className={classes.settingLabel}>
          {label}
        </label>
      </Tooltip>
      {children}
      <div id={`${htmlFor}-problem`} className={classes.settingProblem} role={problem ? "alert" : undefined}>
        {problem}
      </div>
    </div>
  );
}

interface SettingProps {
  schema: ParamSchema;
  value: Json | undefined;
  onChange: (value: Json) => void;
  /** "batch_size", "optimizer.learning_rate": the name for tests. */
  path: string;
  problem?: string;
}

export function Setting({ schema, value, onChange, path, problem }: SettingProps) {
  const { t } = useTranslation("runs");
  const id = useId();
  const { Control } = fieldOf(schema.kind);
  const help = t(`help.${schema.name}`, { defaultValue: schema.help });
  return (
    <Labelled
      label={t(`setting.${schema.name}`, { defaultValue: schema.name })}
      htmlFor={id}
      problem={problem}
      help={
        <>
          <code>{schema.name}</code>
          {help ? <div>{help}</div> : null}
        </>
      }
    >
      <Control
        schema={
          schema.unit ? { ...schema, unit: t(`unit.${schema.unit}`, { defaultValue: schema.unit }) } : schema
        }
        value={value}
        onChange={(next) => onChange(next)}
        id={id}
        describedBy={`${id}-problem`}
        invalid={problem !== undefined}
        disabled={false}
        path={path}
      />
    </Labelled>
  );
}
