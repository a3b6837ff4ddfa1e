/** A small sign of the run in progress, for the toolbar: it shows whichever panel is open, and opens the Train tab. */
import { RingProgress, Tooltip, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import { useView } from "../state/view";
import { isActive, progressOf, shownState, viewOf } from "./events";
import { clock } from "./measures";
import panel from "./panel.module.css";
import { useRuns } from "./store";
import { useNetworkRuns } from "./useNetworkRuns";

/** The newest active run of the open network as a share from 0 to 1; null where none is active. */
export function useActiveProgress(): number | null {
  return useRuns(({ runs, views }) => {
    const run = runs?.find(({ state }) => isActive(state));
    return run ? progressOf(views[run.id] ?? viewOf(run)) : null;
  });
}

export function RunIndicator() {
  const { t } = useTranslation("runs");
  useNetworkRuns(useDocument().id);
  const run = useRuns(({ runs }) => runs?.find(({ state }) => isActive(state)));
  const view = useRuns(({ views }) => (run ? views[run.id] : undefined));
  const showTab = useView((state) => state.showTab);
  if (!run || !view) return null;
  const percent = Math.floor(progressOf(view) * 100);
  const state = t(`state.${shownState(view)}`);
  const label = view.eta_s === null ? state : `${state} · ${t("progress.left", { time: clock(view.eta_s) })}`;
  const open = () => {
    useRuns.getState().show(run.id);
    showTab("train");
  };
  return (
    <Tooltip label={label}>
      <UnstyledButton
        className={panel.indicator}
        onClick={open}
        aria-label={`${label} · ${percent} %`}
        data-testid="run-indicator"
      >
        <RingProgress size={18} thickness={2.5} sections={[{ value: percent, color: "var(--vn-accent)" }]} />
        {percent} %
      </UnstyledButton>
    </Tooltip>
  );
}
