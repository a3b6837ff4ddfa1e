/** How to train: optimizer, loss and the settings, all generated from what the server declares. */
import { Collapse, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Recipe, RecipeSchema } from "../../wire/runs";
import type { Json, ParamSchema } from "../../wire/types";
import panel from "../panel.module.css";
import { asChoice, lossOf, type Overstep, optimizerOf, settingsOf, withLoss, withOptimizer } from "../recipe";
import { ChoiceField } from "./ChoiceField";
import { Setting } from "./Setting";
import classes from "./train.module.css";

interface RecipeFormProps {
  schema: RecipeSchema;
  recipe: Recipe;
  oversteps: readonly Overstep[];
  /** What the server takes where the recipe leaves the loss to it; null while unknown. */
  inferredLoss: string | null;
  onChange: (recipe: Recipe) => void;
}

/** One setting and the place in the recipe where its value lives. */
interface Place {
  param: ParamSchema;
  path: string;
  value: Json | undefined;
  put: (value: Json) => Recipe;
}

function placesOf(schema: RecipeSchema, recipe: Recipe): Record<"optimizer" | "loss" | "settings", Place[]> {
  const loss = asChoice(recipe.loss);
  return {
    optimizer: (optimizerOf(schema, recipe)?.params ?? []).map((param) => ({
      param,
      path: `optimizer.${param.name}`,
      value: recipe.optimizer[param.name],
      put: (value) => ({ ...recipe, optimizer: { ...recipe.optimizer, [param.name]: value } }),
    })),
    loss: (lossOf(schema, recipe)?.params ?? []).map((param) => ({
      param,
      path: `loss.${param.name}`,
      value: loss?.[param.name],
      put: (value) => ({ ...recipe, loss: loss ? { ...loss, [param.name]: value } : null }),
    })),
    settings: settingsOf(schema).map((param) => ({
      param,
      path: param.name,
      value: recipe[param.name],
      put: (value) => ({ ...recipe, [param.name]: value }) as Recipe,
    })),
  };
}

export function RecipeForm({ schema, recipe, oversteps, inferredLoss, onChange }: RecipeFormProps) {
  const { t } = useTranslation("runs");
  const places = placesOf(schema, recipe);
  const plain = ({ param }: Place) => !param.advanced;
  const advanced = [...places.optimizer, ...places.loss, ...places.settings].filter((place) => !plain(place));

  const problemAt = (path: string) => {
    const found = oversteps.find((overstep) => overstep.path === path);
    return found && t(`limit.${found.limit}`, { value: found.value ?? "" });
  };
  const fields = (list: Place[]) =>
    list.map(({ param, path, value, put }) => (
      <Setting
        key={path.startsWith("optimizer.") ? `${recipe.optimizer.type}.${path}` : path}
        schema={param}
        value={value}
        onChange={(next) => onChange(put(next))}
        path={path}
        problem={problemAt(path)}
      />
    ));

  return (
    <div className={classes.form}>
      <div className={classes.grid}>
        <ChoiceField
          label={t("setting.optimizer")}
          help={t("help.optimizer")}
          choices={schema.optimizers}
          value={recipe.optimizer.type}
          onChange={(type) => type !== null && onChange(withOptimizer(schema, recipe, type))}
          testId="recipe-optimizer"
        />
        {fields(places.optimizer.filter(plain))}
      </div>
      <ChoiceField
        label={t("setting.loss")}
        help={t("help.loss")}
        choices={schema.losses}
        automatic={
          inferredLoss === null ? t("loss.automatic") : t("loss.automaticIs", { loss: inferredLoss })
        }
        value={asChoice(recipe.loss)?.type ?? null}
        onChange={(type) => onChange(withLoss(schema, recipe, type))}
        testId="recipe-loss"
      />
      <div className={classes.grid}>
        {fields(places.loss.filter(plain))}
        {fields(places.settings.filter(plain))}
      </div>
      {advanced.length > 0 ? (
        <Advanced count={advanced.length} faulty={advanced.some(({ path }) => problemAt(path) !== undefined)}>
          {fields(advanced)}
        </Advanced>
      ) : null}
    </div>
  );
}

/** Settings that few need, folded away; open by themselves where one of them is wrong. */
function Advanced({ count, faulty, children }: { count: number; faulty: boolean; children: ReactNode }) {
  const { t } = useTranslation("runs");
  const [opened, setOpened] = useState(false);
  const id = useId();
  const shown = opened || faulty;
  return (
    <div>
      <UnstyledButton
        className={panel.disclosure}
        onClick={() => setOpened(!shown)}
        aria-expanded={shown}
        aria-controls={id}
        data-testid="recipe-advanced"
      >
        <IconChevronRight size={14} className={panel.chevron} data-open={shown || undefined} />
        {t("advanced")}
        <span className={panel.faint}>{count}</span>
      </UnstyledButton>
      <Collapse expanded={shown} id={id} transitionDuration={120}>
        {shown ? <div className={classes.grid}>{children}</div> : null}
      </Collapse>
    </div>
  );
}
