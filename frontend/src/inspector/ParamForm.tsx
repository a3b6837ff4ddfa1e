/** A form made from a list of parameters; the advanced ones fold away, and stay as the user left them. */
import { Collapse, UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Diagnostic, Fix, Json, ParamSchema } from "../wire/types";
import type { FieldValue } from "./field";
import classes from "./fields.module.css";
import { ParamField } from "./ParamField";
import { isDefault } from "./values";

interface ParamFormProps {
  params: readonly ParamSchema[];
  values: { readonly [name: string]: FieldValue };
  onChange: (name: string, value: Json, session: string) => void;
  diagnostics?: readonly Diagnostic[];
  onFix?: (fix: Fix) => void;
  disabled?: boolean;
  /** The parameter whose value this form shows, where it is not a whole layer. */
  within?: string;
  /** Few parameters: none is hidden. */
  flat?: boolean;
}

export function ParamForm({
  params,
  values,
  onChange,
  diagnostics = [],
  onFix,
  disabled,
  within,
  flat = false,
}: ParamFormProps) {
  const { t } = useTranslation("inspector");
  const id = useId();
  const [open, setOpen] = useLocalStorage({
    key: "visualnn.advanced",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  // What must be given comes first, in the layer's own order.
  const main = params
    .filter(({ advanced }) => flat || !advanced)
    .sort((one, other) => Number(other.required) - Number(one.required));
  const advanced = params.filter((param) => param.advanced && !flat);
  const faulty = advanced.some(({ name }) => diagnostics.some(({ param }) => param === name));
  const changed = advanced.filter((param) => {
    const value = values[param.name];
    return value !== undefined && (typeof value === "symbol" || !isDefault(param, value));
  }).length;
  const shown = open || faulty;

  const fields = (list: readonly ParamSchema[]) =>
    list.map((schema) => (
      <ParamField
        key={schema.name}
        schema={schema}
        value={schema.name in values ? values[schema.name] : schema.default}
        onChange={(value, session) => onChange(schema.name, value, session)}
        diagnostics={diagnostics.filter(({ param }) => param === schema.name)}
        onFix={onFix}
        disabled={disabled}
        path={within === undefined ? schema.name : `${within}.${schema.name}`}
      />
    ));

  return (
    <div className={classes.form}>
      {fields(main)}
      {advanced.length > 0 ? (
        <>
          <UnstyledButton
            className={classes.advanced}
            onClick={() => setOpen(!shown)}
            aria-expanded={shown}
            aria-controls={id}
            data-testid={within === undefined ? "advanced" : `advanced-${within}`}
          >
            <IconChevronRight size={14} className={classes.chevron} data-open={shown || undefined} />
            {t("advanced")}
            <span className={classes.count}>
              {changed > 0 ? t("advancedChanged", { count: changed }) : advanced.length}
            </span>
          </UnstyledButton>
          <Collapse expanded={shown} id={id} transitionDuration={120}>
            {shown ? <div className={classes.form}>{fields(advanced)}</div> : null}
          </Collapse>
        </>
      ) : null}
    </div>
  );
}
