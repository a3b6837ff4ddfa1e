/**
 * Places that differ from the document's for the moment: what is dragged here, what others drag, what glides to a new
 * place. Gone with the drop, which is what enters the document.
 */
import { create } from "zustand";
import type { Position } from "../wire/types";

type Places = ReadonlyMap<string, Position>;
type Cause = "dragged" | "others" | "gliding";

interface Motion {
  dragged: Places;
  others: Places;
  gliding: Places;
  /** All of them; what is dragged here wins. */
  moved: Places;
  set(cause: Cause, places: Places): void;
  clear(): void;
}

const NONE: Places = new Map();

export const useMotion = create<Motion>()((set) => ({
  dragged: NONE,
  others: NONE,
  gliding: NONE,
  moved: NONE,
  set: (cause, places) =>
    set((state) => {
      if (places.size === 0 && state[cause].size === 0) return state;
      const next = { ...state, [cause]: places };
      const all = [...next.gliding, ...next.others, ...next.dragged];
      return { ...next, moved: all.length === 0 ? NONE : new Map(all) };
    }),
  clear: () => set({ dragged: NONE, others: NONE, gliding: NONE, moved: NONE }),
}));

const GLIDE_MS = 150;
/** Beyond this the frames would stutter, and nobody follows a thousand boxes with the eye. */
const MAX_GLIDING = 300;

let frame = 0;

/** Shows nodes on their way from where they were to where they are. */
export function glide(from: Places, to: (id: string) => Position | undefined): void {
  cancelAnimationFrame(frame);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still || from.size > MAX_GLIDING) return;
  const { set } = useMotion.getState();
  const started = performance.now();
  const step = (now: number) => {
    const part = Math.min(1, (now - started) / GLIDE_MS);
    const eased = 1 - (1 - part) ** 3;
    const places = new Map<string, Position>();
    if (part < 1) {
      for (const [id, [x, y]] of from) {
        const end = to(id);
        if (end) places.set(id, [x + (end[0] - x) * eased, y + (end[1] - y) * eased]);
      }
      frame = requestAnimationFrame(step);
    }
    set("gliding", places);
  };
  set("gliding", new Map(from));
  frame = requestAnimationFrame(step);
}
