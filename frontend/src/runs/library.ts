/** Data sets and what a recipe may hold: fetched when first used, shared by every form. */
import { create } from "zustand";
import { type ApiError, toApiError } from "../wire/client";
import type { Dataset, RecipeSchema } from "../wire/runs";
import { sendFiles } from "../wire/sending";
import { deleteDataset, fetchDatasets, fetchRecipeSchema } from "./api";

interface Library {
  datasets: Dataset[] | null;
  schema: RecipeSchema | null;
  error: ApiError | null;
  load(): Promise<void>;
  /** Sends an .npz; `onProgress` is told the share sent. Gives the new data set, listed already. */
  add(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Dataset>;
  remove(name: string): Promise<void>;
}

export const useLibrary = create<Library>()((set, get) => ({
  datasets: null,
  schema: null,
  error: null,
  load: async () => {
    try {
      const [datasets, schema] = await Promise.all([fetchDatasets(), get().schema ?? fetchRecipeSchema()]);
      set({ datasets, schema, error: null });
    } catch (error) {
      set({ error: toApiError(error) });
    }
  },
  add: async (file, onProgress, signal) => {
    const dataset = await sendFiles<Dataset>("/api/datasets", [file], { onProgress, signal });
    set({ datasets: await fetchDatasets() });
    return dataset;
  },
  remove: async (name) => {
    await deleteDataset(name);
    set(({ datasets }) => ({ datasets: datasets?.filter((dataset) => dataset.name !== name) ?? null }));
  },
}));
