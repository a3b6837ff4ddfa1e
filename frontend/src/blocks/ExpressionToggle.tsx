/** Turns a number inside a block into an expression over the block's parameters, and back. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconMathFunction } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Json, ParamSchema } from "../wire/types";
import { isExpression } from "./value";

interface Props {
  schema: ParamSchema;
  value: Json | undefined;
  onChange(value: Json, session: string): void;
}

export function ExpressionToggle({ schema, value, onChange }: Props) {
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
        onClick={() => onChange(next, `expression:${isOn}`)}
      >
        <IconMathFunction size={12} />
      </ActionIcon>
    </Tooltip>
  );
}
