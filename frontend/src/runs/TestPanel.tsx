/** The Test tab: what a trained run makes of single images, and of the whole test set. */
import { Button, Select } from "@mantine/core";
import { IconBarbell, IconPhotoSearch, IconReportAnalytics } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import { useView } from "../state/view";
import type { Run } from "../wire/runs";
import { viewOf } from "./events";
import { Failure } from "./Failure";
import { runText } from "./labels";
import { useLibrary } from "./library";
import { metricText } from "./measures";
import panel from "./panel.module.css";
import { readSettings, writeSettings } from "./settings";
import { useRuns } from "./store";
import { Evaluate } from "./test/Evaluate";
import { Predict } from "./test/Predict";
import classes from "./test/test.module.css";
import { IMPORTED, useWeights } from "./train/WeightsField";
import { useNetworkRuns } from "./useNetworkRuns";

/** A run that was cut off has those of its last checkpoint. */
const hasWeights = ({ files, state, epoch }: Run) =>
  files.some(({ name }) => name.endsWith(".weights.h5")) || (state === "lost" && epoch > 0);

export function TestPanel() {
  const network = useDocument().id;
  useNetworkRuns(network);
  const load = useLibrary((library) => library.load);
  useEffect(() => {
    void load();
  }, [load]);
  const { runs, error, open } = useRuns();
  const [chosen, setChosen] = useState<string | null>(null);
  const trained = runs?.filter(hasWeights) ?? [];
  const run = trained.find(({ id }) => id === chosen) ?? trained[0];
  return (
    <div className={panel.panel} data-testid="test-panel">
      {error ? <Failure error={error} onRetry={() => void open(network)} /> : null}
      {run ? (
        <>
          <div className={panel.header}>
            <RunSelect runs={trained} value={run.id} onChange={setChosen} />
          </div>
          <TestedRun key={run.id} run={run} />
        </>
      ) : runs ? (
        <NothingTrained network={network} active={runs.length > 0} />
      ) : null}
    </div>
  );
}

function TestedRun({ run }: { run: Run }) {
  const watch = useRuns((state) => state.watch);
  useEffect(() => watch(run.id), [watch, run.id]);
  const view = useRuns((state) => state.views[run.id]) ?? viewOf(run);
  const dataset = useLibrary(({ datasets }) => datasets?.find(({ name }) => name === run.dataset));
  return (
    <div className={panel.body}>
      <Predict run={run} view={view} dataset={dataset} />
      <Evaluate run={run} view={view} />
    </div>
  );
}

interface RunSelectProps {
  runs: Run[];
  value: string;
  onChange: (id: string | null) => void;
}

function RunSelect({ runs, value, onChange }: RunSelectProps) {
  const { t, i18n } = useTranslation("runs");
  const byId = new Map(runs.map((run) => [run.id, run]));
  return (
    <Select
      size="xs"
      label={t("test.run")}
      data={runs.map((run) => ({ value: run.id, label: runText(run, i18n.language) }))}
      value={value}
      onChange={onChange}
      allowDeselect={false}
      renderOption={({ option }) => {
        const accuracy = byId.get(option.value)?.test?.accuracy;
        return (
          <div className={panel.spread}>
            <span className={panel.ellipsis}>{option.label}</span>
            {accuracy === undefined ? null : <b>{metricText("accuracy", accuracy)}</b>}
          </div>
        );
      }}
      comboboxProps={{ shadow: "md" }}
      data-testid="tested-run"
    />
  );
}

function NothingTrained({ network, active }: { network: string; active: boolean }) {
  const { t } = useTranslation("runs");
  const showTab = useView((view) => view.showTab);
  const [imported] = useWeights(network).filter(({ id }) => id === IMPORTED);
  const measure = () => {
    const settings = readSettings(network) ?? { dataset: null, recipe: {} };
    writeSettings(network, { ...settings, recipe: { ...settings.recipe, epochs: 0 } });
    showTab("train");
  };
  return (
    <div className={classes.empty} data-testid="nothing-trained">
      <IconPhotoSearch size={32} stroke={1.3} />
      <div className={classes.emptyTitle}>{t(imported ? "test.imported" : "test.none")}</div>
      <div className={classes.emptyHint}>
        {imported ? t("test.importedHint", { file: imported.label }) : null}
        {imported ? null : t(active ? "test.noneYet" : "test.noneHint")}
      </div>
      {imported ? (
        <Button size="xs" leftSection={<IconReportAnalytics size={14} />} onClick={measure}>
          {t("test.measure")}
        </Button>
      ) : (
        <Button size="xs" leftSection={<IconBarbell size={14} />} onClick={() => showTab("train")}>
          {t("test.goTrain")}
        </Button>
      )}
    </div>
  );
}
