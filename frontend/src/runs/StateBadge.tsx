/** The state of a run: a dot whose colour and motion say the same as the word. */
import { useTranslation } from "react-i18next";
import type { RunState } from "../wire/runs";
import panel from "./panel.module.css";

export function StateDot({ state }: { state: RunState }) {
  return <span className={panel.dot} data-state={state} aria-hidden />;
}

export function StateBadge({ state }: { state: RunState }) {
  const { t } = useTranslation("runs");
  return (
    <span className={panel.state} data-state={state} data-testid="run-state" role="status">
      <StateDot state={state} />
      {t(`state.${state}`)}
    </span>
  );
}
