import { expect, test } from "vitest";
import type { DurableEvent, Run, RunEvent, RunState } from "../wire/runs";
import { MAX_BATCH_POINTS, type RunView, receive, shownState, viewOf } from "./events";

const TIME = "2024-05-01T12:00:00Z";
const START: Run = {
  id: "r1",
  network: "n1",
  kind: "train",
  state: "queued",
  dataset: "digits",
  recipe: {
    optimizer: { type: "Adam" },
    loss: null,
    batch_size: 8,
    epochs: 5,
    validation_split: 0,
    seed: null,
  },
  created_at: TIME,
  started_at: null,
  finished_at: null,
  epoch: 0,
  epochs: 5,
  history: {},
  error: null,
  files: [],
  resumable: false,
  test: null,
  initial: "",
};
const ERROR = { code: "run.failed", message: "m", hint: "h", node: "n2" };

type Untimed<E> = E extends unknown ? Omit<E, "seq" | "time"> : never;
type Durable = Untimed<DurableEvent>;

/** Numbers a list of durable events, from `first` on. */
function numbered(events: Durable[], first = 1): RunEvent[] {
  return events.map((event, i) => ({ ...event, seq: first + i, time: TIME }) as RunEvent);
}

function fold(events: RunEvent[], view = viewOf(START)): RunView {
  return events.reduce((current, event) => receive(current, event).view, view);
}

const begin = (epoch: number): Durable => ({ kind: "epoch_begin", epoch, steps: 10 });
const epoch = (epoch: number, loss = 1 / epoch): Durable => ({
  kind: "epoch",
  epoch,
  epochs: 5,
  metrics: { loss },
  duration_s: 2,
  eta_s: 8,
  learning_rate: 0.001,
});
const batch = (epoch: number, step: number): RunEvent => ({
  kind: "batch",
  epoch,
  step,
  steps: 10,
  metrics: { loss: 0.5 },
  eta_s: 4,
  samples_per_s: 900,
});

const OPENING: Durable[] = [
  { kind: "queued" },
  {
    kind: "started",
    device: "CPU",
    backend: "tensorflow",
    seed: 7,
    loss: "sparse_categorical_crossentropy",
    adapts: [],
  },
];
const TWO_EPOCHS: Durable[] = [...OPENING, begin(1), epoch(1), begin(2), epoch(2)];

const ENDS: [string, Durable[], RunState][] = [
  ["only queued", [{ kind: "queued" }], "queued"],
  ["started", OPENING, "starting"],
  ["in an epoch", [...OPENING, begin(1)], "running"],
  ["finished", [...TWO_EPOCHS, { kind: "finished", test: { loss: 0.1, accuracy: 0.97 } }], "finished"],
  ["stopped", [...TWO_EPOCHS, { kind: "stopped", epoch: 2 }], "stopped"],
  ["failed", [...OPENING, { kind: "failed", error: ERROR }], "failed"],
  ["lost", [...TWO_EPOCHS, { kind: "lost", epoch: 2 }], "lost"],
  ["lost and waiting again", [...TWO_EPOCHS, { kind: "lost", epoch: 2 }, { kind: "queued" }], "queued"],
  [
    "lost and resumed",
    [...TWO_EPOCHS, { kind: "lost", epoch: 2 }, ...OPENING, { kind: "resumed", epoch: 2 }],
    "starting",
  ],
];

test.each(ENDS)("a run that is %s", (_, events, state) => {
  const view = fold(numbered(events));
  expect(shownState(view)).toBe(state);
  expect(view.seq).toBe(events.length);
});

test.each([1, 2, 3, 6])("replaying the last %i events changes nothing", (count) => {
  const events = numbered(TWO_EPOCHS);
  const once = fold(events);
  expect(fold(events.slice(-count), once)).toEqual(once);
});

test("a missing event is reported and what follows is not applied", () => {
  const [queued, , begun, row] = numbered(TWO_EPOCHS) as [RunEvent, RunEvent, RunEvent, RunEvent];
  const view = fold([queued]);
  for (const early of [begun, row]) {
    expect(receive(view, early)).toEqual({ view, missing: true });
  }
});

