/** Images of the test set to try the network on. */
import { Skeleton, UnstyledButton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiError, toApiError } from "../../wire/client";
import type { Run } from "../../wire/runs";
import { fetchSamples, type Sample } from "../api";
import { Failure } from "../Failure";
import panel from "../panel.module.css";
import classes from "./test.module.css";

const COUNT = 12;

interface SamplesProps {
  run: Run;
  chosen: number | null;
  onChoose: (sample: Sample) => void;
}

export function Samples({ run, chosen, onChoose }: SamplesProps) {
  const { t } = useTranslation("runs");
  const [samples, setSamples] = useState<Sample[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    let gone = false;
    fetchSamples(run.id, COUNT).then(
      (list) => gone || setSamples(list),
      (cause) => gone || setError(toApiError(cause)),
    );
    return () => {
      gone = true;
    };
  }, [run.id]);

  if (error) return <Failure error={error} />;
  if (samples?.length === 0) return <div className={panel.muted}>{t("predict.noSamples")}</div>;
  return (
    <fieldset className={classes.samples} aria-label={t("predict.samples")} aria-busy={samples === null}>
      {samples
        ? samples.map((sample, i) => (
            <UnstyledButton
              key={sample.index}
              className={classes.sample}
              aria-pressed={sample.index === chosen}
              aria-label={t("predict.sample", { label: sample.label })}
              title={sample.label}
              onClick={() => onChoose(sample)}
              data-testid={`sample-${i}`}
              data-label={sample.label}
            >
              <img src={sample.image} alt="" />
              <span className={panel.ellipsis}>{sample.label}</span>
            </UnstyledButton>
          ))
        : Array.from({ length: COUNT }, (_, i) => i).map((i) => (
            <Skeleton key={i} className={classes.sampleSkeleton} />
          ))}
    </fieldset>
  );
}
