/** Measures a run on its test set: accuracy, loss, which classes are taken for which. */
import { Button, Loader, Modal, SegmentedControl } from "@mantine/core";
import { IconArrowsMaximize, IconReportAnalytics } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../wire/runs";
import { evaluateRun } from "../api";
import type { Evaluation, RunView } from "../events";
import { Failure } from "../Failure";
import { metricLabel } from "../labels";
import { metricText } from "../measures";
import panel from "../panel.module.css";
import { ClassTable } from "./ClassTable";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { ConfusionTable } from "./ConfusionTable";
import { useJob } from "./jobs";

export function Evaluate({ run, view }: { run: Run; view: RunView }) {
  const { t } = useTranslation("runs");
  const { evaluation } = view;
  const { busy, error, ask, clear } = useJob((job) => evaluation?.job === job);
  return (
    <section className={panel.section} aria-label={t("evaluate.title")}>
      <div className={panel.spread}>
        <h3 className={panel.heading}>{t("evaluate.title")}</h3>
        <Button
          size="compact-sm"
          variant={evaluation ? "subtle" : "light"}
          color={evaluation ? "gray" : undefined}
          leftSection={busy ? <Loader size={12} /> : <IconReportAnalytics size={14} />}
          disabled={busy}
          onClick={() => void ask(() => evaluateRun(run.id))}
          data-testid="evaluate"
        >
          {busy ? t("evaluate.busy") : evaluation ? t("evaluate.again") : t("evaluate.start")}
        </Button>
      </div>
      {error ? <Failure error={error} onClose={clear} /> : null}
      {evaluation ? (
        <Result evaluation={evaluation} />
      ) : busy ? null : (
        <div className={panel.muted}>{t("evaluate.hint")}</div>
      )}
    </section>
  );
}

type Face = "map" | "table" | "classes";

function Result({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("runs");
  const [face, setFace] = useState<Face>("map");
  const [large, setLarge] = useState(false);
  const { confusion, per_class, metrics } = evaluation;
  const classNames = evaluation.classes ?? confusion?.map((_, i) => String(i)) ?? [];
  const told = Object.entries({
    accuracy: evaluation.accuracy,
    loss: evaluation.loss,
    ...metrics,
  }).filter(([, value]) => value !== null);
  const faces: Face[] = per_class ? ["map", "classes", "table"] : ["map", "table"];
  const shown = confusion ? (
    <>
      {face === "map" ? <ConfusionMatrix counts={confusion} classNames={classNames} large={large} /> : null}
      {face === "table" ? <ConfusionTable counts={confusion} classNames={classNames} /> : null}
      {face === "classes" && per_class ? <ClassTable rows={per_class} /> : null}
    </>
  ) : null;
  const choice = (
    <SegmentedControl
      size="xs"
      value={face}
      onChange={(value) => setFace(value as Face)}
      data={faces.map((value) => ({ value, label: t(`evaluate.${value}`) }))}
      aria-label={t("evaluate.view")}
    />
  );
  return (
    <>
      <dl className={panel.tiles} data-testid="evaluation">
        {told.map(([name, value]) => (
          <div key={name} className={panel.tile}>
            <dt>{metricLabel(t, name)}</dt>
            <dd data-testid={`evaluation-${name}`} data-value={value}>
              {metricText(name, value)}
            </dd>
          </div>
        ))}
      </dl>
      {confusion ? (
        <>
          <div className={panel.spread}>
            {choice}
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              leftSection={<IconArrowsMaximize size={13} />}
              onClick={() => setLarge(true)}
            >
              {t("curve.enlarge")}
            </Button>
          </div>
          {large ? null : shown}
          <Modal
            opened={large}
            onClose={() => setLarge(false)}
            size="min(1100px, 94vw)"
            title={t("evaluate.title")}
            closeButtonProps={{ "aria-label": t("close") }}
            transitionProps={{ duration: 120 }}
          >
            <div className={panel.tools}>{choice}</div>
            {shown}
          </Modal>
        </>
      ) : null}
    </>
  );
}
