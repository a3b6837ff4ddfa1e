/**
 * The data set that is trained on until one is chosen: one whose samples get into the network as it is, asked of the
 * server whenever the network changes.
 */
import { useEffect, useState } from "react";
import { useAnalysis } from "../../state/analysis";
import type { Dataset } from "../../wire/runs";
import { fetchFitting } from "../api";

/** Typing a size is not a question for every digit. */
const PAUSE_MS = 250;

/** Of several that fit the first, as the server orders them; else the first that is at hand without a download. */
export function suggestionOf(datasets: readonly Dataset[], fitting: readonly string[]): string | null {
  const ready = datasets.filter(({ available }) => available);
  const [fits] = fitting.filter((name) => ready.some((dataset) => dataset.name === name));
  return fits ?? (ready.find(({ message }) => message === "") ?? ready[0])?.name ?? null;
}

/** null where none is wanted, and until the server has answered. */
export function useSuggestion(network: string, datasets: readonly Dataset[], wanted: boolean): string | null {
  const revision = useAnalysis((state) => state.revision);
  const [fitting, setFitting] = useState<string[] | null>(null);
  const first = fitting === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision of the network is another question
  useEffect(() => {
    if (!wanted) return;
    const abort = new AbortController();
    const ask = () =>
      fetchFitting(network, abort.signal).then(setFitting, () => {
        // Without an answer any data set is as good as another.
        if (!abort.signal.aborted) setFitting([]);
      });
    const timer = setTimeout(ask, first ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [network, wanted, revision, datasets]);
  return wanted && fitting ? suggestionOf(datasets, fitting) : null;
}
