/** The metrics in big numbers: of the batches while an epoch runs, of the last epoch after. */
import { useTranslation } from "react-i18next";
import { metricsOf } from "../charts/curves";
import type { RunView } from "../events";
import { metricLabel } from "../labels";
import { isShare, metricText, shortMetricText } from "../measures";
import panel from "../panel.module.css";

/** The epoch in which a metric was best. */
function bestOf(view: RunView, metric: string): { epoch: number; value: number } | null {
  let best: { epoch: number; value: number } | null = null;
  for (const { epoch, metrics } of view.rows) {
    const value = metrics[metric];
    if (value === undefined || !Number.isFinite(value)) continue;
    if (best === null || (isShare(metric) ? value > best.value : value < best.value)) best = { epoch, value };
  }
  return best;
}

export function MetricTiles({ view, live }: { view: RunView; live: boolean }) {
  const { t } = useTranslation("runs");
  const last = view.rows.at(-1)?.metrics ?? {};
  const metrics = metricsOf(view);
  if (metrics.length === 0) return null;
  const told = { ...last, ...(live ? view.batch : {}) };
  const names = metrics.flatMap((metric) => [metric, `val_${metric}`]).filter((name) => name in told);
  return (
    <dl className={panel.tiles}>
      {names.map((name) => {
        const best = bestOf(view, name);
        return (
          <div key={name} className={panel.tile} data-testid={`metric-${name}`}>
            <dt>{metricLabel(t, name)}</dt>
            <dd>{metricText(name, told[name])}</dd>
            <dd className={panel.tileNote}>
              {best
                ? t("metric.best", { value: shortMetricText(name, best.value), epoch: best.epoch })
                : "\u00a0"}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
