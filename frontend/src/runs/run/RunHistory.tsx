/** The runs of this network: look at one, or delete it. */
import { ActionIcon, Button, Popover, UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiError, toApiError } from "../../wire/client";
import type { Run } from "../../wire/runs";
import { isActive, shownState } from "../events";
import { Failure } from "../Failure";
import { metricLabel, optimizerText } from "../labels";
import { agoText, metricText } from "../measures";
import panel from "../panel.module.css";
import { StateDot } from "../StateBadge";
import { useRuns } from "../store";
import { useNow } from "../useNow";
import classes from "./history.module.css";

const SHOWN_FIRST = 5;

export function RunHistory() {
  const { t } = useTranslation("runs");
  const runs = useRuns((state) => state.runs);
  const [opened, setOpened] = useState(true);
  const [all, setAll] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  if (!runs || runs.length === 0) return null;
  const shown = all ? runs : runs.slice(0, SHOWN_FIRST);
  return (
    <section className={classes.history} aria-label={t("history.title")}>
      <UnstyledButton className={panel.disclosure} onClick={() => setOpened(!opened)} aria-expanded={opened}>
        <IconChevronRight size={14} className={panel.chevron} data-open={opened || undefined} />
        {t("history.title")}
        <span className={panel.faint}>{runs.length}</span>
      </UnstyledButton>
      {error ? <Failure error={error} onClose={() => setError(null)} /> : null}
      {opened ? (
        <ul className={classes.runs} data-testid="runs">
          {shown.map((run) => (
            <RunRow key={run.id} run={run} onError={setError} />
          ))}
        </ul>
      ) : null}
      {opened && runs.length > shown.length ? (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAll(true)}>
          {t("history.all", { count: runs.length })}
        </Button>
      ) : null}
    </section>
  );
}

function RunRow({ run, onError }: { run: Run; onError: (error: ApiError | null) => void }) {
  const { t, i18n } = useTranslation("runs");
  const { show } = useRuns.getState();
  const current = useRuns((state) => state.current === run.id);
  const view = useRuns((state) => state.views[run.id]);
  const now = useNow(30_000);
  const state = view && view.seq > 0 ? shownState(view) : run.state;
  const [metric, value] = headline(run, view?.rows.at(-1)?.metrics);
  const epoch = view ? (view.rows.at(-1)?.epoch ?? 0) : run.epoch;
  return (
    <li className={classes.run} data-current={current || undefined}>
      <UnstyledButton
        className={classes.runButton}
        onClick={() => show(run.id)}
        aria-current={current}
        data-testid={`run-${run.id}`}
      >
        <StateDot state={state} />
        <span className={classes.runText}>
          <span className={panel.ellipsis}>
            {run.dataset} <span className={panel.faint}>{optimizerText(run.recipe)}</span>
          </span>
          <span className={classes.runNote}>
            {t(`state.${state}`)} · {t("progress.epochs", { epoch, epochs: run.epochs })} ·{" "}
            {agoText(run.created_at, now, i18n.language)}
          </span>
        </span>
        {metric ? (
          <span className={classes.runMetric} title={metric.title(t)}>
            {metricText(metric.name, value)}
          </span>
        ) : null}
      </UnstyledButton>
      {isActive(state) ? null : <DeleteRun run={run} onError={onError} />}
    </li>
  );
}

interface Headline {
  name: string;
  title: (t: Parameters<typeof metricLabel>[0]) => string;
}

/** The one number that tells runs apart: accuracy on the test set, else the last of validation or training. */
function headline(run: Run, last: { [name: string]: number } | undefined): [Headline | null, number] {
  const latest =
    last ?? Object.fromEntries(Object.entries(run.history).map(([name, all]) => [name, all.at(-1)]));
  for (const base of ["accuracy", "loss"]) {
    const tested = run.test?.[base];
    if (tested !== undefined) {
      return [{ name: base, title: (t) => t("metric.test", { metric: metricLabel(t, base) }) }, tested];
    }
    for (const name of [`val_${base}`, base]) {
      const value = latest[name];
      if (value !== undefined) return [{ name, title: (t) => metricLabel(t, name) }, value];
    }
  }
  return [null, 0];
}

function DeleteRun({ run, onError }: { run: Run; onError: (error: ApiError | null) => void }) {
  const { t } = useTranslation("runs");
  const [asked, setAsked] = useState(false);
  const remove = async () => {
    setAsked(false);
    onError(null);
    try {
      await useRuns.getState().remove(run.id);
    } catch (error) {
      onError(toApiError(error));
    }
  };
  return (
    <Popover opened={asked} onChange={setAsked} position="left" withArrow shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon
          size={24}
          variant="subtle"
          color="gray"
          className={classes.runDelete}
          onClick={() => setAsked(!asked)}
          aria-label={t("history.delete")}
        >
          <IconTrash size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown className={classes.confirm}>
        <div>{t("history.deleteAsk")}</div>
        <div className={panel.tools}>
          <Button size="compact-xs" variant="default" onClick={() => setAsked(false)}>
            {t("cancel")}
          </Button>
          <Button size="compact-xs" color="red" onClick={() => void remove()} data-testid="delete-run">
            {t("history.delete")}
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
