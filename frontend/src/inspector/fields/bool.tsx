/** Yes or no. */
import { Switch } from "@mantine/core";
import { useId } from "react";
import { type FieldDefinition, type FieldProps, MIXED } from "../field";
import classes from "../fields.module.css";

function BoolField({ value, onChange, id, describedBy, disabled, path }: FieldProps) {
  const session = useId();
  return (
    <Switch
      id={id}
      size="xs"
      checked={value === true}
      onChange={(event) => onChange(event.currentTarget.checked, `${session}:${event.timeStamp}`)}
      aria-describedby={describedBy}
      // A switch knows no third state; a dash over it says that the selected layers disagree.
      thumbIcon={value === MIXED ? <span className={classes.mixedThumb} /> : undefined}
      disabled={disabled}
      data-testid={`param-${path}`}
      className={classes.switch}
    />
  );
}

export const field: FieldDefinition = { kinds: ["bool"], Control: BoolField };
