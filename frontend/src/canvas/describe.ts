/** Short texts on the canvas: the parameters that matter, shapes, counts. */
import { isExpression, shownValue } from "../blocks/value";
import type { Json, LayerSchema, ParamSchema, Params, Shape } from "../wire/types";

/** Without the batch axis: [null, 28, 28, 1] → "28×28×1". A tensor of one number for each sample is "1". */
export function shapeText(shape: Shape): string {
  const [, ...axes] = shape;
  return axes.length === 0 ? "1" : axes.map((axis) => axis ?? "?").join("×");
}

/** Exact while short, then three digits: 7,850 · 401.9k · 138M. */
export function countText(count: number): string {
  if (count < 10_000) return count.toLocaleString("en");
  for (const [unit, size] of UNITS) {
    if (count >= size * 0.9995) {
      const value = count / size;
      return `${value.toFixed(value < 99.95 ? 1 : 0)}${unit}`;
    }
  }
  return String(count);
}
const UNITS: [string, number][] = [
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
];

/** The values that a block is used with: "filters 64 · convolutions 2". */
export function valuesText(standard: Params, values: Params): string {
  return Object.entries({ ...standard, ...values })
    .map(([name, value]) => `${name} ${shownValue(value)}`)
    .slice(0, MAX_PARTS)
    .join(" · ");
}

const MAX_PARTS = 3;

/** The parameters that tell a layer from others of its kind: those without a default, then those changed from it. */
export function paramsText(schema: LayerSchema | undefined, params: Params): string {
  if (!schema) return "";
  const basic = schema.params.filter((param) => !param.advanced);
  const required = basic.filter((param) => param.required);
  const changed = basic.filter((param) => !param.required && differs(params[param.name], param.default));
  return [...required, ...changed]
    .map((param) => valueText(param, params[param.name]))
    .filter((text) => text !== "")
    .slice(0, MAX_PARTS)
    .join(" · ");
}

function differs(value: Json | undefined, standard: Json | undefined): boolean {
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(standard);
}

function valueText(param: ParamSchema, value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (value === true) return param.name;
  if (value === false) return "";
  if (Array.isArray(value)) {
    const same = param.kind === "ints" && value.length > 0 && value.every((item) => item === value[0]);
    // A kernel is known by its size on every axis, a shape by all of it.
    if (same && value.length > 1) return value.join("×");
    return value.map((item) => (item === null ? "?" : String(item))).join(param.kind === "ints" ? "×" : "×");
  }
  if (isExpression(value)) return value.expr;
  if (typeof value === "object") return typeof value.type === "string" ? value.type : "";
  return String(value);
}

/** Characters that a card's second line has room for; those of Chinese are twice as wide. */
const LINE = 27;

/** Whether the kind of layer fits beside its details. Where it does not, the details say more. */
export function hasRoom(kind: string, details: string, weights: string): boolean {
  if (details === "") return true;
  const width = (text: string) => [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 2 : 1), 0);
  return width(kind) + width(details) + width(weights) <= LINE;
}
