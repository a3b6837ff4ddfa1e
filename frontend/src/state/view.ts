/** What the user looks at: selection and open panels. Never saved with the network, never part of undo. */
import { create } from "zustand";

export type SidebarTab = "layer" | "train" | "test";

interface View {
  /** Selected node ids. */
  selection: ReadonlySet<string>;
  /** Selected edges, by `edgeKey`. */
  selectedEdges: ReadonlySet<string>;
  /** The node whose name is being edited on the canvas. */
  renaming: string | null;
  /** The Block nodes that were opened, each inside the one before. */
  inside: readonly string[];
  sidebarTab: SidebarTab;
  paletteOpen: boolean;
  sidebarOpen: boolean;
  problemsOpen: boolean;
  minimapOpen: boolean;
  /** Name of the open dialog (its owner chooses it), null for none. */
  dialog: string | null;

  select(nodes: Iterable<string>, edges?: Iterable<string>): void;
  clearSelection(): void;
  rename(id: string | null): void;
  /** Opens a block of what is shown now. */
  enter(id: string): void;
  /** Selects a node inside blocks, each inside the one before, which are opened; of the network where there are none. */
  open(inside: readonly string[], node: string): void;
  /** Goes back until so many blocks are open; the one left is selected. */
  leave(depth: number): void;
  showTab(tab: SidebarTab): void;
  openDialog(name: string): void;
  closeDialog(): void;
  toggle(panel: "paletteOpen" | "sidebarOpen" | "problemsOpen" | "minimapOpen", open?: boolean): void;
}

const NOTHING: ReadonlySet<string> = new Set();

export const useView = create<View>()((set) => ({
  selection: NOTHING,
  selectedEdges: NOTHING,
  renaming: null,
  inside: [],
  sidebarTab: "layer",
  paletteOpen: true,
  sidebarOpen: true,
  problemsOpen: false,
  minimapOpen: true,
  dialog: null,

  select: (nodes, edges = NOTHING) =>
    set((view) => ({
      selection: keepIfEqual(view.selection, new Set(nodes)),
      selectedEdges: keepIfEqual(view.selectedEdges, new Set(edges)),
    })),
  clearSelection: () => set({ selection: NOTHING, selectedEdges: NOTHING, renaming: null }),
  rename: (id) => set({ renaming: id }),
  enter: (id) =>
    set(({ inside }) => ({
      inside: [...inside, id],
      selection: NOTHING,
      selectedEdges: NOTHING,
      renaming: null,
    })),
  open: (inside, node) =>
    set((view) => {
      const same = inside.length === view.inside.length && inside.every((id, at) => id === view.inside[at]);
      return {
        inside: same ? view.inside : inside,
        selection: keepIfEqual(view.selection, new Set([node])),
        selectedEdges: NOTHING,
        renaming: null,
      };
    }),
  leave: (depth) =>
    set(({ inside }) => {
      const left = inside[depth];
      if (left === undefined) return {};
      return {
        inside: inside.slice(0, depth),
        selection: new Set([left]),
        selectedEdges: NOTHING,
        renaming: null,
      };
    }),
  showTab: (tab) => set({ sidebarTab: tab, sidebarOpen: true }),
  openDialog: (name) => set({ dialog: name }),
  closeDialog: () => set({ dialog: null }),
  toggle: (panel, open) => set((view) => ({ [panel]: open ?? !view[panel] })),
}));

/** Selection is compared by identity everywhere: an equal set must stay the same object. */
function keepIfEqual(known: ReadonlySet<string>, next: ReadonlySet<string>): ReadonlySet<string> {
  return known.size === next.size && [...next].every((id) => known.has(id)) ? known : next;
}
