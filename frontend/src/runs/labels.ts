/** Names of metrics and runs, composed in the page's language. */
import type { TFunction } from "i18next";
import type { Run } from "../wire/runs";
import { agoText, lossOf } from "./measures";

/** "Validation accuracy", "Loss aux". A metric without a name of its own in the texts goes by Keras' name. */
export function metricLabel(t: TFunction<"runs">, name: string): string {
  const owner = lossOf(name);
  if (owner !== null) return lossLabel(t, owner, name.startsWith("val_"));
  if (!name.startsWith("val_")) return t(`metric.${name}`, { defaultValue: name });
  return t(`metric.${name}`, {
    defaultValue: t("metric.validation", { metric: metricLabel(t, name.slice(4)) }),
  });
}

/** The loss of one of several ends: "Loss aux", and "loss1" where that says it. */
function lossLabel(t: TFunction<"runs">, owner: string, isValidation: boolean): string {
  if (!/loss/i.test(owner)) {
    return t(isValidation ? "metric.validationLossOf" : "metric.lossOf", { name: owner });
  }
  return isValidation ? t("metric.validationOf", { name: owner }) : owner;
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
