/** Work on a finished run (an evaluation, a prediction): asked for, waited for, and given back with its result. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, toApiError } from "../../wire/client";
import type { Job } from "../../wire/runs";
import { fetchJob } from "../api";

const FIRST_LOOK_MS = 250;
const LONGEST_PAUSE_MS = 2000;

export interface JobState {
  /** The last job that was accepted; null before the first. */
  job: string | null;
  /** The last question has no answer yet. */
  busy: boolean;
  error: ApiError | null;
  /** Asks anew; whatever is still being waited for is forgotten. */
  ask(send: () => Promise<Job>): Promise<void>;
  /** Takes note of a failure. */
  clear(): void;
  /** Back to the start, as if nothing had been asked. */
  forget(): void;
}

/** `arrived` tells whether the result of a job has come by the run's own line, which is faster than asking. */
export function useJob(arrived: (job: string) => boolean): JobState {
  const [job, setJob] = useState<string | null>(null);
  const [phase, setPhase] = useState<"idle" | "sending" | "waiting">("idle");
  const [error, setError] = useState<ApiError | null>(null);
  const turn = useRef(0);
  useEffect(
    () => () => {
      turn.current = -1;
    },
    [],
  );
  const latest = useRef(arrived);
  latest.current = arrived;

  const ask = useCallback(async (send: () => Promise<Job>) => {
    // In development an effect's end is not the component's: its number starts over.
    turn.current = Math.max(0, turn.current) + 1;
    const mine = turn.current;
    const outdated = () => turn.current !== mine;
    setPhase("sending");
    setError(null);
    try {
      const { id, state, error: refused } = await send();
      if (outdated()) return;
      setJob(id);
      setPhase("waiting");
      await answerOf({ id, state, error: refused }, () => outdated() || latest.current(id));
    } catch (cause) {
      if (!outdated()) setError(toApiError(cause));
    }
    if (!outdated()) setPhase("idle");
  }, []);
  const clear = useCallback(() => setError(null), []);
  const forget = useCallback(() => {
    turn.current = Math.max(0, turn.current) + 1;
    setJob(null);
    setPhase("idle");
    setError(null);
  }, []);
  const done = phase === "waiting" && job !== null && arrived(job);
  return { job, busy: phase !== "idle" && !done, error, ask, clear, forget };
}

/** Looks at a job less and less often until it is finished or `enough` says so. Throws where it failed. */
async function answerOf(job: Pick<Job, "id" | "state" | "error">, enough: () => boolean): Promise<void> {
  let { state, error } = job;
  for (let pause = FIRST_LOOK_MS; state !== "finished" && !enough(); pause *= 1.5) {
    if (state === "failed") {
      throw new ApiError(200, error?.code ?? "job.failed", error?.message ?? "", error?.hint ?? "");
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE_MS)));
    if (!enough()) ({ state, error } = await fetchJob(job.id));
  }
}
