/** What can be done about a problem: look at its layer, apply its fix. */
import { useCallback } from "react";
import { useDocument } from "../document";
import { useCanvas } from "../state/canvas";
import { useView } from "../state/view";
import type { Diagnostic, Fix } from "../wire/types";

export interface ProblemActions {
  /** Selects the layer at fault, brings it into view and opens its parameters. */
  show(diagnostic: Diagnostic): void;
  /** One undo step. */
  fix(fix: Fix): void;
}

export function showProblem({ node }: Diagnostic): void {
  if (node === null) return;
  const view = useView.getState();
  // Problems are listed for the network; a block that is open would hide their layers.
  view.leave(0);
  view.select([node]);
  view.showTab("layer");
  useCanvas.getState().controls?.reveal([node]);
}

export function useProblemActions(): ProblemActions {
  const document = useDocument();
  const fix = useCallback(
    ({ edits }: Fix) => {
      document.apply(edits, "problems:undo_fix");
      // An inserted layer is worth looking at; others keep the selection where it is.
      const added = edits.flatMap((edit) => (edit.op === "add_node" ? [edit.node.id] : []));
      if (added.length > 0) useCanvas.getState().controls?.reveal(added);
    },
    [document],
  );
  return { show: showProblem, fix };
}
