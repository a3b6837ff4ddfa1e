/** Every problem of the network, worst first: a click selects the layer at fault, a button repairs it. */
import { Button, ScrollArea, Text, UnstyledButton } from "@mantine/core";
import { IconCircleCheck, IconWand } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDocument, useGraphPart } from "../document";
import { ShortName } from "../shell/ShortName";
import { useProblems, useTotals } from "../state/analysis";
import { useView } from "../state/view";
import type { Diagnostic } from "../wire/types";
import { isAt, pathOf, wayText } from "./place";
import classes from "./problems.module.css";
import { SeverityIcon } from "./SeverityIcon";
import { fixLabel, fixReach, problemText } from "./translate";
import { useProblemActions } from "./useProblemActions";

/** More rows than anyone reads would only slow every edit. */
const STEP = 100;

export function ProblemsPanel() {
  const { t } = useTranslation("problems");
  const problems = useProblems();
  const [shown, setShown] = useState(STEP);
  const list = useRef<HTMLUListElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || !list.current) return;
    const rows = [...list.current.querySelectorAll<HTMLElement>("[data-row]")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
    event.preventDefault();
  };
  if (problems.length === 0) return <NoProblems />;
  return (
    <ScrollArea.Autosize className={classes.scroll} type="auto">
      <ul className={classes.list} ref={list} onKeyDown={onKeyDown} data-testid="problem-list">
        {problems.slice(0, shown).map((problem) => (
          <Row
            key={`${pathOf(problem).join()}:${problem.code}:${problem.param}:${problem.message}`}
            problem={problem}
          />
        ))}
        {problems.length > shown ? (
          <li>
            <Button size="compact-xs" variant="subtle" m={6} onClick={() => setShown(shown + STEP)}>
              {t("showMore", { count: problems.length - shown })}
            </Button>
          </li>
        ) : null}
      </ul>
    </ScrollArea.Autosize>
  );
}

function Row({ problem }: { problem: Diagnostic }) {
  const { t, i18n } = useTranslation("problems");
  const { show, fix } = useProblemActions();
  const { root, editable } = useDocument();
  // Problems are listed for the network, whichever block is open.
  const known = useGraphPart(() => (problem.node === null ? null : root.graph.nodes.get(problem.node)?.name));
  const selected = useView((view) => isAt(problem, view.inside, view.selection));
  const { message, hint } = problemText(problem, i18n.language);
  const name = known === null ? t("network") : (known ?? problem.node);
  const way = wayText(t, problem);
  return (
    <li className={classes.row} data-selected={selected || undefined} data-code={problem.code}>
      <UnstyledButton
        className={classes.open}
        onClick={() => show(problem)}
        data-row
        disabled={problem.node === null}
        data-testid="problem"
      >
        <SeverityIcon severity={problem.severity} />
        <span className={classes.layer} title={way === "" ? undefined : `${name} › ${way}`}>
          {way === "" ? <ShortName name={name ?? ""} /> : <span className={classes.around}>{name} › </span>}
          {way}
        </span>
        <span className={classes.text}>
          {message} <span className={classes.hint}>{hint}</span>
        </span>
      </UnstyledButton>
      {problem.fix && editable ? (
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<IconWand size={12} />}
          onClick={() => problem.fix && fix(problem.fix)}
          className={classes.fix}
          title={fixReach(t, problem.fix)}
          data-testid="apply-fix"
        >
          {fixLabel(t, problem.fix)}
        </Button>
      ) : null}
    </li>
  );
}

function NoProblems() {
  const { t } = useTranslation("problems");
  const totals = useTotals();
  const empty = totals?.layers === 0;
  return (
    <div className={classes.none}>
      {totals && !empty ? <IconCircleCheck size={18} className={classes.good} /> : null}
      <Text size="sm" c="var(--vn-text-muted)">
        {t(totals === null ? "waiting" : empty ? "noneEmpty" : "noneHint")}
      </Text>
    </div>
  );
}
