/** Whether the network can be trained, and if not, why: the first error, and how many there are. */
import { useTranslation } from "react-i18next";
import { useDocument, useDocumentState, useGraphPart } from "../document";
import { problemText, wayText } from "../problems";
import { useProblems, useTotals } from "../state/analysis";

export interface Trainable {
  /** A sentence; null where training may start. */
  reason: string | null;
}

export function useTrainable(): Trainable {
  const { t, i18n } = useTranslation("shell");
  const { loaded, status } = useDocumentState();
  const totals = useTotals();
  const errors = useProblems().filter(({ severity }) => severity === "error");
  const [first] = errors;
  const { root } = useDocument();
  const name = useGraphPart(() => (first?.node ? (root.graph.nodes.get(first.node)?.name ?? null) : null));

  if (!loaded || totals === null) return { reason: t("cannot.checking") };
  if (status === "offline") return { reason: t("cannot.offline") };
  if (totals.layers === 0) return { reason: t("cannot.empty") };
  if (!first) return { reason: null };
  const { message } = problemText(first, i18n.language);
  const way = [name, wayText(t, first)].filter(Boolean).join(" › ");
  const problem = way === "" ? message : `${way}: ${message}`;
  return { reason: t("cannot.errors", { count: errors.length, problem }) };
}
