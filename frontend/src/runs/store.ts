/**
 * The runs of the open network: their list, the one that is looked at, and a live view of each that is followed.
 *
 * A run is followed while somebody watches it, and by the store itself while it is active, so that progress goes
 * on whichever panel is open. Views outlive their line: following again asks only for what came since.
 */
import { create } from "zustand";
import { type ApiError, socketAddress, toApiError } from "../wire/client";
import type { Run, RunEvent } from "../wire/runs";
import * as api from "./api";
import { isActive, type RunView, receive, viewOf } from "./events";
import { type LineState, RunSocket } from "./socket";

interface RunsState {
  network: string | null;
  /** Newest first; null until they are known. */
  runs: Run[] | null;
  error: ApiError | null;
  /** The run shown in the training panel; null shows the form. */
  current: string | null;
  views: { [run: string]: RunView };
  lines: { [run: string]: LineState };

  /** Opens a network's runs. The newest is shown, and followed if it is still going. */
  open(network: string): Promise<void>;
  close(): void;
  show(run: string | null): void;
  start(request: api.RunRequest): Promise<void>;
  stop(run: string): Promise<void>;
  resume(run: string): Promise<void>;
  remove(run: string): Promise<void>;
  /** Follows a run until the returned function is called. */
  watch(run: string): () => void;
}

const LINGER_MS = 1000;
const NOTHING = { network: null, runs: null, error: null, current: null, views: {}, lines: {} };

export const useRuns = create<RunsState>()((set, get) => {
  const sockets = new Map<string, RunSocket>();
  const watchers = new Map<string, number>();

  const find = (id: string) => get().runs?.find((run) => run.id === id);
  const replace = (run: Run) =>
    set(({ runs }) => ({ runs: runs?.map((known) => (known.id === run.id ? run : known)) ?? null }));

  /** Files, history and what may be done next are the server's to say, once a run has ended. */
  const refresh = async (id: string) => {
    try {
      replace(await api.fetchRun(id));
    } catch {
      // Deleted meanwhile, or unreachable: the list says so when it is opened next.
    }
  };

  const apply = (id: string, events: RunEvent[]): boolean => {
    const before = get().views[id];
    if (!before) return true;
    let view = before;
    let complete = true;
    for (const event of events) {
      const received = receive(view, event);
      if (received.missing) {
        complete = false;
        break;
      }
      view = received.view;
    }
    if (view !== before) set(({ views }) => ({ views: { ...views, [id]: view } }));
    const run = find(id);
    if (run && view.state !== before.state && view.seq > before.seq) {
      if (isActive(view.state)) replace({ ...run, state: view.state, error: view.error });
      else void refresh(id).then(() => follow(id));
    }
    return complete;
  };

  const wanted = (id: string): boolean => {
    const view = get().views[id];
    const state = view && view.seq > 0 ? view.state : find(id)?.state;
    return (watchers.get(id) ?? 0) > 0 || (state !== undefined && isActive(state));
  };

  /** Opens or closes the line of a run, as it is wanted now. */
  const follow = (id: string) => {
    const socket = sockets.get(id);
    if (!wanted(id)) {
      sockets.delete(id);
      socket?.close();
      return;
    }
    const run = find(id);
    if (socket || !run) return;
    if (!get().views[id]) set(({ views }) => ({ views: { ...views, [id]: viewOf(run) } }));
    sockets.set(
      id,
      new RunSocket({
        address: (after) => socketAddress(`/ws/runs/${encodeURIComponent(id)}?after=${after}`),
        lastSeq: () => get().views[id]?.seq ?? 0,
        onEvents: (events) => apply(id, events),
        onState: (line) => set(({ lines }) => ({ lines: { ...lines, [id]: line } })),
      }),
    );
  };

  const amend = (id: string, change: Partial<RunView>) =>
    set(({ views }) => {
      const view = views[id];
      return view ? { views: { ...views, [id]: { ...view, ...change } } } : {};
    });

  return {
    ...NOTHING,
    open: async (network) => {
      if (get().network !== network) get().close();
      set({ network });
      try {
        const runs = await api.fetchRuns(network);
        if (get().network !== network) return;
        const first = get().runs === null;
        set({ runs, error: null, ...(first ? { current: runs[0]?.id ?? null } : {}) });
        for (const { id } of runs) follow(id);
      } catch (error) {
        if (get().network === network) set({ error: toApiError(error) });
      }
    },
    close: () => {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
      set(NOTHING);
    },
    show: (current) => set({ current }),
    start: async (request) => {
      const run = await api.startRun(request);
      if (get().network !== request.network) return;
      set(({ runs }) => ({ runs: [run, ...(runs ?? [])], current: run.id }));
      follow(run.id);
    },
    stop: async (id) => {
      amend(id, { stopAsked: true });
      try {
        replace(await api.stopRun(id));
      } catch (error) {
        amend(id, { stopAsked: false });
        throw error;
      }
    },
    resume: async (id) => {
      replace(await api.resumeRun(id));
      follow(id);
    },
    remove: async (id) => {
      await api.deleteRun(id);
      sockets.get(id)?.close();
      sockets.delete(id);
      set(({ runs, current, views: { [id]: _, ...views } }) => ({
        runs: runs?.filter((run) => run.id !== id) ?? null,
        current: current === id ? null : current,
        views,
      }));
    },
    watch: (id) => {
      watchers.set(id, (watchers.get(id) ?? 0) + 1);
      follow(id);
      return () => {
        watchers.set(id, Math.max(0, (watchers.get(id) ?? 0) - 1));
        // From one panel to the next the line stays up.
        setTimeout(() => follow(id), LINGER_MS);
      };
    },
  };
});
