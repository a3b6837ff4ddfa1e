/** A recipe made from, and checked against, what the server declares: pure functions, no knowledge of any setting. */
import type { Choice, Recipe, RecipeChoice, RecipeSchema } from "../wire/runs";
import type { Json, ParamSchema, Params } from "../wire/types";

/** A setting outside its limits; `limit` is an i18n key under `runs:limit`. */
export interface Overstep {
  /** "batch_size", "optimizer.learning_rate" */
  path: string;
  limit: "required" | "minimum" | "maximum";
  value: number | null;
}

const choiceOf = (choices: readonly RecipeChoice[], name: string | undefined) =>
  choices.find((choice) => choice.name === name);

export const optimizerOf = (schema: RecipeSchema, recipe: Recipe): RecipeChoice | undefined =>
  choiceOf(schema.optimizers, recipe.optimizer.type);

/** The loss that was chosen; undefined where the server infers it. */
export const lossOf = (schema: RecipeSchema, recipe: Recipe): RecipeChoice | undefined =>
  choiceOf(schema.losses, asChoice(recipe.loss)?.type);

export const asChoice = (loss: Recipe["loss"] | undefined): Choice | undefined =>
  typeof loss === "string" ? { type: loss } : (loss ?? undefined);

/** The settings of a form that are neither optimizer nor loss, in the order of the server. */
export const settingsOf = (schema: RecipeSchema): ParamSchema[] =>
  schema.params.filter(({ name }) => name !== "optimizer" && name !== "loss");

function complete(params: readonly ParamSchema[], known: Params): Params {
  const valueFor = ({ name, nullable, default: standard = null }: ParamSchema) => {
    const value = known[name];
    return value === undefined || (value === null && !nullable) ? standard : value;
  };
  return Object.fromEntries(params.map((param) => [param.name, valueFor(param)]));
}

/** A choice with all its parameters. A good learning rate of one optimizer is a bad one of another: defaults. */
const completeChoice = ({ name, params }: RecipeChoice, known: Params = {}): Choice => ({
  ...complete(params, known),
  type: name,
});

/**
 * A whole recipe from whatever is known: gaps get the server's defaults, names the server does not know go, an
 * unknown optimizer becomes Adam, an unknown loss is inferred.
 */
export function completeRecipe(schema: RecipeSchema, known: Partial<Recipe> = {}): Recipe {
  const optimizer =
    choiceOf(schema.optimizers, known.optimizer?.type) ??
    choiceOf(schema.optimizers, "Adam") ??
    schema.optimizers[0];
  const given = asChoice(known.loss);
  const loss = choiceOf(schema.losses, given?.type);
  return {
    ...complete(settingsOf(schema), known as Params),
    optimizer: optimizer
      ? completeChoice(optimizer, optimizer.name === known.optimizer?.type ? known.optimizer : {})
      : { type: "" },
    loss: loss ? completeChoice(loss, given) : null,
  } as Recipe;
}

export const withOptimizer = (schema: RecipeSchema, recipe: Recipe, type: string): Recipe =>
  completeRecipe(schema, { ...recipe, optimizer: { type } });

export const withLoss = (schema: RecipeSchema, recipe: Recipe, type: string | null): Recipe =>
  completeRecipe(schema, { ...recipe, loss: type });

function overstepOf(param: ParamSchema, value: Json | undefined, path: string): Overstep[] {
  if (value === null || value === undefined) {
    return param.nullable ? [] : [{ path, limit: "required", value: null }];
  }
  if (typeof value !== "number") return [];
  const { minimum, maximum } = param;
  if (typeof minimum === "number" && value < minimum) return [{ path, limit: "minimum", value: minimum }];
  if (typeof maximum === "number" && value > maximum) return [{ path, limit: "maximum", value: maximum }];
  return [];
}

export function overstepsOf(schema: RecipeSchema, recipe: Recipe): Overstep[] {
  const within = (params: readonly ParamSchema[], values: Params, prefix: string) =>
    params.flatMap((param) => overstepOf(param, values[param.name], `${prefix}${param.name}`));
  return [
    ...within(optimizerOf(schema, recipe)?.params ?? [], recipe.optimizer, "optimizer."),
    ...within(lossOf(schema, recipe)?.params ?? [], asChoice(recipe.loss) ?? {}, "loss."),
    ...within(settingsOf(schema), recipe, ""),
  ];
}
