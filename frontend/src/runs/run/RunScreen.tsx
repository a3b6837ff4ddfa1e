/** One run, from waiting in the queue to its results. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconArrowLeft, IconPlayerPlay, IconPlayerStopFilled, IconRefresh } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocalised } from "../../i18n";
import { type ApiError, toApiError } from "../../wire/client";
import type { Run } from "../../wire/runs";
import { isActive, shownState, viewOf } from "../events";
import { Failure } from "../Failure";
import { useLibrary } from "../library";
import panel from "../panel.module.css";
import { StateBadge } from "../StateBadge";
import { writeSettings } from "../settings";
import { useRuns } from "../store";
import { CurvesSection } from "./CurvesSection";
import { Downloads } from "./Downloads";
import { EpochTable } from "./EpochTable";
import { MetricTiles } from "./MetricTiles";
import { RunNotice } from "./RunNotice";
import { RunProgress } from "./RunProgress";
import { RunSummary } from "./RunSummary";
import { TestResult } from "./TestResult";

export function RunScreen({ run }: { run: Run }) {
  const view = useRuns((state) => state.views[run.id]) ?? viewOf(run);
  const watch = useRuns((state) => state.watch);
  useEffect(() => watch(run.id), [watch, run.id]);
  const state = shownState(view);
  const active = isActive(state);
  return (
    <>
      <RunHeader run={run} state={state} />
      <div className={panel.body}>
        <RunSummary run={run} view={view} />
        <RunNotice run={run} view={view} state={state} />
        {active && state !== "queued" ? <RunProgress view={view} state={state} /> : null}
        {view.test ? <TestResult test={view.test} /> : null}
        <MetricTiles view={view} live={active} />
        <CurvesSection run={run} view={view} />
        <EpochTable rows={view.rows} />
        {active ? null : <Downloads run={run} />}
      </div>
    </>
  );
}

function RunHeader({ run, state }: { run: Run; state: Run["state"] }) {
  const { t } = useTranslation("runs");
  const localised = useLocalised();
  const { show, stop, resume } = useRuns.getState();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const title = useLibrary((library) => library.datasets?.find(({ name }) => name === run.dataset)?.title);
  const active = isActive(state);

  const attempt = (work: () => Promise<void>) => async () => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (cause) {
      setError(toApiError(cause));
    }
    setBusy(false);
  };
  const again = () => {
    writeSettings(run.network, { dataset: run.dataset, recipe: run.recipe });
    show(null);
  };
  return (
    <div className={panel.header}>
      <div className={panel.headerRow}>
        <Tooltip label={t("newRun")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={26}
            onClick={() => show(null)}
            aria-label={t("newRun")}
            data-testid="new-run"
          >
            <IconArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <span className={panel.headerTitle}>{title ? localised(title) : run.dataset}</span>
        <StateBadge state={state} />
      </div>
      <div className={panel.headerRow}>
        {active ? (
          <Tooltip label={t("stopHelp")} multiline maw={240} position="bottom">
            <Button
              size="xs"
              fullWidth
              variant="default"
              leftSection={<IconPlayerStopFilled size={13} />}
              loading={busy}
              disabled={state === "stopping"}
              onClick={attempt(() => stop(run.id))}
              data-testid="stop-run"
            >
              {state === "stopping" ? t("state.stopping") : t("stop")}
            </Button>
          </Tooltip>
        ) : null}
        {!active && run.resumable ? (
          <Button
            size="xs"
            fullWidth
            leftSection={<IconPlayerPlay size={14} />}
            loading={busy}
            onClick={attempt(() => resume(run.id))}
            data-testid="resume-run"
          >
            {t("resume")}
          </Button>
        ) : null}
        {active ? null : (
          <Button
            size="xs"
            fullWidth
            variant={run.resumable ? "default" : "light"}
            leftSection={<IconRefresh size={14} />}
            onClick={again}
            data-testid="train-again"
          >
            {t("again")}
          </Button>
        )}
      </div>
      {error ? <Failure error={error} onClose={() => setError(null)} /> : null}
    </div>
  );
}
