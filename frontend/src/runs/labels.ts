/** Names of metrics and runs, composed in the page's language. */
import type { TFunction } from "i18next";
import type { Run } from "../wire/runs";
import { agoText } from "./measures";

/** "Validation accuracy": composed, so that a metric needs one name. */
export function metricLabel(t: TFunction<"runs">, name: string): string {
  const validation = name.startsWith("val_");
  const base = validation ? name.slice(4) : name;
  const label = t(`metric.${base}`, { defaultValue: base });
  return validation ? t("metric.validation", { metric: label }) : label;
}

/** "Adam 0.001" */
export function optimizerText({ optimizer }: Run["recipe"]): string {
  const rate = optimizer.learning_rate;
  return typeof rate === "number" ? `${optimizer.type} ${rate}` : optimizer.type;
}

/** "mnist · Adam 0.001 · 5 min. ago" */
export function runText(run: Run, language: string): string {
  return [run.dataset, optimizerText(run.recipe), agoText(run.created_at, Date.now(), language)].join(" · ");
}
