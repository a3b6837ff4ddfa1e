/** How far a run is: epochs, batches of the epoch, time left, speed. */
import { Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RunState } from "../../wire/runs";
import { progressOf, type RunView } from "../events";
import { clock, countText } from "../measures";
import panel from "../panel.module.css";
import { useSentence } from "../useSentence";
import classes from "./run.module.css";

export function RunProgress({ view, state }: { view: RunView; state: RunState }) {
  const { t, i18n } = useTranslation("runs");
  const say = useSentence();
  const share = progressOf(view);
  const number = (count: number) => countText(count, i18n.language);
  const steps =
    view.steps > 0 ? t("progress.step", { step: number(view.step), steps: number(view.steps) }) : "";
  return (
    <div className={classes.progress}>
      <div className={panel.spread}>
        <span className={classes.epoch} data-testid="run-epoch">
          {t("progress.epoch", { epoch: Math.max(view.epoch, 1), epochs: view.epochs })}
        </span>
        <span className={panel.muted}>
          {view.eta_s === null ? "" : t("progress.left", { time: clock(view.eta_s) })}
        </span>
      </div>
      <Progress
        value={share * 100}
        size="sm"
        transitionDuration={150}
        animated={state === "starting" || state === "stopping"}
        aria-label={t("progress.run")}
        data-testid="run-progress"
        data-percent={Math.round(share * 100)}
      />
      <Progress
        value={view.steps > 0 ? (view.step / view.steps) * 100 : 0}
        size={3}
        color="gray"
        // An epoch that begins anew must not run backwards.
        transitionDuration={view.step === 0 ? 0 : 100}
        aria-label={t("progress.batches")}
      />
      <div className={panel.spread}>
        <span className={panel.faint}>{view.status ? say(view.status) : steps}</span>
        <span className={panel.faint}>
          {view.samples_per_s === null
            ? ""
            : t("progress.speed", { number: number(Math.round(view.samples_per_s)) })}
        </span>
      </div>
    </div>
  );
}
