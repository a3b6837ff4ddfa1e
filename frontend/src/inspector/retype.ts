/** Turning a layer into a sibling of its family: Conv2D into Conv1D, max pooling into average pooling. */
import type { Catalog, Json, LayerFamily, LayerSchema, ParamSchema, Params } from "../wire/types";
import { sameValue } from "./values";

/** The family a layer belongs to, null where it has none or is alone in it. */
export function familyOf(catalog: Catalog, type: string): LayerFamily | null {
  const found = Object.values(catalog.families).find(({ variants }) => variants.includes(type));
  return found && found.variants.length > 1 ? found : null;
}

/** Complete parameters for another type: values of the same name are kept where they can be. */
export function retype(params: Params, from: LayerSchema | undefined, to: LayerSchema): Params {
  const made: Params = {};
  for (const schema of to.params) {
    const old = from?.params.find(({ name }) => name === schema.name);
    const kept = params[schema.name];
    const untouched = old?.default !== undefined && sameValue(kept, old.default);
    const value = kept === undefined || untouched ? undefined : fitted(kept, schema);
    const given = value === undefined ? (to.new[schema.name] ?? schema.default ?? schema.preset) : value;
    if (given !== undefined) made[schema.name] = given;
  }
  return made;
}

/** A value as the other layer can hold it; undefined where it cannot. */
function fitted(value: Json, schema: ParamSchema): Json | undefined {
  if (schema.kind === "ints" && Array.isArray(value)) {
    const length = schema.length ?? value.length;
    // Axes are counted from the last: the width of an image stays the width.
    const last = value.slice(-length);
    const padding = Array<Json>(length - last.length).fill(value[0] ?? 1);
    return [...padding, ...last];
  }
  if (schema.choices && !schema.choices.some((choice) => sameValue(choice, value))) return undefined;
  return value;
}
