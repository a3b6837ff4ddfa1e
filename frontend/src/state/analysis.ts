/** What the server derived from the network: shapes, counts, problems. Replaced by its messages, never computed here. */
import { create } from "zustand";
import type {
  AnalysisMessage,
  Diagnostic,
  InsideAnalysis,
  NodeAnalysis,
  Severity,
  Totals,
} from "../wire/types";

/** Whether it is not known yet how many weights a layer has. */
export const lacksWeights = ({ outputs, weights }: NodeAnalysis): boolean =>
  outputs === null && weights === 0;

interface Facts {
  nodes: ReadonlyMap<string, NodeAnalysis>;
  /** By node id; "" holds those of the network as a whole. Never an empty list. */
  diagnostics: ReadonlyMap<string, readonly Diagnostic[]>;
}

interface InsideFacts extends Facts {
  /** Which copy of each open block is looked at, from 1 on. */
  copies: readonly number[];
}

interface AnalysisState extends Facts {
  revision: number;
  /** null until the first message. */
  totals: Totals | null;
  /** What is inside the block that is open; null while none is. */
  inside: InsideFacts | null;
  look(inside: InsideAnalysis | null): void;
  receive(message: AnalysisMessage): void;
  clear(): void;
}

const NOTHING = { revision: 0, totals: null, inside: null, nodes: new Map(), diagnostics: new Map() };

export const useAnalysis = create<AnalysisState>()((set) => ({
  ...NOTHING,
  receive: (message) =>
    set((state) => ({
      revision: message.revision,
      totals: message.totals,
      nodes: merge(message.full ? new Map() : state.nodes, message.nodes, (node) => node === null),
      diagnostics: merge(
        message.full ? new Map() : state.diagnostics,
        message.diagnostics,
        (list) => list.length === 0,
      ),
    })),
  look: (inside) =>
    set({
      inside: inside && {
        nodes: new Map(Object.entries(inside.nodes)),
        diagnostics: new Map(Object.entries(inside.diagnostics)),
        copies: inside.copies,
      },
    }),
  clear: () => set(NOTHING),
}));

function merge<T, V extends T>(
  known: ReadonlyMap<string, V>,
  changes: { [id: string]: T },
  isGone: (value: T) => boolean,
): ReadonlyMap<string, V> {
  const entries = Object.entries(changes);
  if (entries.length === 0) return known;
  const next = new Map(known);
  for (const [id, value] of entries) {
    if (isGone(value)) next.delete(id);
    else next.set(id, value as V);
  }
  return next;
}

/** What is known of the nodes that are shown: those of the network, or of the block that is open. */
export const shownNodes = ({ nodes, inside }: AnalysisState): ReadonlyMap<string, NodeAnalysis> =>
  inside?.nodes ?? nodes;

const NONE: readonly Diagnostic[] = [];

export const useNodeAnalysis = (id: string | null): NodeAnalysis | undefined =>
  useAnalysis((state) => (id === null ? undefined : (state.inside ?? state).nodes.get(id)));

export const useNodeProblems = (id: string): readonly Diagnostic[] =>
  useAnalysis((state) => (state.inside ?? state).diagnostics.get(id) ?? NONE);

export const useTotals = (): Totals | null => useAnalysis((state) => state.totals);

const ORDER: Record<Severity, number> = { error: 0, warning: 1, hint: 2 };
const flattened = new WeakMap<object, readonly Diagnostic[]>();

/** Every problem, errors first; the network's own before its layers'. */
export function problemsOf(diagnostics: ReadonlyMap<string, readonly Diagnostic[]>): readonly Diagnostic[] {
  let list = flattened.get(diagnostics);
  if (!list) {
    list = [...diagnostics]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .flatMap(([, group]) => group)
      .sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
    flattened.set(diagnostics, list);
  }
  return list;
}

export const useProblems = (): readonly Diagnostic[] => useAnalysis((state) => problemsOf(state.diagnostics));

let counts: ReadonlyMap<string, number> = new Map();

/** How many tensors come out of those layers that have more than one; the same map while that is so. */
export const useOutputCounts = (): ReadonlyMap<string, number> =>
  useAnalysis((state) => {
    const { nodes } = state.inside ?? state;
    const several = [...nodes].flatMap(([id, { outputs }]): [string, number][] =>
      outputs && outputs.length > 1 ? [[id, outputs.length]] : [],
    );
    const same = several.length === counts.size && several.every(([id, count]) => counts.get(id) === count);
    if (!same) counts = new Map(several);
    return counts;
  });
