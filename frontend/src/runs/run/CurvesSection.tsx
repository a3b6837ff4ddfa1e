/** The curves of a run, beside another's where wanted; larger in a window of their own. */
import { ActionIcon, Loader, Modal, Select, Switch, Tooltip } from "@mantine/core";
import { IconArrowsMaximize } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../wire/runs";
import { curvesOf } from "../charts/curves";
import { type RunView, viewOf } from "../events";
import { metricLabel, runText } from "../labels";
import { lossOf, markText, shortMetricText } from "../measures";
import panel from "../panel.module.css";
import { useRuns } from "../store";
import { EpochTable } from "./EpochTable";
import classes from "./run.module.css";

// The drawing library is not needed before there is something to draw.
const CurveChart = lazy(() => import("../charts/CurveChart"));

export function CurvesSection({ run, view }: { run: Run; view: RunView }) {
  const { t } = useTranslation("runs");
  const [log, setLog] = useState(false);
  const [otherId, setOtherId] = useState<string | null>(null);
  const [large, setLarge] = useState(false);
  const other = useOther(otherId);
  const labels = useMemo(
    () => ({
      training: t("curve.training"),
      validation: t("curve.validation"),
      other: { training: t("curve.otherTraining"), validation: t("curve.otherValidation") },
    }),
    [t],
  );
  const metrics = useMemo(() => curvesOf(view, other, labels), [view, other, labels]);
  if (metrics.length === 0) return null;

  const charts = (height: number) => (
    <Suspense fallback={<Loader size="sm" />}>
      {metrics.map(({ metric, curves }) => (
        <CurveChart
          key={metric}
          title={metricLabel(t, metric)}
          curves={curves}
          log={log && (metric === "loss" || lossOf(metric) !== null)}
          height={height}
          syncKey={`${run.id}.${height}`}
          format={(value) => shortMetricText(metric, value)}
          mark={(value) => markText(metric, value)}
        />
      ))}
    </Suspense>
  );
  const controls = (
    <>
      <OtherRun run={run} value={otherId} onChange={setOtherId} />
      <Switch
        size="xs"
        label={t("curve.log")}
        checked={log}
        onChange={(event) => setLog(event.currentTarget.checked)}
        data-testid="log-scale"
      />
    </>
  );
  return (
    <section className={panel.section} aria-label={t("curve.title")} data-testid="curves">
      <div className={panel.spread}>
        <h3 className={panel.heading}>{t("curve.title")}</h3>
        <div className={panel.tools}>
          {controls}
          <Tooltip label={t("curve.enlarge")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              onClick={() => setLarge(true)}
              aria-label={t("curve.enlarge")}
            >
              <IconArrowsMaximize size={14} />
            </ActionIcon>
          </Tooltip>
        </div>
      </div>
      {large ? null : charts(148)}
      <Modal
        opened={large}
        onClose={() => setLarge(false)}
        size="min(1280px, 94vw)"
        title={t("curve.title")}
        closeButtonProps={{ "aria-label": t("close") }}
        transitionProps={{ duration: 120 }}
      >
        <div className={`${panel.tools} ${classes.largeTools}`}>{controls}</div>
        <div className={classes.largeCharts}>{charts(300)}</div>
        <EpochTable rows={view.rows} />
      </Modal>
    </section>
  );
}

/** The view of a run to compare with; followed while it is chosen. */
function useOther(id: string | null): RunView | null {
  const run = useRuns(({ runs }) => runs?.find((known) => known.id === id));
  const view = useRuns(({ views }) => (id === null ? undefined : views[id]));
  const watch = useRuns((state) => state.watch);
  useEffect(() => (id === null ? undefined : watch(id)), [id, watch]);
  return useMemo(() => view ?? (run ? viewOf(run) : null), [view, run]);
}

interface OtherRunProps {
  run: Run;
  value: string | null;
  onChange: (id: string | null) => void;
}

function OtherRun({ run, value, onChange }: OtherRunProps) {
  const { t, i18n } = useTranslation("runs");
  const runs = useRuns((state) => state.runs) ?? [];
  const others = runs.filter(({ id, epoch }) => id !== run.id && epoch > 0);
  if (others.length === 0) return null;
  return (
    <Select
      size="xs"
      className={classes.compare}
      placeholder={t("curve.compare")}
      aria-label={t("curve.compare")}
      data={others.map((other) => ({
        value: other.id,
        label: runText(other, i18n.language),
      }))}
      value={value}
      onChange={onChange}
      clearable
      comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-end" }}
      data-testid="compare"
    />
  );
}
