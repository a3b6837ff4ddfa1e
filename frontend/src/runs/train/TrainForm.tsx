/** Prepares a training run: data, fit, recipe, and the button that starts it or says why it cannot. */
import { Button, Skeleton } from "@mantine/core";
import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useCallback, useEffect, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiError, toApiError } from "../../wire/client";
import type { Dataset, Recipe, RecipeSchema } from "../../wire/runs";
import { Failure } from "../Failure";
import { useLibrary } from "../library";
import { countText, stepsPerEpoch } from "../measures";
import panel from "../panel.module.css";
import { completeRecipe, overstepsOf } from "../recipe";
import { readSettings, type TrainingSettings, writeSettings } from "../settings";
import { useRuns } from "../store";
import { DatasetFacts, DatasetPicker } from "./DatasetPicker";
import { DatasetUpload } from "./DatasetUpload";
import { FitCheck } from "./FitCheck";
import { type Fit, useFit } from "./fit";
import { RecipeForm } from "./RecipeForm";
import { useSuggestion } from "./suggestion";
import { startOf, useWeights, WeightsField } from "./WeightsField";

export function TrainForm({ network }: { network: string }) {
  const { datasets, schema, error, load } = useLibrary();
  useEffect(() => {
    void load();
  }, [load]);
  if (error && !(datasets && schema)) return <Failure error={error} onRetry={() => void load()} />;
  if (!datasets || !schema) return <FormSkeleton />;
  return <ReadyForm network={network} datasets={datasets} schema={schema} />;
}

function FormSkeleton() {
  const { t } = useTranslation("runs");
  return (
    <div className={panel.body} role="status" aria-label={t("loading")}>
      {[30, 54, 30, 30, 30].map((height, index) => (
        <Skeleton key={index} height={height} />
      ))}
    </div>
  );
}

interface ReadyFormProps {
  network: string;
  datasets: Dataset[];
  schema: RecipeSchema;
}

function ReadyForm({ network, datasets, schema }: ReadyFormProps) {
  const { t } = useTranslation("runs");
  const [settings, setSettings] = useState(() => readSettings(network) ?? settingsOfLatestRun());
  const recipe = useMemo(() => completeRecipe(schema, settings.recipe), [schema, settings.recipe]);
  const chosen = datasets.find(({ name }) => name === settings.dataset);
  const suggested = useSuggestion(network, datasets, chosen === undefined);
  const dataset = chosen ?? datasets.find(({ name }) => name === suggested);

  const choose = useCallback((name: string | null) => setSettings((old) => ({ ...old, dataset: name })), []);
  const change = useCallback((next: Recipe) => setSettings((old) => ({ ...old, recipe: next })), []);
  useEffect(() => writeSettings(network, settings), [network, settings]);

  const oversteps = useMemo(() => overstepsOf(schema, recipe), [schema, recipe]);
  const askable = dataset?.available && oversteps.length === 0;
  const fit = useFit(network, askable ? dataset.name : null, recipe);

  const sources = useWeights(network);
  const [wanted, want] = useState<string | null>(null);
  const weights = startOf(sources, wanted);

  const faults = oversteps.length;
  return (
    <>
      <div className={panel.body}>
        <section className={panel.section} aria-label={t("section.data")}>
          <h3 className={panel.heading}>{t("section.data")}</h3>
          <DatasetUpload chosen={dataset} onAdded={choose} onRemoved={() => choose(null)}>
            <DatasetPicker datasets={datasets} value={dataset?.name ?? null} onChange={choose} />
            {dataset ? <DatasetFacts dataset={dataset} /> : null}
          </DatasetUpload>
          <FitCheck fit={fit} />
        </section>
        <section className={panel.section} aria-label={t("section.recipe")}>
          <h3 className={panel.heading}>{t("section.recipe")}</h3>
          <WeightsField sources={sources} value={weights} onChange={want} />
          <RecipeForm
            schema={schema}
            recipe={recipe}
            oversteps={oversteps}
            inferredLoss={fit.preview?.loss ?? null}
            onChange={change}
          />
        </section>
      </div>
      <StartBar
        network={network}
        dataset={dataset}
        recipe={recipe}
        weights={weights}
        fit={fit}
        faults={faults}
        onStarted={choose}
      />
    </>
  );
}

/** In a browser that has trained nothing of this network yet: what was trained elsewhere. */
function settingsOfLatestRun(): TrainingSettings {
  const [latest] = useRuns.getState().runs ?? [];
  return { dataset: latest?.dataset ?? null, recipe: latest?.recipe ?? {} };
}

interface StartBarProps {
  network: string;
  dataset: Dataset | undefined;
  recipe: Recipe;
  /** Id of the weights to start from. */
  weights: string;
  fit: Fit;
  /** How many settings are outside their limits. */
  faults: number;
  /** Told the data set: what was trained on counts as chosen. */
  onStarted: (dataset: string) => void;
}

function StartBar({ network, dataset, recipe, weights, fit, faults, onStarted }: StartBarProps) {
  const { t, i18n } = useTranslation("runs");
  const start = useRuns((state) => state.start);
  const note = useId();
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const errors = fit.problems.filter(({ severity }) => severity === "error").length;

  const obstacleNow = (): string | null => {
    if (!dataset) return t("blocked.data");
    if (!dataset.available) return t("blocked.unavailable");
    if (faults > 0) return t("blocked.settings", { count: faults });
    if (errors > 0) return t("blocked.problems", { count: errors });
    if (fit.error) return t("blocked.unchecked");
    return null;
  };
  const obstacle = obstacleNow();
  const checking = obstacle === null && !fit.preview;
  const train = dataset?.train ?? null;
  const steps = train === null ? null : stepsPerEpoch(train, recipe.validation_split, recipe.batch_size);
  const number = (count: number) => countText(count, i18n.language);
  const { epochs } = recipe;
  const expected =
    epochs === 0
      ? t("weights.measure")
      : steps === null
        ? null
        : t("steps", { steps: number(steps), total: number(steps * epochs), epochs: number(epochs) });

  const onStart = async () => {
    if (!dataset) return;
    setStarting(true);
    setError(null);
    onStarted(dataset.name);
    try {
      await start({ network, dataset: dataset.name, recipe, weights });
    } catch (cause) {
      setError(toApiError(cause));
      setStarting(false);
    }
  };
  return (
    <div className={panel.footer}>
      {error ? <Failure error={error} onClose={() => setError(null)} /> : null}
      <div
        className={panel.footerNote}
        id={note}
        data-blocked={obstacle !== null || undefined}
        data-testid="start-note"
      >
        {obstacle ?? (checking ? t("fit.checking") : expected)}
      </div>
      <Button
        fullWidth
        size="sm"
        leftSection={<IconPlayerPlayFilled size={14} />}
        disabled={obstacle !== null || checking}
        loading={starting}
        onClick={() => void onStart()}
        aria-describedby={note}
        data-testid="start-training"
      >
        {epochs === 0 ? t("startMeasure") : t("start")}
      </Button>
    </div>
  );
}
