/**
 * What a run has told, folded into what a page shows: a pure reducer from events to a view.
 *
 * Durable events carry `seq`, without gaps from 1. A page may get one twice (a reconnect) or miss some (a
 * dropped connection): the first is ignored, the second reported, so that the caller asks again from `view.seq`.
 * Passing events have no number; a late one must never undo what a durable event has settled.
 */
import type { DurableEvent, Metrics, Run, RunError, RunEvent, RunState } from "../wire/runs";

export interface EpochRow {
  epoch: number;
  metrics: Metrics;
  duration_s: number | null;
  learning_rate: number | null;
}

/** One live measurement inside an epoch; `at` counts epochs, 2.25 is a quarter through the third. */
export interface BatchPoint {
  at: number;
  metrics: Metrics;
}

export type Evaluation = Omit<Extract<DurableEvent, { kind: "evaluation" }>, "kind" | "seq" | "time">;
export type Prediction = Omit<Extract<DurableEvent, { kind: "prediction" }>, "kind" | "seq" | "time">;

export interface RunView {
  /** The last durable event applied. */
  seq: number;
  state: RunState;
  /** A stop was asked for; only the end of the run answers it. */
  stopAsked: boolean;
  device: string | null;
  backend: string | null;
  seed: number | null;
  loss: string | null;
  /** Sentences that say how the data were fitted to the network. */
  adapts: string[];
  /** The epoch in progress, or the last one that ended; 0 before the first. */
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  batch: Metrics;
  /** Seconds until the last epoch will have ended. */
  eta_s: number | null;
  samples_per_s: number | null;
  rows: EpochRow[];
  batches: BatchPoint[];
  /** The epoch that the last checkpoint closes; a resumed run goes on after it. */
  checkpoint: number | null;
  error: RunError | null;
  test: Metrics | null;
  status: string;
  evaluation: Evaluation | null;
  predictions: Prediction[];
}

/** Live points kept; past this every second one goes, so a long run stays drawable. */
export const MAX_BATCH_POINTS = 2000;
const MAX_PREDICTIONS = 24;

/** What the server's record of a run tells before its events have: the same view, without the live parts. */
export function viewOf(run: Run): RunView {
  return {
    seq: 0,
    state: run.state === "stopping" ? "running" : run.state,
    stopAsked: run.state === "stopping",
    device: null,
    backend: null,
    seed: null,
    loss: null,
    adapts: [],
    epoch: run.epoch,
    epochs: run.epochs,
    step: 0,
    steps: 0,
    batch: {},
    eta_s: null,
    samples_per_s: null,
    rows: rowsOf(run.history),
    batches: [],
    checkpoint: null,
    error: run.error,
    test: run.test,
    status: "",
    evaluation: null,
    predictions: [],
  };
}

function rowsOf(history: Run["history"]): EpochRow[] {
  const length = Math.max(0, ...Object.values(history).map((values) => values.length));
  return Array.from({ length }, (_, i) => ({
    epoch: i + 1,
    metrics: Object.fromEntries(
      Object.entries(history).flatMap(([name, { [i]: value }]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
    duration_s: null,
    learning_rate: null,
  }));
}

const ACTIVE: ReadonlySet<RunState> = new Set(["queued", "starting", "running", "stopping"]);

export const isActive = (state: RunState) => ACTIVE.has(state);

/** The state to show: a run that was asked to stop is stopping until it has ended. */
export const shownState = (view: RunView): RunState =>
  view.stopAsked && isActive(view.state) ? "stopping" : view.state;

/** Share of all batches of all epochs that are done, 0 to 1. */
export function progressOf(view: RunView): number {
  const settled = view.rows.at(-1)?.epoch ?? 0;
  const within = view.epoch > settled && view.steps > 0 ? view.step / view.steps : 0;
  return view.epochs > 0 ? Math.min(1, (settled + within) / view.epochs) : 0;
}

type Handler<K extends RunEvent["kind"]> = (
  view: RunView,
  event: Extract<RunEvent, { kind: K }>,
) => Partial<RunView>;

/** What no longer holds once a run has ended, however it ended. */
const ENDED = { stopAsked: false, eta_s: null, samples_per_s: null, status: "" } as const;

const handlers: { [K in RunEvent["kind"]]: Handler<K> } = {
  queued: () => ({ state: "queued", stopAsked: false, error: null, test: null }),
  started: (_, { device, backend, seed, loss, adapts }) => ({
    state: "starting",
    device,
    backend,
    seed: seed ?? null,
    loss: loss ?? null,
    adapts: adapts ?? [],
    status: "",
  }),
  epoch_begin: (_, { epoch, steps }) => ({ state: "running", epoch, steps, step: 0, batch: {}, status: "" }),
  epoch: (view, event) => ({
    state: "running",
    epoch: event.epoch,
    epochs: event.epochs,
    step: view.steps,
    batch: {},
    eta_s: event.eta_s,
    rows: [
      ...view.rows.filter((row) => row.epoch < event.epoch),
      {
        epoch: event.epoch,
        metrics: event.metrics,
        duration_s: event.duration_s ?? null,
        learning_rate: event.learning_rate ?? null,
      },
    ],
  }),
  checkpoint: (_, { epoch }) => ({ checkpoint: epoch }),
  finished: (_, { test }) => ({ ...ENDED, state: "finished", test }),
  stopped: (_, { epoch }) => ({ ...ENDED, state: "stopped", epoch }),
  failed: (_, { error }) => ({ ...ENDED, state: "failed", error }),
  lost: (_, { epoch }) => ({ ...ENDED, state: "lost", epoch, checkpoint: epoch, batch: {}, step: 0 }),
  resumed: (view, { epoch }) => ({
    state: "starting",
    error: null,
    test: null,
    epoch,
    step: 0,
    batch: {},
    rows: view.rows.filter((row) => row.epoch <= epoch),
    batches: view.batches.filter((point) => point.at <= epoch),
  }),
  evaluation: (_, { kind, seq, time, ...evaluation }) => ({ evaluation }),
  prediction: (view, { kind, seq, time, ...prediction }) => ({
    predictions: [prediction, ...view.predictions].slice(0, MAX_PREDICTIONS),
  }),
  batch: (view, event) => {
    const settled = view.rows.at(-1)?.epoch ?? 0;
    if (!isActive(view.state) || event.epoch <= settled) return {};
    const at = event.epoch - 1 + event.step / Math.max(1, event.steps);
    const kept =
      view.batches.length < MAX_BATCH_POINTS ? view.batches : view.batches.filter((_, i) => i % 2 === 0);
    return {
      state: "running",
      epoch: event.epoch,
      step: event.step,
      steps: event.steps,
      batch: event.metrics,
      eta_s: event.eta_s,
      samples_per_s: event.samples_per_s,
      status: "",
      batches: [...kept, { at, metrics: event.metrics }],
    };
  },
  status: (view, { text }) => (isActive(view.state) ? { status: text } : {}),
};

export interface Received {
  view: RunView;
  /** Durable events between `view.seq` and the one just seen are missing; nothing was applied. */
  missing: boolean;
}

export function receive(view: RunView, event: RunEvent): Received {
  const seq = "seq" in event ? event.seq : null;
  if (seq !== null && seq <= view.seq) return { view, missing: false };
  if (seq !== null && seq > view.seq + 1) return { view, missing: true };
  // A kind this page does not know yet is passed over, but counted.
  const handler = handlers[event.kind] as Handler<RunEvent["kind"]> | undefined;
  const change = handler ? handler(view, event) : {};
  return { view: { ...view, ...change, seq: seq ?? view.seq }, missing: false };
}
