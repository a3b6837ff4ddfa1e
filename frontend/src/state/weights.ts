/** The weights that came with the open network; asked for anew when some are attached or dropped. */
import { create } from "zustand";
import { get as fetchJson } from "../wire/client";
import type { WeightsSource } from "../wire/runs";

interface Carried {
  /** The network that `source` is about. */
  network: string | null;
  source: WeightsSource | null;
  load(network: string): Promise<void>;
}

export const useCarriedWeights = create<Carried>()((set) => ({
  network: null,
  source: null,
  load: async (network) => {
    try {
      const found = await fetchJson<WeightsSource[]>(`/api/networks/${encodeURIComponent(network)}/weights`);
      set({ network, source: found.find(({ id }) => id === "imported") ?? null });
    } catch {
      // Unknown is shown as none: nothing depends on it.
      set({ network, source: null });
    }
  },
}));
