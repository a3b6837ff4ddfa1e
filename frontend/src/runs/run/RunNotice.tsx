/** What a state means for the user, and what can be done now. */
import { Button, Loader } from "@mantine/core";
import { IconAlertCircle, IconClockPause, IconFocus2, IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useCanvas } from "../../state/canvas";
import { useView } from "../../state/view";
import type { Run, RunState } from "../../wire/runs";
import { isActive, type RunView } from "../events";
import panel from "../panel.module.css";
import { useRuns } from "../store";
import { useSentence } from "../useSentence";

interface RunNoticeProps {
  run: Run;
  view: RunView;
  state: RunState;
}

export function RunNotice({ run, view, state }: RunNoticeProps) {
  const { t } = useTranslation("runs");
  const line = useRuns((runs) => runs.lines[run.id]);
  const cut = isActive(state) && line === "waiting";
  return (
    <>
      {cut ? (
        <Notice tone="warning" icon={<IconPlugConnectedX size={16} stroke={1.7} />} testId="run-offline">
          {t("notice.offline")}
        </Notice>
      ) : null}
      <StateNotice run={run} view={view} state={state} />
    </>
  );
}

function StateNotice({ run, view, state }: RunNoticeProps) {
  const { t } = useTranslation("runs");
  const say = useSentence();
  const ahead = useAhead(run);
  switch (state) {
    case "queued":
      return (
        <Notice tone="calm" icon={<Loader size={14} />} testId="run-queued">
          {ahead > 0 ? t("notice.queuedBehind", { count: ahead }) : t("notice.queued")}
          {view.status ? <div className={panel.muted}>{say(view.status)}</div> : null}
        </Notice>
      );
    case "starting":
      return view.epoch <= (view.checkpoint ?? 0) && view.steps === 0 ? (
        <Notice tone="calm" icon={<Loader size={14} />} testId="run-starting">
          {view.status ? say(view.status) : t("notice.starting")}
        </Notice>
      ) : null;
    case "stopping":
      return (
        <Notice tone="calm" icon={<Loader size={14} />}>
          {t("notice.stopping")}
        </Notice>
      );
    case "stopped":
      return (
        <Notice tone="calm" icon={<IconClockPause size={16} stroke={1.7} />}>
          {view.epoch > 0 ? t("notice.stopped", { epoch: view.epoch }) : t("notice.stoppedEarly")}
          {run.resumable ? ` ${t("notice.canResume", { epoch: resumesAt(view) })}` : ""}
        </Notice>
      );
    case "lost":
      return (
        <Notice tone="warning" icon={<IconAlertCircle size={16} stroke={1.7} />} testId="run-lost">
          {t("notice.lost")}{" "}
          {run.resumable ? t("notice.canResume", { epoch: resumesAt(view) }) : t("notice.cannotResume")}
        </Notice>
      );
    case "failed":
      return <FailedNotice run={run} view={view} />;
    default:
      return null;
  }
}

/** The first epoch that a resumed run trains. */
const resumesAt = (view: RunView) => (view.checkpoint ?? view.rows.at(-1)?.epoch ?? 0) + 1;

/** How many runs of this network wait or run before this one. */
function useAhead(run: Run): number {
  return useRuns(
    ({ runs }) =>
      runs?.filter(
        ({ id, state, created_at }) => id !== run.id && isActive(state) && created_at < run.created_at,
      ).length ?? 0,
  );
}

function FailedNotice({ run, view }: { run: Run; view: RunView }) {
  const { t } = useTranslation("runs");
  const say = useSentence();
  const error = view.error ?? run.error;
  if (!error) return null;
  const { node } = error;
  const reveal = () => {
    if (node === null) return;
    const sidebar = useView.getState();
    sidebar.select([node]);
    sidebar.showTab("layer");
    useCanvas.getState().controls?.reveal([node]);
  };
  return (
    <Notice tone="error" icon={<IconAlertCircle size={16} stroke={1.7} />} testId="run-failed">
      <div>
        {t(`error.${error.code}`, { defaultValue: say(error.message) })}{" "}
        <span className={panel.muted}>{t(`errorHint.${error.code}`, { defaultValue: say(error.hint) })}</span>
      </div>
      {node ? (
        <div>
          <Button
            size="compact-xs"
            variant="light"
            color="red"
            leftSection={<IconFocus2 size={13} />}
            onClick={reveal}
          >
            {t("showLayer")}
          </Button>
        </div>
      ) : null}
    </Notice>
  );
}

interface NoticeProps {
  tone: "calm" | "warning" | "error";
  icon: ReactNode;
  testId?: string;
  children: ReactNode;
}

function Notice({ tone, icon, testId, children }: NoticeProps) {
  return (
    <div
      className={panel.notice}
      data-tone={tone}
      role={tone === "error" ? "alert" : "status"}
      data-testid={testId}
    >
      <span className={panel.noticeIcon}>{icon}</span>
      <div className={panel.noticeBody}>{children}</div>
    </div>
  );
}
