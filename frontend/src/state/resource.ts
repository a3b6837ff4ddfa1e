/** Lists that the server gives, fetched when first used and shared: formats, the model zoo, the user's networks. */
import { useEffect } from "react";
import { create } from "zustand";
import { type ApiError, get, toApiError } from "../wire/client";

interface ResourceState<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
}

export interface Resource<T> extends ResourceState<T> {
  reload(): Promise<void>;
}

export interface UseResource<T> {
  (): Resource<T>;
  /** Fetches again, for everyone. */
  reload(): Promise<void>;
  /** What is known now, without asking. */
  known(): T | null;
  /** Shows a change at once, before the server has confirmed it. */
  change(update: (data: T) => T): void;
}

/** A hook for what is at `path`. */
export function resource<T>(path: string): UseResource<T> {
  const useStore = create<ResourceState<T>>()(() => ({ data: null, error: null, loading: false }));
  let latest = 0;

  async function reload(): Promise<void> {
    latest += 1;
    const request = latest;
    useStore.setState({ loading: true });
    const answer = await get<T>(path).then(
      (data) => ({ data, error: null }),
      (error: unknown) => ({ error: toApiError(error) }),
    );
    // A slow answer to an older question must not replace a newer one.
    if (request === latest) useStore.setState({ ...answer, loading: false });
  }

  function useResource(): Resource<T> {
    const state = useStore();
    useEffect(() => {
      const { data, loading } = useStore.getState();
      if (data === null && !loading) void reload();
    }, []);
    return { ...state, reload };
  }
  const change = (update: (data: T) => T) =>
    useStore.setState(({ data }) => (data === null ? {} : { data: update(data) }));
  return Object.assign(useResource, { reload, change, known: () => useStore.getState().data });
}
