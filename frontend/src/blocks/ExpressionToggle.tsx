/** Turns a number inside a block into an expression over the block's parameters, and back. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconMathFunction } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { changeAndFocus } from "../inspector/focus";
import type { Json, ParamSchema } from "../wire/types";
import { isExpression } from "./value";

interface Props {
  schema: ParamSchema;
  /** The id of the field that stands there, now and then. */
  field: string;
  value: Json | undefined;
  onChange(value: Json, session: string): void;
}

export function ExpressionToggle({ schema, field, value, onChange }: Props) {
  const { t } = useTranslation("blocks");
  const isOn = isExpression(value);
  const label = t(isOn ? "useNumber" : "useExpression");
  const number = typeof value === "number" ? value : 1;
  const next = isOn ? (schema.default ?? schema.preset ?? 1) : { expr: String(number) };
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={isOn ? "light" : "subtle"}
        color={isOn ? undefined : "gray"}
        size={18}
        aria-label={`${schema.name}: ${label}`}
        aria-pressed={isOn}
        onClick={() => changeAndFocus(() => onChange(next, `expression:${isOn}`), field)}
      >
        <IconMathFunction size={12} />
      </ActionIcon>
    </Tooltip>
  );
}
