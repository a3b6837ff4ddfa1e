/** One parameter: its name, the control of its kind, what is wrong with it, and the way back to its default. */
import { ActionIcon, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconRestore } from "@tabler/icons-react";
import { Fragment, useContext, useId } from "react";
import { useTranslation } from "react-i18next";
import { ExpressionToggle } from "../blocks/ExpressionToggle";
import { ValueField } from "../blocks/ValueField";
import { isExpression } from "../blocks/value";
import { BlockDocument, DocumentContext } from "../document";
import { extraTexts } from "../i18n/extra";
import { DiagnosticText } from "../problems/DiagnosticText";
import type { Diagnostic, Fix, Json, ParamSchema } from "../wire/types";
import { type FieldValue, MIXED } from "./field";
import { fieldOf } from "./fields";
import classes from "./fields.module.css";
import { isDefault, textOf } from "./values";

export interface ParamFieldProps {
  schema: ParamSchema;
  value: FieldValue;
  /** Changes with the same `session` are one undo step. */
  onChange: (value: Json, session: string) => void;
  diagnostics?: readonly Diagnostic[];
  onFix?: (fix: Fix) => void;
  disabled?: boolean;
  /** Name for tests where it differs from the parameter's own. */
  path?: string;
}

const NONE: readonly Diagnostic[] = [];
type Glossary = { [param: string]: string };

export function ParamField(props: ParamFieldProps) {
  const { schema, value, onChange, diagnostics = NONE, onFix, disabled = false } = props;
  const { t, i18n } = useTranslation("inspector");
  const id = useId();
  // Parameters keep Keras' names in every language, since messages and code use them; a gloss says what they mean.
  const inBlock = useContext(DocumentContext) instanceof BlockDocument;
  const gloss = extraTexts<Glossary>("inspector", i18n.language)?.[schema.name];
  const { Control } = fieldOf(schema.kind);
  const path = props.path ?? schema.name;
  const invalid = diagnostics.some(({ severity }) => severity === "error");
  const changed = value === MIXED || (value !== undefined && !isDefault(schema, value));

  return (
    <div className={classes.field} data-kind={schema.kind}>
      <div className={classes.label}>
        <Tooltip
          label={<ParamHelp schema={schema} />}
          multiline
          maw={280}
          position="left"
          openDelay={350}
          disabled={schema.help === ""}
        >
          <label htmlFor={id} className={classes.name}>
            <Breakable name={schema.name} />
            {schema.required ? (
              <span className={classes.required} title={t("required")} aria-hidden>
                *
              </span>
            ) : null}
            {gloss ? <span className={classes.gloss}>{gloss}</span> : null}
          </label>
        </Tooltip>
        {inBlock && value !== MIXED && (schema.kind === "int" || schema.kind === "float") && !disabled ? (
          <ExpressionToggle schema={schema} field={id} value={value} onChange={onChange} />
        ) : null}
        {changed && schema.default !== undefined && !disabled ? (
          <Tooltip label={t("reset", { value: textOf(schema.default) || t("none") })}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={18}
              className={classes.reset}
              onClick={() => onChange(schema.default ?? null, `${id}:reset:${Date.now()}`)}
              aria-label={t("resetParam", { name: schema.name })}
            >
              <IconRestore size={12} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      <div className={classes.control}>
        {isExpression(value) ? (
          <ValueField
            id={id}
            value={value}
            expressions
            disabled={disabled}
            onChange={onChange}
            testId={`param-${path}`}
          />
        ) : (
          <Control
            schema={schema}
            value={value}
            onChange={onChange}
            id={id}
            describedBy={`${id}-help ${id}-problems`}
            invalid={invalid}
            disabled={disabled}
            path={path}
          />
        )}
      </div>
      <VisuallyHidden id={`${id}-help`}>{schema.help}</VisuallyHidden>
      <div id={`${id}-problems`} className={classes.problems}>
        {diagnostics.map((diagnostic) => (
          <DiagnosticText
            key={`${diagnostic.code}:${diagnostic.message}`}
            diagnostic={diagnostic}
            onFix={onFix}
          />
        ))}
      </div>
    </div>
  );
}

function ParamHelp({ schema }: { schema: ParamSchema }) {
  const { t } = useTranslation("inspector");
  const standard = schema.default === undefined ? "" : textOf(schema.default) || t("none");
  return (
    <>
      <Text size="xs">{schema.help}</Text>
      {standard === "" ? null : (
        <Text size="xs" opacity={0.7} mt={2}>
          {t("standard", { value: standard })}
        </Text>
      )}
    </>
  );
}

/** Long Keras names break at their underscores, never inside a word. */
function Breakable({ name }: { name: string }) {
  return name.split("_").map((part, index) => (
    <Fragment key={index}>
      {index === 0 ? null : (
        <>
          _<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));
}
