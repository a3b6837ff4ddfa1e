/** What a run starts from: the initializers, the weights that came with the network, or those of an earlier run. */
import { Select } from "@mantine/core";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocalised } from "../../i18n";
import type { WeightsSource } from "../../wire/runs";
import { fetchWeights } from "../api";
import { useLibrary } from "../library";
import { useRuns } from "../store";
import { Labelled } from "./Setting";
import classes from "./train.module.css";

/** Stands for starting anew. No weights have an empty id. */
const FRESH = "";
/** Those that came with the network. */
export const IMPORTED = "imported";

/** The weights that the network may take; the list is asked for anew where a run has ended. */
export function useWeights(network: string): WeightsSource[] {
  const [sources, setSources] = useState<WeightsSource[]>([]);
  const ended = useRuns(({ runs }) => runs?.filter(({ finished_at }) => finished_at).length ?? 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that has ended offers its weights
  useEffect(() => {
    let wanted = true;
    fetchWeights(network).then(
      (found) => wanted && setSources(found),
      // Without the list a run starts anew, as it would without this field.
      () => wanted && setSources([]),
    );
    return () => {
      wanted = false;
    };
  }, [network, ended]);
  return sources;
}

/** What is chosen until the user chooses: a network that came with weights goes on from them. */
export const startOf = (sources: readonly WeightsSource[], chosen: string | null): string =>
  sources.some(({ id }) => id === chosen)
    ? (chosen ?? FRESH)
    : chosen === null && sources.some(({ id }) => id === IMPORTED)
      ? IMPORTED
      : FRESH;

interface WeightsFieldProps {
  sources: WeightsSource[];
  value: string;
  onChange: (id: string) => void;
}

export function WeightsField({ sources, value, onChange }: WeightsFieldProps) {
  const { t, i18n } = useTranslation("runs");
  const localised = useLocalised();
  const datasets = useLibrary(({ datasets }) => datasets);
  const id = useId();
  if (sources.length === 0) return null;
  const title = ({ label }: WeightsSource) => {
    const dataset = datasets?.find(({ name }) => name === label);
    return dataset ? localised(dataset.title) : label;
  };
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: "short", timeStyle: "short" });
  const text = (source: WeightsSource) =>
    source.id === IMPORTED
      ? t("weights.imported", { file: source.label })
      : t("weights.run", { dataset: title(source), time: time.format(new Date(source.date)) });
  const chosen = sources.find((source) => source.id === value);
  return (
    <>
      <Labelled label={t("weights.title")} help={t("weights.help")} htmlFor={id}>
        <Select
          id={id}
          size="xs"
          data={[
            { value: FRESH, label: t("weights.fresh") },
            ...sources.map((source) => ({ value: source.id, label: text(source) })),
          ]}
          value={value}
          onChange={(next) => next !== null && onChange(next)}
          allowDeselect={false}
          comboboxProps={{ shadow: "md" }}
          data-testid="start-weights"
        />
      </Labelled>
      {chosen && !chosen.complete ? <div className={classes.source}>{t("weights.partial")}</div> : null}
    </>
  );
}
