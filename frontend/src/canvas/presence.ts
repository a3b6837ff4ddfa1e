/** Who else is here: pointers, selections and drags of other tabs, over the document's awareness channel. */
import { useEffect } from "react";
import { create } from "zustand";
import { useDocument } from "../document";
import { useView } from "../state/view";
import type { Position } from "../wire/types";
import { useMotion } from "./motion";

/** What every tab tells of itself. */
interface Told {
  user: { name: string; color: string };
  cursor: Position | null;
  selection: string[];
  dragging: { [id: string]: Position };
}

export interface Other {
  client: number;
  name: string;
  color: string;
  cursor: Position | null;
  selection: readonly string[];
}

interface Presence {
  others: readonly Other[];
}

export const usePresence = create<Presence>()(() => ({ others: [] }));

export function useOthersAt(id: string): Other | undefined {
  return usePresence((state) => state.others.find(({ selection }) => selection.includes(id)));
}

const COLORS = ["#0f8a7e", "#c2410c", "#7c3aed", "#be185d", "#0369a1", "#4d7c0f", "#b45309", "#475569"];
const FALLBACK = "#475569";
/** Frames of pointers and drags are sent at most this often. */
const FRAME_MS = 40;
const MAX_TOLD = 5_000;

/** Tells the other tabs of this one, and listens to them. Returns how to tell of the pointer and of a drag. */
export function usePresenceChannel(guestName: (number: number) => string): {
  tell(change: Partial<Told>): void;
} {
  const { awareness } = useDocument();

  useEffect(() => {
    const mine = awareness.clientID;
    const onChange = () => {
      const others: Other[] = [];
      const dragging = new Map<string, Position>();
      for (const [client, state] of awareness.getStates()) {
        const told = client === mine ? null : readTold(state);
        if (!told) continue;
        for (const [id, place] of Object.entries(told.dragging)) dragging.set(id, place);
        others.push({
          client,
          ...told.user,
          cursor: told.cursor,
          selection: told.selection,
        });
      }
      usePresence.setState({ others });
      useMotion.getState().set("others", dragging);
    };
    const user = { name: guestName((mine % 99) + 1), color: COLORS[mine % COLORS.length] ?? FALLBACK };
    awareness.setLocalState({ user, cursor: null, selection: [], dragging: {} } satisfies Told);
    awareness.on("change", onChange);
    const stop = useView.subscribe((view, before) => {
      if (view.selection !== before.selection) awareness.setLocalStateField("selection", [...view.selection]);
    });
    return () => {
      stop();
      awareness.off("change", onChange);
      usePresence.setState({ others: [] });
      useMotion.getState().clear();
    };
  }, [awareness, guestName]);

  useEffect(() => () => cancelPending(), []);

  return {
    tell: (change) => {
      Object.assign(pending, change);
      // The last frame of a drag must arrive at once, or the others see it jump back and forth.
      if (change.dragging && Object.keys(change.dragging).length === 0) flush();
      else timer ??= setTimeout(flush, FRAME_MS);
      function flush() {
        const told = pending;
        cancelPending();
        const state = awareness.getLocalState();
        if (state) awareness.setLocalState({ ...state, ...told });
      }
    },
  };
}

let pending: Partial<Told> = {};
let timer: ReturnType<typeof setTimeout> | undefined;

function cancelPending(): void {
  clearTimeout(timer);
  timer = undefined;
  pending = {};
}

/** Another tab's word is not trusted: anything of the wrong kind is left out. */
function readTold(state: unknown): Told | null {
  if (typeof state !== "object" || state === null) return null;
  const { user, cursor, selection, dragging } = state as Record<string, unknown>;
  const places: { [id: string]: Position } = {};
  if (typeof dragging === "object" && dragging !== null)
    for (const [id, place] of Object.entries(dragging).slice(0, MAX_TOLD)) {
      const read = readPlace(place);
      if (read) places[id] = read;
    }
  return {
    user: readUser(user),
    cursor: readPlace(cursor),
    selection: Array.isArray(selection)
      ? selection.slice(0, MAX_TOLD).filter((id): id is string => typeof id === "string")
      : [],
    dragging: places,
  };
}

function readUser(value: unknown): Told["user"] {
  const { name, color } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return {
    name: typeof name === "string" ? name.slice(0, 40) : "",
    // It goes into a style: only a plain colour does.
    color: typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color) ? color : FALLBACK,
  };
}

function readPlace(value: unknown): Position | null {
  if (!Array.isArray(value)) return null;
  const [x, y] = value;
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
}
