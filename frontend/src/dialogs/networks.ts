/** What is done with whole networks: make, copy, delete and bring back, read from files, write to files. */
import i18next from "i18next";
import { useFormats, useNetworks } from "../state/server";
import { del, download, get, patch, post, toApiError, upload } from "../wire/client";
import type { Graph, ImportResult, Network, NetworkSummary } from "../wire/types";
import { caution, fail, succeed } from "./notices";

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

export async function duplicateNetwork({ id, name }: NetworkName): Promise<NetworkSummary | null> {
  try {
    const copy = await post<NetworkSummary>(`/api/networks/${id}/duplicate`);
    void useNetworks.reload();
    succeed(t("dialogs:duplicate.done", { name }));
    return copy;
  } catch (error) {
    fail(t("dialogs:duplicate.failed"), toApiError(error));
    return null;
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

/** Reads a file, or text that was pasted, into a new network and opens it. Throws ApiError. */
export async function importNetwork(source: File | string, navigate: Navigate): Promise<void> {
  const made =
    typeof source === "string"
      ? await post<ImportResult>("/api/networks/import", { text: source })
      : await upload<ImportResult>("/api/networks/import", { file: source });
  void useNetworks.reload();
  navigate(networkPath(made.id));
  const format = useFormats.known()?.find(({ name }) => name === made.format)?.label ?? made.format;
  const text = t("dialogs:import.done", { name: made.name, format });
  if (made.diagnostics.length > 0) caution(text, made.diagnostics);
  else succeed(text);
}

export const exportPath = (id: string, format: string): string =>
  `/api/networks/${id}/export/${encodeURIComponent(format)}`;

export async function exportNetwork(id: string, format: string): Promise<void> {
  try {
    succeed(t("dialogs:export.done", { name: await download(exportPath(id, format)) }));
  } catch (error) {
    fail(t("dialogs:export.failed"), toApiError(error));
  }
}