test("a reconnect in the middle of an epoch ends in the same view as no reconnect", () => {
  const all = numbered([...TWO_EPOCHS, begin(3), epoch(3), { kind: "finished", test: { accuracy: 0.9 } }]);
  const first = fold(all.slice(0, 5));
  // The server answers "after 3" although 5 were seen: two come again.
  expect(fold(all.slice(3), first)).toEqual(fold(all));
});

test("a resumed run forgets the epochs after its checkpoint and then learns them anew", () => {
  const events = numbered([
    ...TWO_EPOCHS,
    { kind: "lost", epoch: 1 },
    { kind: "resumed", epoch: 1 },
    begin(2),
    epoch(2, 0.25),
  ]);
  const view = fold(events);
  expect(view.rows.map((row) => [row.epoch, row.metrics.loss])).toEqual([
    [1, 1],
    [2, 0.25],
  ]);
  expect(view.error).toBeNull();
});

test("live batches move the progress, and a late one does not undo an epoch's end", () => {
  const running = fold([...numbered([...OPENING, begin(1)]), batch(1, 5)]);
  expect([running.step, running.steps, running.eta_s, running.samples_per_s]).toEqual([5, 10, 4, 900]);
  expect(running.batches).toEqual([{ at: 0.5, metrics: { loss: 0.5 } }]);
  const after = fold(numbered([epoch(1)], 4), running);
  expect(receive(after, batch(1, 9)).view).toEqual(after);
});

test.each(["finished", "stopped", "failed", "lost"] as const)(
  "no batch revives a run that is %s",
  (state) => {
    const view = { ...viewOf(START), state };
    expect(receive(view, batch(3, 1)).view).toEqual(view);
  },
);

test("a stop that was asked for shows until the run has ended", () => {
  const asked = { ...fold(numbered([...OPENING, begin(1)])), stopAsked: true };
  expect(shownState(asked)).toBe("stopping");
  expect(shownState(fold([batch(1, 6)], asked))).toBe("stopping");
  expect(shownState(fold(numbered([{ kind: "stopped", epoch: 1 }], 4), asked))).toBe("stopped");
  expect(shownState(viewOf({ ...START, state: "stopping" }))).toBe("stopping");
});

test("a kind from a newer server is counted and passed over", () => {
  const view = fold(numbered([{ kind: "queued" }]));
  const unknown = { kind: "celebrated", seq: 2, time: TIME } as unknown as RunEvent;
  expect(receive(view, unknown)).toEqual({ view: { ...view, seq: 2 }, missing: false });
});

test("live points are thinned out, never lost at the ends", () => {
  let view = fold(numbered([...OPENING, begin(1)]));
  const steps = MAX_BATCH_POINTS * 2;
  for (let step = 1; step <= steps; step++) {
    view = receive(view, { ...batch(1, step), steps } as RunEvent).view;
  }
  expect(view.batches.length).toBeLessThanOrEqual(MAX_BATCH_POINTS);
  expect(view.batches.at(0)?.at).toBeCloseTo(1 / steps);
  expect(view.batches.at(-1)?.at).toBe(1);
});

test("an evaluation replaces the one before, predictions stack up newest first", () => {
  const scored = (accuracy: number): Durable => ({
    kind: "evaluation",
    job: `j${accuracy}`,
    loss: 1,
    accuracy,
    confusion: null,
    classes: null,
    per_class: null,
    metrics: {},
  });
  const predicted = (job: string): Durable => ({
    kind: "prediction",
    job,
    top: [],
    image: "",
    values: null,
    adapts: [],
  });
  const view = fold(numbered([scored(0.5), predicted("a"), scored(0.75), predicted("b")]));
  expect(view.evaluation?.accuracy).toBe(0.75);
  expect(view.predictions.map(({ job }) => job)).toEqual(["b", "a"]);
});

test("the server's record shows the same epochs as its events", () => {
  const ended = fold(numbered(TWO_EPOCHS));
  const recorded = viewOf({
    ...START,
    state: "stopped",
    epoch: 2,
    history: { loss: [1, 0.5], val_loss: [2] },
  });
  expect(recorded.rows.map(({ epoch, metrics }) => [epoch, metrics])).toEqual([
    [1, { loss: 1, val_loss: 2 }],
    [2, { loss: 0.5 }],
  ]);
  // The replay starts over from the beginning and ends where the events end.
  expect(fold(numbered(TWO_EPOCHS), recorded).rows).toEqual(ended.rows);
});
