/** What the catalogue says about a layer that is to be put into a network. No layer is known by name here. */
import { BLOCK, BLOCK_INPUT, blockInputs, blockNamed, blockUse } from "../document/blocks";
import type { DocumentGraph } from "../document/graph";
import type { Catalog, CatalogEntry, Json, LayerSchema, ParamSchema, Params, Shape } from "../wire/types";

/** How many tensors a node of this type takes; null: any number. What is not known may take what it likes. */
export function mostInputs(
  { blocks }: Pick<DocumentGraph, "blocks">,
  catalog: Catalog | null,
  { type, params }: { type: string; params: Params },
): number | null {
  if (type === BLOCK_INPUT) return 0;
  const block = type === BLOCK ? blockNamed(blocks, blockUse({ params }).block) : null;
  if (block) return blockInputs(block);
  return catalog?.layers[type]?.inputs.max ?? null;
}

/** The layer an entry stands for, given the tensor it will take: families choose their variant by rank. */
export function layerFor(catalog: Catalog, entry: CatalogEntry, input: Shape | null): string {
  const family = entry.family === null ? undefined : catalog.families[entry.family];
  if (!family || !input) return entry.layer;
  const fitting = family.by_rank[String(input.length)];
  if (!fitting || !catalog.layers[fitting]) return entry.layer;
  // An entry for one member of a family keeps its meaning where that member fits as well.
  return ranksOf(family.by_rank, entry.layer).includes(input.length) ? entry.layer : fitting;
}

function ranksOf(byRank: { [rank: string]: string }, layer: string): number[] {
  return Object.entries(byRank)
    .filter(([, name]) => name === layer)
    .map(([rank]) => Number(rank));
}

/** Every parameter of a new layer: the given values where it has such a parameter, else what new ones have. */
export function newParams(schema: LayerSchema, given: Params): Params {
  const params: Params = { ...schema.new };
  for (const param of schema.params) {
    const value = given[param.name];
    if (value !== undefined) params[param.name] = fitLength(param, value);
  }
  return params;
}

/** A 3×3 kernel for a layer with one axis is a kernel of 3. */
function fitLength(param: ParamSchema, value: Json): Json {
  if (param.kind !== "ints" || !param.length || !Array.isArray(value) || value.length === 0) return value;
  return Array.from({ length: param.length }, (_, axis) => value[Math.min(axis, value.length - 1)] ?? null);
}

/** How many input ports to show for a layer with these ports taken: those it needs, and one free as long as it takes more. */
export function inputPorts(schema: LayerSchema | undefined, taken: readonly number[]): number {
  const used = taken.length === 0 ? 0 : Math.max(...taken) + 1;
  if (!schema) return Math.max(used, 1);
  const { min, max } = schema.inputs;
  return Math.max(used, Math.min(Math.max(min, used + 1), max ?? Number.POSITIVE_INFINITY));
}

/** How many output ports to show: as many tensors as come out, where that is known, and at least what is wired. */
export function outputPorts(known: number, taken: readonly number[]): number {
  return Math.max(known, 1, ...taken.map((port) => port + 1));
}
