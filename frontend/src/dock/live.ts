/** What the server makes of the network, fetched again after edits; an answer that has become stale is dropped. */
import { useEffect, useState } from "react";
import { BlockDocument, useDocument, useGraphPart } from "../document";
import { useAnalysis } from "../state/analysis";
import { type ApiError, toApiError } from "../wire/client";

const PAUSE_MS = 300;

export interface Live<T> {
  data: T | null;
  error: ApiError | null;
  /** What is shown is older than the network. */
  waiting: boolean;
}

/** `load` must keep its identity while it asks the same. */
export function useLive<T>(load: (signal: AbortSignal) => Promise<T>): Live<T> {
  const revision = useAnalysis((state) => state.revision);
  const nodes = useGraphPart((graph) => graph.nodes);
  const blocks = useGraphPart((graph) => graph.blocks);
  const [live, setLive] = useState<Live<T>>({ data: null, error: null, waiting: true });

  // biome-ignore lint/correctness/useExhaustiveDependencies: an edit is a reason to ask again.
  useEffect(() => {
    const abort = new AbortController();
    setLive((known) => (known.waiting ? known : { ...known, waiting: true }));
    const timer = setTimeout(() => {
      load(abort.signal).then(
        (data) => setLive({ data, error: null, waiting: false }),
        (error: unknown) => {
          if (!abort.signal.aborted) setLive({ data: null, error: toApiError(error), waiting: false });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [load, revision, nodes, blocks]);
  return live;
}

/** The network's own nodes, wherever one is. */
export function useNetworkNodes() {
  let document = useDocument();
  useGraphPart((graph) => graph);
  while (document instanceof BlockDocument) document = document.around;
  return document.graph.nodes;
}
