/** Text of a form field ↔ JSON value of a parameter, by kind. Limits are the server's to judge; here only the type. */
import type { Json, ParamSchema } from "../wire/types";

export type Parsed<T = Json, R extends string = ParseReason> =
  | { ok: true; value: T }
  | { ok: false; reason: R };
/** i18n keys under `inspector:invalid`. */
export type ParseReason = "required" | "integer" | "number" | "integers" | "numbers" | "shape";

const taken = <T>(value: T): Parsed<T> => ({ ok: true, value });
const refused = (reason: ParseReason): Parsed<never> => ({ ok: false, reason });

/** Accepts what people type and paste: "512", "1 024", "1_024", "−3". */
export function parseInteger(text: string): Parsed<number> {
  const cleaned = normalise(text).replace(/[\s_]/g, "");
  if (cleaned === "") return refused("required");
  const value = /^[+-]?\d+$/.test(cleaned) ? Number(cleaned) : Number.NaN;
  return Number.isSafeInteger(value) ? taken(value) : refused("integer");
}

/** Accepts "0.2", ".2", "1e-3" and a decimal comma. */
export function parseNumber(text: string): Parsed<number> {
  const cleaned = normalise(text).replace(/[\s_]/g, "").replace(",", ".");
  if (cleaned === "") return refused("required");
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cleaned) ? Number(cleaned) : Number.NaN;
  return Number.isFinite(value) ? taken(value) : refused("number");
}

/** Accepts "3", "3,5", "3x5", "3 × 5", "(3, 5)"; one number stands for every axis. */
export function parseIntegers(text: string, length: number): Parsed<number[]> {
  const parts = listParts(text);
  if (parts.length === 0) return refused("required");
  const values = parts.map(parseInteger);
  const numbers = values.flatMap((part) => (part.ok ? [part.value] : []));
  if (numbers.length !== parts.length) return refused("integers");
  const [first] = numbers;
  if (numbers.length === 1 && first !== undefined) return taken(Array<number>(length).fill(first));
  return numbers.length === length ? taken(numbers) : refused("integers");
}

/** Accepts "0.1" where one number alone is legal (`single`), else a list such as "-0.2, 0.3"; how many is for the server. */
export function parseNumbers(text: string, { single, whole }: ParamSchema): Parsed<number | number[]> {
  // A decimal comma would be a separator here, so each part is read with a point.
  const parts = listParts(text).map(whole ? parseInteger : parseNumber);
  if (parts.length === 0) return refused("required");
  const numbers = parts.flatMap((part) => (part.ok ? [part.value] : []));
  if (numbers.length !== parts.length) return refused("numbers");
  const [first] = numbers;
  return taken(single && numbers.length === 1 && first !== undefined ? first : numbers);
}

/** Accepts "28, 28, 1" with "?" for a size known only at run time, and "-1" (any remaining size). Empty is a scalar. */
export function parseShape(text: string): Parsed<(number | null)[]> {
  const dims: (number | null)[] = [];
  for (const part of listParts(text)) {
    if (/^(\?|none|null)$/i.test(part)) {
      dims.push(null);
      continue;
    }
    const dim = parseInteger(part);
    if (!dim.ok) return refused("shape");
    dims.push(dim.value);
  }
  return taken(dims);
}

function normalise(text: string): string {
  // Full-width digits, commas and question marks come out of Chinese input methods.
  return text.normalize("NFKC").replace(/[−–]/g, "-").trim();
}

function listParts(text: string): string[] {
  const inner = normalise(text)
    .replace(/^[([{]\s*/, "")
    .replace(/\s*[)\]}]$/, "");
  return inner
    .split(/\s*[,;x×*、]\s*|\s+/i)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** How a value stands in its field. */
export function textOf(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((item) => (item === null ? "?" : textOf(item))).join(", ");
  if (typeof value === "number") return numberText(value);
  if (typeof value === "object") return typeof value.type === "string" ? value.type : JSON.stringify(value);
  return String(value);
}

/** The shortest spelling that reads back as the same number: 0.001, but 1e-7. */
export function numberText(value: number): string {
  return String(value);
}

export function parseText(schema: ParamSchema, text: string): Parsed {
  if (schema.nullable && text.trim() === "") return taken(null);
  switch (schema.kind) {
    case "int":
    case "axis":
      return parseInteger(text);
    case "float":
      return parseNumber(text);
    case "ints":
      return parseIntegers(text, schema.length ?? 1);
    case "numbers":
      return parseNumbers(text, schema);
    case "shape":
      return parseShape(text);
    default:
      return taken(text);
  }
}

/** A value brought within the limits of its schema; for stepping only, typed text is left to the server's judgement. */
export function clamp(value: number, schema: ParamSchema): number {
  return Math.min(schema.maximum ?? Infinity, Math.max(schema.minimum ?? -Infinity, value));
}

/** One arrow key's worth: 1 for whole numbers; for others a step of the value's own size, at most 0.1. */
export function stepOf(value: number, schema: ParamSchema): number {
  if (schema.kind !== "float") return 1;
  const size = Math.abs(value);
  if (size === 0) return 0.1;
  const magnitude = 10 ** Math.floor(Math.log10(size));
  return size >= 1 ? Math.max(0.1, magnitude / 10) : magnitude;
}

/** The next value by arrow keys, free of binary dust (0.30000000000000004). */
export function step(value: number, direction: 1 | -1, factor: number, schema: ParamSchema): number {
  const by = stepOf(value, schema) * factor;
  const next = value + direction * by;
  if (schema.kind !== "float") return clamp(Math.round(next), schema);
  const digits = Math.min(15, Math.max(0, 1 - Math.floor(Math.log10(by))));
  return clamp(Number(next.toFixed(digits)), schema);
}

export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = b as { [key: string]: Json };
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, item]) => key in right && sameValue(item, right[key]))
  );
}

export function isDefault(schema: ParamSchema, value: Json | undefined): boolean {
  return schema.default !== undefined && sameValue(value, schema.default);
}

/** The axes of a window of this many dimensions, in the order of channels-last data. i18n keys under `inspector:axes`. */
export function axisNames(length: number): string[] {
  if (length === 1) return ["steps"];
  if (length === 2) return ["height", "width"];
  if (length === 3) return ["depth", "height", "width"];
  return Array.from({ length }, (_, index) => String(index + 1));
}
