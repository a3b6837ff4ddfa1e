/** Lists that the server gives and that stay the same while the page is open: formats, the model zoo. */
import { useEffect } from "react";
import { create } from "zustand";
import { ApiError, get } from "../wire/client";

interface ResourceState<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  /** Fetches, unless it is known or on its way; `again` fetches in any case. */
  load(again?: boolean): Promise<void>;
}

export interface Resource<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  reload(): void;
}

export const toApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "page.unexpected", String(error));

/** A hook for what is at `path`: asks for it when first used, keeps it for everyone. */
export function resource<T>(path: string): () => Resource<T> {
  const useStore = create<ResourceState<T>>()((set, read) => ({
    data: null,
    error: null,
    loading: false,
    load: async (again = false) => {
      const { data, loading } = read();
      if (loading || (data !== null && !again)) return;
      set({ loading: true, error: null });
      try {
        set({ data: await get<T>(path), loading: false });
      } catch (error) {
        set({ error: toApiError(error), loading: false });
      }
    },
  }));
  return function useResource() {
    const { data, error, loading, load } = useStore();
    useEffect(() => {
      void load();
    }, [load]);
    return { data, error, loading, reload: () => void load(true) };
  };
}
