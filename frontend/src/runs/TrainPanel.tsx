/** The Train tab: the form for a new run, or the run that is looked at, and the runs there were. */
import { Skeleton } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import { Failure } from "./Failure";
import { useLibrary } from "./library";
import panel from "./panel.module.css";
import { RunHistory } from "./run/RunHistory";
import { RunScreen } from "./run/RunScreen";
import { useRuns } from "./store";
import { TrainForm } from "./train/TrainForm";
import { useNetworkRuns } from "./useNetworkRuns";

export function TrainPanel() {
  const { t } = useTranslation("runs");
  const network = useDocument().id;
  useNetworkRuns(network);
  const load = useLibrary((library) => library.load);
  useEffect(() => {
    void load();
  }, [load]);
  const { runs, error, current, open } = useRuns();
  const run = runs?.find(({ id }) => id === current);
  return (
    <div className={panel.panel} data-testid="train-panel">
      {error ? <Failure error={error} onRetry={() => void open(network)} /> : null}
      {!runs && !error ? (
        <div className={panel.body} role="status" aria-label={t("loading")}>
          <Skeleton height={30} />
          <Skeleton height={120} />
        </div>
      ) : null}
      {run ? (
        <RunScreen key={run.id} run={run} />
      ) : runs ? (
        <TrainForm key={network} network={network} />
      ) : null}
      <RunHistory />
    </div>
  );
}
