/** The catalogue of layers: fetched once, the only knowledge of layers that the page has. */
import { useEffect } from "react";
import { create } from "zustand";
import { type ApiError, get as fetchJson, toApiError } from "../wire/client";
import type { Catalog } from "../wire/types";

interface CatalogState {
  catalog: Catalog | null;
  error: ApiError | null;
  load(): Promise<void>;
}

let loading: Promise<void> | null = null;

export const useCatalogStore = create<CatalogState>()((set, get) => ({
  catalog: null,
  error: null,
  load: () => {
    if (get().catalog) return Promise.resolve();
    loading ??= fetchJson<Catalog>("/api/catalog")
      .then((catalog) => set({ catalog, error: null }))
      .catch((error: unknown) => {
        set({ error: toApiError(error) });
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  },
}));

/** The catalogue, null while it is on its way; asks for it when first used. */
export function useCatalog(): Catalog | null {
  const catalog = useCatalogStore((state) => state.catalog);
  const load = useCatalogStore((state) => state.load);
  useEffect(() => {
    void load();
  }, [load]);
  return catalog;
}
