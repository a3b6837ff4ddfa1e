/** What is done with whole networks: make, copy, delete and bring back, rename. */
import i18next from "i18next";
import { useNetworks } from "../state/server";
import { del, get, patch, post, toApiError } from "../wire/client";
import type { Graph, Network, NetworkSummary } from "../wire/types";
import { fail, succeed } from "./notify";

type Navigate = (path: string) => void;
export type NetworkName = Pick<NetworkSummary, "id" | "name">;

export const networkPath = (id: string): string => `/networks/${id}`;
const t = i18next.t.bind(i18next);

interface NewNetwork {
  name?: string;
  graph?: Graph;
  zoo?: string;
}

/** Makes a network and opens it; empty where nothing is given. */
export async function createNetwork(wanted: NewNetwork, navigate: Navigate): Promise<void> {
  try {
    const made = await post<NetworkSummary>("/api/networks", wanted);
    void useNetworks.reload();
    navigate(networkPath(made.id));
  } catch (error) {
    fail(t("dialogs:create.failed"), toApiError(error));
  }
}

/** Copies a network, and opens the copy where it is said how. */
export async function duplicateNetwork({ id, name }: NetworkName, navigate?: Navigate): Promise<void> {
  try {
    const copy = await post<NetworkSummary>(`/api/networks/${id}/duplicate`);
    void useNetworks.reload();
    navigate?.(networkPath(copy.id));
    succeed(t("dialogs:duplicate.done", { name }));
  } catch (error) {
    fail(t("dialogs:duplicate.failed"), toApiError(error));
  }
}

/** Deletes a network. Its graph can be brought back while the notice stands; its training runs cannot. */
export async function deleteNetwork({ id, name }: NetworkName): Promise<boolean> {
  try {
    const { graph } = await get<Network>(`/api/networks/${id}`);
    await del(`/api/networks/${id}`);
    useNetworks.change((list) => list.filter((network) => network.id !== id));
    succeed(t("dialogs:delete.done", { name }), () => void restore(graph));
    return true;
  } catch (error) {
    fail(t("dialogs:delete.failed"), toApiError(error));
    return false;
  }
}

async function restore(graph: Graph): Promise<void> {
  try {
    await post("/api/networks", { graph });
    await useNetworks.reload();
  } catch (error) {
    fail(t("dialogs:delete.notRestored"), toApiError(error));
  }
}

/** Renames a network that is not open here. */
export async function renameNetwork({ id }: NetworkName, name: string): Promise<boolean> {
  const before = (list: NetworkSummary[]) =>
    list.map((known) => (known.id === id ? { ...known, name } : known));
  useNetworks.change(before);
  try {
    await patch(`/api/networks/${id}`, { edits: [{ op: "set_meta", name }] });
    return true;
  } catch (error) {
    fail(t("dialogs:rename.failed"), toApiError(error));
    return false;
  } finally {
    void useNetworks.reload();
  }
}
