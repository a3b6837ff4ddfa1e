/** Shows the open block in place of the network: everything below edits what is inside it. */
import { type ReactNode, useEffect, useMemo } from "react";
import { BlockDocument, DocumentContext, useDocument, useGraphPart } from "../document";
import { useAnalysis } from "../state/analysis";
import { useView } from "../state/view";
import { get } from "../wire/client";
import type { InsideAnalysis } from "../wire/types";

const NOTHING: InsideAnalysis = { nodes: {}, diagnostics: {}, copies: [] };

export function Inside({ children }: { children: ReactNode }) {
  const network = useDocument();
  const path = useView((view) => view.inside);
  const documents = useMemo(() => {
    const opened: BlockDocument[] = [];
    for (const id of path) opened.push(new BlockDocument(opened.at(-1) ?? network, id));
    return opened;
  }, [network, path]);

  // A block that another tab has removed, or an undo, cannot stay open.
  const lost = useGraphPart(() => documents.findIndex(({ definition }) => definition === null));
  useEffect(() => {
    if (lost >= 0) useView.getState().leave(lost);
  }, [lost]);
  useInsideAnalysis(network.id, path);

  return <DocumentContext value={documents.at(-1) ?? network}>{children}</DocumentContext>;
}

/** Shapes and costs in the open block; asked for again when the server has looked at an edit. */
function useInsideAnalysis(id: string, path: readonly string[]): void {
  const revision = useAnalysis((state) => state.revision);
  useEffect(() => {
    // What was known of another block, or of the network, is not known of this one.
    useAnalysis.getState().look(path.length === 0 ? null : NOTHING);
  }, [path]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new revision is a new question.
  useEffect(() => {
    if (path.length === 0) return;
    const abort = new AbortController();
    get<InsideAnalysis>(`/api/networks/${id}/inside/${path.join()}`, { signal: abort.signal }).then(
      (inside) => useAnalysis.getState().look(inside),
      () => {
        // A block that is broken has no shapes; what is wrong stands at its node.
        if (!abort.signal.aborted) useAnalysis.getState().look(NOTHING);
      },
    );
    return () => abort.abort();
  }, [id, path, revision]);
}
