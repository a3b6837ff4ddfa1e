/** Work on a finished run (an evaluation, a prediction): asked for, waited for, and given back with its result. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../../wire/client";
import type { Job } from "../../wire/runs";
import { fetchJob } from "../api";
import { asApiError } from "../library";

const FIRST_LOOK_MS = 250;
const LONGEST_PAUSE_MS = 2000;

export interface JobState {
  /** The job that is waited for, or the last that was; null before the first. */
  job: string | null;
  busy: boolean;
  error: ApiError | null;
  ask(send: () => Promise<Job>): Promise<void>;
  clear(): void;
}

/** `arrived` tells whether the result of a job has come by the run's own line, which is faster than asking. */
export function useJob(arrived: (job: string) => boolean): JobState {
  const [job, setJob] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const latest = useRef(arrived);
  latest.current = arrived;
  const done = job !== null && arrived(job);

  const ask = useCallback(async (send: () => Promise<Job>) => {
    setBusy(true);
    setError(null);
    try {
      let { id, state, error: failure } = await send();
      if (!mounted.current) return;
      setJob(id);
      for (let pause = FIRST_LOOK_MS; state !== "finished" && !latest.current(id); pause *= 1.5) {
        if (state === "failed" || state === "lost") {
          throw new ApiError(
            200,
            failure?.code ?? `job.${state}`,
            failure?.message ?? "",
            failure?.hint ?? "",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE_MS)));
        if (!mounted.current) return;
        if (!latest.current(id)) ({ id, state, error: failure } = await fetchJob(id));
      }
    } catch (cause) {
      if (mounted.current) setError(asApiError(cause));
    }
    if (mounted.current) setBusy(false);
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { job, busy: busy && !done, error, ask, clear };
}
