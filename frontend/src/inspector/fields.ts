/** Every control, found by being in fields/; one per kind of parameter. */
import type { ParamKind } from "../wire/types";
import type { FieldDefinition } from "./field";

const modules = import.meta.glob<{ field: FieldDefinition }>("./fields/*.tsx", { eager: true });

let known: Map<string, FieldDefinition> | null = null;

/** Read at first use: the control for objects shows parameters itself, so modules import each other in a ring. */
function byKind(): Map<string, FieldDefinition> {
  if (known) return known;
  known = new Map();
  for (const [path, { field }] of Object.entries(modules)) {
    for (const kind of field.kinds) {
      if (known.has(kind)) throw new Error(`${path}: there is already a control for the kind "${kind}"`);
      known.set(kind, field);
    }
  }
  return known;
}

/** The control of a kind. A kind newer than this page gets the text field rather than nothing. */
export function fieldOf(kind: ParamKind): FieldDefinition {
  const field = byKind().get(kind) ?? byKind().get("text");
  if (!field) throw new Error(`no control for parameters of kind "${kind}"`);
  return field;
}
