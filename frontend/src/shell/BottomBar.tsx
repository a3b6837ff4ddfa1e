/** The strip under the canvas: problems in a line, the list on demand; on phones the total too. */
import { ActionIcon, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ProblemsPanel, problemText, SeverityIcon } from "../problems";
import { useProblems, useTotals } from "../state/analysis";
import { useView } from "../state/view";
import { useProblemSummary } from "./ProblemCount";
import classes from "./shell.module.css";
import { Totals } from "./Totals";
import { useScreen } from "./useScreen";

export function BottomBar() {
  const { t, i18n } = useTranslation("problems");
  const { phone } = useScreen();
  const open = useView((view) => view.problemsOpen);
  const toggle = useView((view) => view.toggle);
  const totals = useTotals();
  const problems = useProblems();
  const { text } = useProblemSummary();
  const [worst] = problems;
  const empty = totals === null || totals.layers === 0;
  return (
    <section className={classes.bottom} aria-label={t("title")} data-testid="problems">
      <div className={classes.bottomHead}>
        <UnstyledButton
          className={classes.bottomToggle}
          onClick={() => toggle("problemsOpen")}
          aria-expanded={open}
          aria-controls="problems-list"
          data-testid="toggle-problems"
        >
          {worst ? <SeverityIcon severity={worst.severity} size={15} /> : null}
          {!worst && !empty ? <IconCircleCheck size={15} className={classes.good} /> : null}
          <span className={classes.bottomTitle}>{worst ? text : empty ? t("noneEmpty") : t("none")}</span>
          {worst && !open ? (
            <span className={classes.bottomFirst}>{problemText(worst, i18n.language).message}</span>
          ) : null}
        </UnstyledButton>
        {phone ? <Totals labelled={false} /> : null}
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          onClick={() => toggle("problemsOpen")}
          aria-label={t(open ? "collapse" : "expand")}
        >
          {open ? <IconChevronDown size={15} /> : <IconChevronUp size={15} />}
        </ActionIcon>
      </div>
      {open ? (
        <div id="problems-list" className={classes.bottomBody}>
          <ProblemsPanel />
        </div>
      ) : null}
    </section>
  );
}
