/**
 * The live line to one run: reconnects by itself and always asks for what follows the last event seen.
 *
 * Frames that arrive close together are handed over as one list, so that the replay of a thousand epochs is one
 * render. The listener answers whether events are missing; then the line is taken down and asked again.
 */
import type { RunEvent } from "../wire/runs";

export type LineState = "connecting" | "open" | "waiting" | "refused" | "closed";

export interface RunSocketOptions {
  /** The address for everything after a sequence number. */
  address: (after: number) => string;
  /** The last durable event that was applied. */
  lastSeq: () => number;
  /** Applies events in order; false: some before them are missing. */
  onEvents: (events: RunEvent[]) => boolean;
  onState: (state: LineState) => void;
}

/** Closed by the server for good: nobody is logged in (4401), not ours (4403), no such run (4404). */
const REFUSALS: ReadonlySet<number> = new Set([4401, 4403, 4404]);
const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 10_000;
/** Frames within this time are one list; below what an eye calls a delay. */
export const GATHER_MS = 40;

export class RunSocket {
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private gather: ReturnType<typeof setTimeout> | undefined;
  private gathered: RunEvent[] = [];
  private failures = 0;
  private ended = false;

  constructor(private readonly options: RunSocketOptions) {
    this.connect();
  }

  /** Ends the line; nothing is delivered after. */
  close(): void {
    this.ended = true;
    clearTimeout(this.retry);
    this.drop();
    this.options.onState("closed");
  }

  private connect(): void {
    this.options.onState("connecting");
    const socket = new WebSocket(this.options.address(this.options.lastSeq()));
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.options.onState("open");
    };
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.take(data);
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.deliver();
      if (this.socket !== socket) return;
      this.drop();
      if (REFUSALS.has(code)) {
        this.ended = true;
        this.options.onState("refused");
      } else this.reconnect();
    };
  }

  private take(data: unknown): void {
    if (typeof data !== "string") return;
    let event: RunEvent;
    try {
      event = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof event !== "object" || event === null || typeof event.kind !== "string") return;
    this.gathered.push(event);
    this.gather ??= setTimeout(() => this.deliver(), GATHER_MS);
  }

  private deliver(): void {
    clearTimeout(this.gather);
    this.gather = undefined;
    const events = this.gathered;
    this.gathered = [];
    if (events.length === 0 || this.ended) return;
    if (!this.options.onEvents(events)) {
      this.drop();
      this.reconnect();
    }
  }

  /** Lets go of the socket without listening to its end. */
  private drop(): void {
    clearTimeout(this.gather);
    this.gather = undefined;
    this.gathered = [];
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private reconnect(): void {
    if (this.ended) return;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures);
    this.failures += 1;
    this.options.onState("waiting");
    // Spread out: after a restart of the server not every page knocks in the same instant.
    this.retry = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }
}
