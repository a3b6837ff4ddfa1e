/** What can be done about a problem: look at its layer, apply its fix. */
import { useCallback } from "react";
import { useDocument } from "../document";
import { fixEdits } from "../editing/fix";
import { useCanvas } from "../state/canvas";
import { useView } from "../state/view";
import type { Diagnostic, Fix } from "../wire/types";
import { pathOf } from "./place";
import { stepsOf } from "./translate";

export interface ProblemActions {
  /** Selects the layer at fault, brings it into view and opens its parameters. */
  show(diagnostic: Diagnostic, around?: readonly string[]): void;
  /** One undo step. */
  fix(fix: Fix): void;
}

/** `around` are the blocks that are open where the problem is one of what is shown, not of the network. */
export function showProblem(problem: Diagnostic, around: readonly string[] = []): void {
  const path = [...around, ...pathOf(problem)];
  const node = path.pop();
  if (node === undefined || path.length < around.length) return;
  const view = useView.getState();
  view.open(path, node);
  view.showTab("layer");
  // What a block that is only opened now has selected is revealed with it.
  useCanvas.getState().controls?.reveal([node]);
}

export function useProblemActions(): ProblemActions {
  const document = useDocument();
  const fix = useCallback(
    (fix: Fix) => {
      // Fixes are the network's, whichever block is open.
      const edits = fixEdits(document.root.graph, fix.edits);
      document.root.apply(edits, "problems:undo_fix");
      // An inserted layer is worth looking at; others keep the selection where it is.
      const added = stepsOf({ edits }).flatMap((edit) => (edit.op === "add_node" ? [edit.node.id] : []));
      if (added.length > 0) useCanvas.getState().controls?.reveal(added);
    },
    [document],
  );
  return { show: showProblem, fix };
}
