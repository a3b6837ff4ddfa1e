import { IconArrowBigRightLine } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import { problemBehind, showProblem } from "../../problems";
import { problemsOf, useAnalysis } from "../../state/analysis";

const located = () => problemsOf(useAnalysis.getState().diagnostics).filter(({ node }) => node !== null);

export default {
  id: "nextProblem",
  label: "shell:action.nextProblem",
  icon: IconArrowBigRightLine,
  shortcut: "f8",
  menu: { group: "view", order: 590 },
  enabled: ({ document }) => document !== null && located().length > 0,
  run: ({ view }) => {
    const next = problemBehind(located(), view.inside, view.selection);
    if (next) showProblem(next);
  },
} satisfies Action;
