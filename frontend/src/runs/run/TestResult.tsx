/** What the test set says of a finished run, and the way to try it out. */
import { Button } from "@mantine/core";
import { IconPhotoSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useView } from "../../state/view";
import type { Metrics } from "../../wire/runs";
import { metricLabel } from "../labels";
import { lossOf, metricText } from "../measures";
import classes from "./run.module.css";

export function TestResult({ test }: { test: Metrics }) {
  const { t } = useTranslation("runs");
  const showTab = useView((view) => view.showTab);
  // What people ask for first goes first.
  const names = Object.keys(test).sort((a, b) => Number(b === "accuracy") - Number(a === "accuracy"));
  return (
    <section className={classes.result} aria-label={t("result.title")}>
      <div className={classes.resultTitle}>{t("result.title")}</div>
      <dl className={classes.resultNumbers}>
        {names.map((name) => (
          <div key={name} data-of-end={lossOf(name) !== null}>
            <dt>{metricLabel(t, name)}</dt>
            <dd data-testid={`test-${name}`} data-value={test[name]}>
              {metricText(name, test[name])}
            </dd>
          </div>
        ))}
      </dl>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPhotoSearch size={14} />}
        onClick={() => showTab("test")}
        data-testid="go-to-test"
      >
        {t("result.try")}
      </Button>
    </section>
  );
}
