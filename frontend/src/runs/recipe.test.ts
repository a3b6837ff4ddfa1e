import { expect, test } from "vitest";
import type { Recipe, RecipeSchema } from "../wire/runs";
import type { ParamSchema } from "../wire/types";
import { completeRecipe, lossOf, optimizerOf, overstepsOf, withLoss, withOptimizer } from "./recipe";

const param = (
  name: string,
  standard: ParamSchema["default"],
  more: Partial<ParamSchema> = {},
): ParamSchema => ({
  name,
  kind: "float",
  default: standard,
  required: false,
  nullable: false,
  help: "",
  ...more,
});
const rate = (standard: number) => param("learning_rate", standard, { minimum: 0 });

const SCHEMA: RecipeSchema = {
  optimizers: [
    { name: "SGD", summary: "", params: [rate(0.01), param("momentum", 0, { maximum: 1 })] },
    {
      name: "Adam",
      summary: "",
      params: [rate(0.001), param("clipnorm", null, { nullable: true, minimum: 0 })],
    },
  ],
  losses: [
    { name: "mean_squared_error", summary: "", params: [] },
    { name: "huber", summary: "", params: [param("delta", 1, { minimum: 0 })] },
  ],
  params: [
    param("batch_size", 128, { kind: "int", minimum: 1 }),
    param("seed", null, { kind: "int", nullable: true }),
  ],
};

const STANDARD = {
  optimizer: { type: "Adam", learning_rate: 0.001, clipnorm: null },
  loss: null,
  batch_size: 128,
  seed: null,
};

const COMPLETED: [string, Partial<Recipe>, object][] = [
  ["nothing", {}, STANDARD],
  ["a setting and gaps", { batch_size: 32 }, { ...STANDARD, batch_size: 32 }],
  ["null where null is no value", { batch_size: null } as never, STANDARD],
  ["an unknown optimizer and its parameters", { optimizer: { type: "Newton", learning_rate: 5 } }, STANDARD],
  ["an unknown loss and an unknown setting", { loss: "guess", speed: 3 } as never, STANDARD],
  ["a loss by name", { loss: "huber" }, { ...STANDARD, loss: { type: "huber", delta: 1 } }],
  [
    "a loss with parameters",
    { loss: { type: "huber", delta: 2 } },
    { ...STANDARD, loss: { type: "huber", delta: 2 } },
  ],
  [
    "an optimizer with parameters",
    { optimizer: { type: "SGD", momentum: 0.9 } },
    { ...STANDARD, optimizer: { type: "SGD", learning_rate: 0.01, momentum: 0.9 } },
  ],
];

test.each(COMPLETED)("a recipe is completed from %s", (_, known, whole) => {
  expect(completeRecipe(SCHEMA, known)).toEqual(whole);
});

test("another optimizer brings its own learning rate and keeps the rest", () => {
  const recipe = completeRecipe(SCHEMA, { batch_size: 64, optimizer: { type: "Adam", learning_rate: 0.5 } });
  const changed = withOptimizer(SCHEMA, recipe, "SGD");
  expect(changed).toEqual({
    ...STANDARD,
    batch_size: 64,
    optimizer: { type: "SGD", learning_rate: 0.01, momentum: 0 },
  });
  expect(optimizerOf(SCHEMA, changed)?.name).toBe("SGD");
});

test("a loss is chosen and given back to the server", () => {
  const chosen = withLoss(SCHEMA, completeRecipe(SCHEMA), "mean_squared_error");
  expect(lossOf(SCHEMA, chosen)?.name).toBe("mean_squared_error");
  expect(withLoss(SCHEMA, chosen, null).loss).toBeNull();
});

test.each([
  [{ batch_size: 0 }, [{ path: "batch_size", limit: "minimum", value: 1 }]],
  [{ batch_size: 1, seed: null }, []],
  [
    { optimizer: { type: "SGD", momentum: 1.5 } },
    [{ path: "optimizer.momentum", limit: "maximum", value: 1 }],
  ],
  [{ loss: { type: "huber", delta: -1 } }, [{ path: "loss.delta", limit: "minimum", value: 0 }]],
] as [Partial<Recipe>, object[]][])("%j oversteps %j", (known, oversteps) => {
  expect(overstepsOf(SCHEMA, completeRecipe(SCHEMA, known))).toEqual(oversteps);
});

test("a value that is missing is an overstep", () => {
  const recipe = { ...completeRecipe(SCHEMA), batch_size: null } as unknown as Recipe;
  expect(overstepsOf(SCHEMA, recipe)).toEqual([{ path: "batch_size", limit: "required", value: null }]);
});
