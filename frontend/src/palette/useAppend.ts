/** Putting a palette entry into the network by a click or a key: appended, connected, selected, one undo step. */
import { useCallback, useContext } from "react";
import { DocumentContext, type NetworkDocument } from "../document";
import { appendEntry } from "../editing/insert";
import { shownNodes, useAnalysis } from "../state/analysis";
import { useCanvas } from "../state/canvas";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import type { CatalogEntry, Position } from "../wire/types";

const ORIGIN: Position = [0, 0];

interface AppendOptions {
  /** Start a second way out of the selected layer. */
  branch?: boolean;
}

export function append(
  document: NetworkDocument,
  entry: CatalogEntry,
  { branch = false }: AppendOptions = {},
): void {
  const { catalog } = useCatalogStore.getState();
  if (!catalog) return;
  const { controls } = useCanvas.getState();
  const view = useView.getState();
  const scene = { graph: document.graph, catalog, analysis: shownNodes(useAnalysis.getState()) };
  const options = { selection: view.selection, branch, centre: controls?.centre() ?? ORIGIN };
  const { edits, id } = appendEntry(scene, entry, options);
  if (!document.apply(edits, "actions:undo_add")) return;
  view.select([id]);
  // A sidebar that was closed stays so: the next click is likely to be on the palette again.
  useView.setState({ sidebarTab: "layer" });
  controls?.reveal([id]);
}

export function useAppend(): (entry: CatalogEntry, options?: AppendOptions) => void {
  const document = useContext(DocumentContext);
  return useCallback((entry, options) => document && append(document, entry, options), [document]);
}
