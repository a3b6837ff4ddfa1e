import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Run, RunEvent } from "../wire/runs";
import { type RunView, receive, viewOf } from "./events";
import { GATHER_MS, type LineState, RunSocket } from "./socket";

/** The browser's side of a connection, played by hand. */
class Line {
  static opened: Line[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((end: { code: number }) => void) | null = null;
  closed = false;
  constructor(readonly address: string) {
    Line.opened.push(this);
  }
  close() {
    this.closed = true;
  }
  say(event: object) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
  static get last(): Line {
    const line = Line.opened.at(-1);
    if (!line) throw new Error("no line was opened");
    return line;
  }
}

let view: RunView;
let states: LineState[];
let renders: number;

function open(): RunSocket {
  return new RunSocket({
    address: (after) => `/ws/runs/r1?after=${after}`,
    lastSeq: () => view.seq,
    onState: (state) => states.push(state),
    onEvents: (events) => {
      renders += 1;
      for (const event of events) {
        const received = receive(view, event);
        if (received.missing) return false;
        view = received.view;
      }
      return true;
    },
  });
}

const checkpoint = (seq: number): RunEvent => ({ kind: "checkpoint", epoch: seq, seq, time: "" });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  Line.opened = [];
  view = viewOf({ state: "running", epoch: 0, epochs: 9, history: {} } as Run);
  states = [];
  renders = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a replay is one list", () => {
  open();
  Line.last.onopen?.();
  for (let seq = 1; seq <= 500; seq++) Line.last.say(checkpoint(seq));
  vi.advanceTimersByTime(GATHER_MS);
  expect([renders, view.seq]).toEqual([1, 500]);
});

test("a dropped line is opened again after the last event seen, what came just before the drop included", () => {
  open();
  Line.last.onopen?.();
  Line.last.say(checkpoint(1));
  Line.last.say(checkpoint(2));
  Line.last.onclose?.({ code: 1006 });
  expect(view.seq).toBe(2);
  vi.runOnlyPendingTimers();
  expect(Line.opened.map((line) => line.address)).toEqual(["/ws/runs/r1?after=0", "/ws/runs/r1?after=2"]);
  expect(states).toEqual(["connecting", "open", "waiting", "connecting"]);
});

test("a hole takes the line down and asks for what is missing", () => {
  open();
  const first = Line.last;
  first.say(checkpoint(1));
  first.say(checkpoint(4));
  vi.advanceTimersByTime(GATHER_MS);
  expect([first.closed, view.seq]).toEqual([true, 1]);
  // What the old line still had to say is not applied twice.
  first.say(checkpoint(2));
  vi.runOnlyPendingTimers();
  expect(Line.last.address).toBe("/ws/runs/r1?after=1");
  expect(view.seq).toBe(1);
});

test("it waits longer and longer, up to ten seconds, and from the start again once connected", () => {
  open();
  const waits: number[] = [];
  const failAndWait = () => {
    Line.last.onclose?.({ code: 1006 });
    const count = Line.opened.length;
    const from = Date.now();
    while (Line.opened.length === count) vi.advanceTimersByTime(10);
    waits.push(Date.now() - from);
  };
  for (let i = 0; i < 8; i++) failAndWait();
  expect(waits.at(0)).toBeLessThanOrEqual(310);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_010);
  Line.last.onopen?.();
  failAndWait();
  expect(waits.at(-1)).toBeLessThanOrEqual(310);
});

test.each([4401, 4403, 4404])("a refusal (%i) is final", (code) => {
  open();
  Line.last.onclose?.({ code });
  vi.advanceTimersByTime(60_000);
  expect([Line.opened.length, states.at(-1)]).toEqual([1, "refused"]);
});

test("closing ends it, deliveries under way included", () => {
  const socket = open();
  const line = Line.last;
  line.say(checkpoint(1));
  socket.close();
  vi.advanceTimersByTime(60_000);
  line.say(checkpoint(2));
  expect([line.closed, view.seq, Line.opened.length, states.at(-1)]).toEqual([true, 0, 1, "closed"]);
});

test("frames that are no events are passed over", () => {
  open();
  Line.last.onmessage?.({ data: "not json" });
  Line.last.onmessage?.({ data: "null" });
  Line.last.say({ seq: 1 });
  vi.advanceTimersByTime(GATHER_MS);
  expect(renders).toBe(0);
});
