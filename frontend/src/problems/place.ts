/** Where a problem is: the ids that lead to its node, through the blocks it is in, and how to say so. */
import type { TFunction } from "i18next";
import type { Diagnostic } from "../wire/types";

/** The ids of the blocks to open, and that of the node at fault last; none where it is the network's own. */
export function pathOf({ node, inside }: Diagnostic): string[] {
  return node === null ? [] : [node, ...inside.map((step) => step.node)];
}

export const isAt = (problem: Diagnostic, inside: readonly string[], selection: ReadonlySet<string>) => {
  const path = pathOf(problem);
  const last = path.pop();
  return last !== undefined && selection.has(last) && path.join() === inside.join();
};

/** The first problem at the next place in the list; a place with several problems is one stop. */
export function problemBehind(
  problems: readonly Diagnostic[],
  inside: readonly string[],
  selection: ReadonlySet<string>,
): Diagnostic | undefined {
  const stops = new Map<string, Diagnostic>();
  for (const problem of problems) {
    const place = pathOf(problem).join();
    if (place !== "" && !stops.has(place)) stops.set(place, problem);
  }
  const list = [...stops.values()];
  const at = list.findIndex((problem) => isAt(problem, inside, selection));
  return list[(at + 1) % list.length];
}

/** The names behind a block's that lead to a problem within it; empty where it is not within a block. */
export function wayText(t: TFunction, { inside }: Diagnostic): string {
  return inside
    .flatMap(({ name, copy }) => (copy === null ? [name] : [t("problems:copy", { copy }), name]))
    .join(" › ");
}
