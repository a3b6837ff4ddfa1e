/** The log of epochs, newest first; only the rows in sight exist. */
import { type UIEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EpochRow } from "../events";
import { metricLabel } from "../labels";
import { clock, numberText } from "../measures";
import panel from "../panel.module.css";
import table from "../table.module.css";

const ROW_PX = 26;
const SHOWN_ROWS = 8;
/** Drawn beyond what is seen, so that fast scrolling shows no gap. */
const SPARE_ROWS = 6;

export function EpochTable({ rows, tall = false }: { rows: readonly EpochRow[]; tall?: boolean }) {
  const { t } = useTranslation("runs");
  const [top, setTop] = useState(0);
  if (rows.length === 0) return null;
  const shown = tall ? SHOWN_ROWS * 2 : SHOWN_ROWS;
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  const first = Math.min(rows.length - 1, Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS));
  const last = Math.min(rows.length, first + shown + 2 * SPARE_ROWS);
  const timed = rows.some(({ duration_s }) => duration_s !== null);

  return (
    <section className={panel.section} aria-label={t("epochs.title")}>
      <h3 className={panel.heading}>{t("epochs.title")}</h3>
      <div
        className={table.tableFrame}
        style={{ maxHeight: (shown + 1) * ROW_PX }}
        onScroll={(event: UIEvent<HTMLDivElement>) => setTop(event.currentTarget.scrollTop)}
        // A scrolling region must be reachable by keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that arrow keys scroll it
        tabIndex={0}
      >
        <table className={table.table} aria-rowcount={rows.length + 1} data-testid="epochs">
          <thead>
            <tr>
              <th scope="col">{t("epochs.epoch")}</th>
              {metrics.map((name) => (
                <th key={name} scope="col" title={metricLabel(t, name)}>
                  {/* Long names break at their underscore. */}
                  {name.replace("_", "_\u200b")}
                </th>
              ))}
              {timed ? <th scope="col">{t("epochs.time")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {first > 0 ? <tr style={{ height: first * ROW_PX }} aria-hidden /> : null}
            {rows
              .toReversed()
              .slice(first, last)
              .map((row) => (
                <tr key={row.epoch} style={{ height: ROW_PX }} aria-rowindex={rows.length - row.epoch + 2}>
                  <th scope="row">{row.epoch}</th>
                  {metrics.map((name) => (
                    <td key={name}>{numberText(row.metrics[name])}</td>
                  ))}
                  {timed ? <td>{row.duration_s === null ? "–" : duration(row.duration_s)}</td> : null}
                </tr>
              ))}
            {last < rows.length ? <tr style={{ height: (rows.length - last) * ROW_PX }} aria-hidden /> : null}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const duration = (seconds: number) => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds));
