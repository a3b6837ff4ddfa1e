/** The parameter total, always in sight; what else the network costs on hover or focus. */
import { Tooltip, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/format";
import { useAnalysis, useTotals } from "../state/analysis";
import { useView } from "../state/view";
import classes from "./toolbar.module.css";

export function Totals({ labelled }: { labelled: boolean }) {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const totals = useTotals();
  // Layers after a mistake are unknown, and may have weights too.
  const partial = useAnalysis(({ nodes }) => [...nodes.values()].some(({ outputs }) => outputs === null));
  const rows: [string, string][] = totals
    ? [
        [t("totals.layers"), format.count(totals.layers)],
        [t("totals.trainable"), format.count(totals.trainable)],
        [t("totals.nonTrainable"), format.count(totals.non_trainable)],
        [t("totals.macs"), totals.macs === null ? "–" : format.count(totals.macs)],
        [t("totals.memory"), totals.activation_bytes === null ? "–" : format.bytes(totals.activation_bytes)],
      ]
    : [];
  /** The overview of the inspector tells it at length. */
  const showOverview = () => {
    const view = useView.getState();
    view.clearSelection();
    view.showTab("layer");
  };
  return (
    <Tooltip
      disabled={!totals}
      events={{ hover: true, focus: true, touch: true }}
      label={
        <dl className={classes.totalsList}>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      }
    >
      <UnstyledButton className={classes.totals} onClick={showOverview} aria-label={t("totals.show")}>
        {labelled ? <span className={classes.totalsLabel}>{t("totals.parameters")}</span> : null}
        <span className={classes.totalsValue} data-testid="total-parameters">
          {totals ? format.count(totals.weights) : "–"}
        </span>
        {partial ? <span className={classes.totalsMore}>+</span> : null}
      </UnstyledButton>
    </Tooltip>
  );
}
