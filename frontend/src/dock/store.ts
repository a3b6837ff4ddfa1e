/** What stands beside the canvas: the network as code, as a figure, or the help. Remembered in this browser. */
import { create } from "zustand";

export type DockTab = "code" | "figure" | "help";

interface Dock {
  tab: DockTab | null;
  /** Name of the text format that is shown. */
  format: string;
  /** The layer class that help is about, where it is not the selected one. */
  subject: string | null;
  show(tab: DockTab | null): void;
  toggle(tab: DockTab): void;
  choose(format: string): void;
  explain(layer: string | null): void;
}

const KEY = "visualnn.dock";

function stored(): { tab: DockTab | null; format: string } {
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? "{}") as { tab?: DockTab; format?: string };
    const tab = known.tab === "code" || known.tab === "figure" || known.tab === "help" ? known.tab : null;
    return { tab, format: typeof known.format === "string" ? known.format : "python" };
  } catch {
    return { tab: null, format: "python" };
  }
}

export const useDock = create<Dock>()((set) => ({
  ...stored(),
  subject: null,
  show: (tab) => set({ tab }),
  toggle: (tab) => set((dock) => ({ tab: dock.tab === tab ? null : tab, subject: null })),
  choose: (format) => set({ format }),
  explain: (layer) => set({ tab: "help", subject: layer }),
}));

useDock.subscribe(({ tab, format }) => localStorage.setItem(KEY, JSON.stringify({ tab, format })));
