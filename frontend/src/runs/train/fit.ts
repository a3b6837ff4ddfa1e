/** Whether the chosen data and settings fit the network, asked of the server whenever one of them changes. */
import { useEffect, useState } from "react";
import { problemsOf, useAnalysis } from "../../state/analysis";
import { type ApiError, toApiError } from "../../wire/client";
import type { Recipe, RunPreview } from "../../wire/runs";
import type { Diagnostic } from "../../wire/types";
import { previewRun } from "../api";

export interface Fit {
  /** The last answer; stays while the next is on its way. */
  preview: RunPreview | null;
  pending: boolean;
  error: ApiError | null;
  /** Everything that speaks against starting, the network's own errors first. */
  problems: readonly Diagnostic[];
}

/** Typing a number is not a question for every digit. */
const PAUSE_MS = 250;

const identity = ({ code, node, param, message }: Diagnostic) => JSON.stringify([code, node, param, message]);

function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [identity(diagnostic), diagnostic])).values()];
}

export function useFit(network: string, dataset: string | null, recipe: Recipe | null): Fit {
  const revision = useAnalysis((state) => state.revision);
  const own = useAnalysis((state) => problemsOf(state.diagnostics));
  const [answer, setAnswer] = useState<{
    dataset: string;
    preview: RunPreview | null;
    error: ApiError | null;
  }>();
  const [pending, setPending] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision of the network is another question
  useEffect(() => {
    if (dataset === null || recipe === null) return;
    const abort = new AbortController();
    setPending(true);
    const timer = setTimeout(async () => {
      try {
        const preview = await previewRun({ network, dataset, recipe }, abort.signal);
        setAnswer({ dataset, preview, error: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        setAnswer({ dataset, preview: null, error: toApiError(error) });
      }
      setPending(false);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [network, dataset, recipe, revision]);

  // An answer about other data is none about these.
  const current = answer?.dataset === dataset ? answer : undefined;
  return {
    preview: current?.preview ?? null,
    error: current?.error ?? null,
    pending,
    problems: distinct([
      ...own.filter(({ severity }) => severity === "error"),
      ...(current?.preview?.problems ?? []),
      ...(current?.error?.diagnostics ?? []),
    ]),
  };
}
