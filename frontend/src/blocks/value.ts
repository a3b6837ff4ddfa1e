/** A number or an expression over a block's parameters, as a field shows it and as it is stored. */
import { type Parsed, parseNumber, textOf } from "../inspector/values";
import type { Json } from "../wire/types";

export function isExpression(value: unknown): value is { expr: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof (value as { expr?: unknown }).expr === "string"
  );
}

export const shownValue = (value: Json | undefined): string =>
  isExpression(value) ? value.expr : textOf(value);

/** What was typed: a number where it is one, an expression where those are understood; null: neither. */
export function typedValue(text: string, expressions: boolean): Json | null {
  const cleaned = text.trim().replace(/^=\s*/, "");
  const number = parseNumber(cleaned);
  if (number.ok) return number.value;
  return expressions && cleaned !== "" ? { expr: cleaned } : null;
}

export type ParamNameFault = "nameShape" | "nameReserved" | "nameTaken";

/** Words that mean something else in expressions, and in the programs that are written: Python's own. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for " +
    "from global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** The name of a parameter, as expressions can say it. */
export function parseParamName(
  text: string,
  own: string,
  taken: readonly string[],
): Parsed<string, ParamNameFault> {
  const name = text.trim();
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { ok: false, reason: "nameShape" };
  if (RESERVED.has(name)) return { ok: false, reason: "nameReserved" };
  if (name !== own && taken.includes(name)) return { ok: false, reason: "nameTaken" };
  return { ok: true, value: name };
}

/** The name of a block, as it stands in files and in code. */
export function parseBlockName(
  text: string,
  own: string,
  taken: readonly string[],
): Parsed<string, "nameEmpty" | "blockTaken"> {
  const name = text.trim();
  if (name === "") return { ok: false, reason: "nameEmpty" };
  if (name !== own && taken.includes(name)) return { ok: false, reason: "blockTaken" };
  return { ok: true, value: name };
}
