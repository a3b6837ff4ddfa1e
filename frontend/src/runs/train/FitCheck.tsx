/** Whether data and network fit together: how the data are adapted, or what is in the way, with its fix. */
import { Button, Loader } from "@mantine/core";
import { IconCircleCheck, IconFocus2, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DiagnosticText, showProblem, useProblemActions } from "../../problems";
import type { Diagnostic } from "../../wire/types";
import { Failure } from "../Failure";
import panel from "../panel.module.css";
import { useSentence } from "../useSentence";
import type { Fit } from "./fit";
import classes from "./train.module.css";

/** More would push the settings off the panel; the problem list has them all. */
const MAX_SHOWN = 4;

export function FitCheck({ fit }: { fit: Fit }) {
  const { t } = useTranslation("runs");
  const say = useSentence();
  const { preview, problems, error, pending } = fit;
  const errors = problems.filter(({ severity }) => severity === "error");
  const fits = preview !== null && errors.length === 0;
  return (
    <div className={classes.fit} aria-live="polite" aria-busy={pending} data-testid="fit" data-fits={fits}>
      {fits ? (
        <div className={classes.fitLine} data-tone="good">
          <IconCircleCheck size={16} stroke={1.8} />
          <span>{t("fit.good")}</span>
          {pending ? <Loader size={10} /> : null}
        </div>
      ) : pending && problems.length === 0 && !error ? (
        <div className={classes.fitLine}>
          <Loader size={12} />
          <span>{t("fit.checking")}</span>
        </div>
      ) : null}
      {fits
        ? preview.adapts.map((sentence) => (
            <div key={sentence} className={classes.fitLine}>
              <IconInfoCircle size={16} stroke={1.6} />
              <span>{say(sentence)}</span>
            </div>
          ))
        : null}
      {problems.slice(0, MAX_SHOWN).map((problem) => (
        <FitProblem key={`${problem.code}:${problem.node}:${problem.message}`} problem={problem} />
      ))}
      {problems.length > MAX_SHOWN ? (
        <div className={panel.faint}>{t("fit.more", { count: problems.length - MAX_SHOWN })}</div>
      ) : null}
      {error && error.diagnostics.length === 0 ? <Failure error={error} /> : null}
    </div>
  );
}

function FitProblem({ problem }: { problem: Diagnostic }) {
  const { t } = useTranslation("runs");
  const { fix } = useProblemActions();
  return (
    <div className={classes.fitProblem}>
      <DiagnosticText diagnostic={problem} onFix={fix} />
      {problem.node ? (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconFocus2 size={13} />}
          onClick={() => showProblem(problem)}
        >
          {t("showLayer")}
        </Button>
      ) : null}
    </div>
  );
}
