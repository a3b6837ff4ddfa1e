/** React's view of the open document. */
import { useCallback, useContext, useSyncExternalStore } from "react";
import type { GraphNode } from "../wire/types";
import { DocumentContext } from "./DocumentProvider";
import type { DocumentGraph } from "./graph";
import type { DocumentState, NetworkDocument } from "./NetworkDocument";

export function useDocument(): NetworkDocument {
  const document = useContext(DocumentContext);
  if (!document) throw new Error("useDocument needs a DocumentProvider above it.");
  return document;
}

/** The whole graph; renders again on every edit. Prefer `useNode` or `useGraphPart`. */
export function useGraph(): DocumentGraph {
  const document = useDocument();
  return useSyncExternalStore(document.subscribeGraph, () => document.graph);
}

/** A part of the graph; renders again only when `pick` gives another value (compared by identity). */
export function useGraphPart<T>(pick: (graph: DocumentGraph) => T): T {
  const document = useDocument();
  const read = useCallback(() => pick(document.graph), [document, pick]);
  return useSyncExternalStore(document.subscribeGraph, read);
}

export function useNode(id: string | null): GraphNode | undefined {
  const document = useDocument();
  const read = useCallback(() => (id === null ? undefined : document.graph.nodes.get(id)), [document, id]);
  return useSyncExternalStore(document.subscribeGraph, read);
}

export function useDocumentState(): DocumentState {
  const document = useDocument();
  return useSyncExternalStore(document.subscribeState, () => document.state);
}
