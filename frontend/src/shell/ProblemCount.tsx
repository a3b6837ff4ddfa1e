/** How many problems there are, by severity; opens the list. */
import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { SeverityIcon } from "../problems";
import { useProblems, useTotals } from "../state/analysis";
import { useView } from "../state/view";
import type { Severity } from "../wire/types";
import classes from "./toolbar.module.css";

const SEVERITIES: Severity[] = ["error", "warning", "hint"];

export function useProblemSummary(): { counts: [Severity, number][]; text: string } {
  const { t } = useTranslation("problems");
  const problems = useProblems();
  const counts = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    problems.filter((problem) => problem.severity === severity).length,
  ]).filter(([, count]) => count > 0);
  const text = counts.map(([severity, count]) => t(`${severity}s`, { count })).join(", ");
  return { counts, text: text || t("none") };
}

export function ProblemCount() {
  const { t } = useTranslation("problems");
  const totals = useTotals();
  const { counts, text } = useProblemSummary();
  const open = useView((view) => view.problemsOpen);
  const toggle = useView((view) => view.toggle);
  const good = counts.length === 0 && totals !== null && totals.layers > 0;
  return (
    <Tooltip label={text}>
      <UnstyledButton
        className={classes.count}
        onClick={() => toggle("problemsOpen")}
        aria-expanded={open}
        aria-label={`${t("title")}: ${text}`}
        data-testid="problem-count"
      >
        {counts.map(([severity, count]) => (
          <span key={severity} className={classes.countPart}>
            <SeverityIcon severity={severity} size={15} />
            {count}
          </span>
        ))}
        {counts.length === 0 ? (
          <IconCircleCheck size={17} stroke={1.7} className={good ? classes.good : classes.neutral} />
        ) : null}
      </UnstyledButton>
    </Tooltip>
  );
}
