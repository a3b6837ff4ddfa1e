/** Reading files into networks, and weights into the network that is open. */
import i18next from "i18next";
import { inLanguage } from "../state/formats";
import { useFormats, useNetworks } from "../state/server";
import { useCarriedWeights } from "../state/weights";
import { del, post, toApiError } from "../wire/client";
import { type SendOptions, sendFiles } from "../wire/sending";
import type { Diagnostic, ImportResult } from "../wire/types";
import { networkPath } from "./networks";
import { caution, fail, succeed } from "./notices";

/** Files that belong together (a network and its weights), text that was pasted, or an address. */
export type ImportSource = { files: readonly File[] } | { text: string } | { url: string };

const t = i18next.t.bind(i18next);
const ADDRESS = "/api/networks/import";

/** What a source is called where it cannot be read. */
export function sourceName(source: ImportSource): string {
  if ("files" in source) return source.files.map(({ name }) => name).join(", ");
  return "url" in source ? source.url : t("dialogs:import.pasted");
}

/** Reads a source into a new network and opens it. Throws ApiError. */
export async function importNetwork(
  source: ImportSource,
  navigate: (path: string) => void,
  options: SendOptions = {},
): Promise<void> {
  const made =
    "files" in source
      ? await sendFiles<ImportResult & { weights: number }>(ADDRESS, source.files, options)
      : await post<ImportResult & { weights: number }>(ADDRESS, source, { signal: options.signal });
  void useNetworks.reload();
  navigate(networkPath(made.id));
  const known = useFormats.known()?.find(({ name }) => name === made.format);
  const format = known ? inLanguage(known).label : made.format;
  const count = made.weights.toLocaleString(i18next.language);
  const text =
    made.weights > 0
      ? t("dialogs:import.doneWeights", { name: made.name, format, count: made.weights, number: count })
      : t("dialogs:import.done", { name: made.name, format });
  if (made.diagnostics.length > 0) caution(text, made.diagnostics);
  else succeed(text);
}

const weightsPath = (id: string) => `/api/networks/${encodeURIComponent(id)}/weights`;

/** Asks for a file with weights and gives them to a network. */
export function attachWeights(id: string): void {
  const input = document.createElement("input");
  input.type = "file";
  input.addEventListener("change", () => {
    if (input.files?.[0]) void takeWeights(id, input.files[0]);
  });
  input.click();
}

async function takeWeights(id: string, file: File): Promise<void> {
  try {
    const taken = await sendFiles<{ weights: number; diagnostics: Diagnostic[] }>(weightsPath(id), [file]);
    void useCarriedWeights.getState().load(id);
    const count = taken.weights.toLocaleString(i18next.language);
    const text = t("dialogs:weights.attached", { name: file.name, count: taken.weights, number: count });
    if (taken.diagnostics.length > 0) caution(text, taken.diagnostics);
    else succeed(text);
  } catch (error) {
    fail(t("dialogs:weights.failed", { name: file.name }), toApiError(error));
  }
}

/** Forgets the weights that came with a network. */
export async function dropWeights(id: string): Promise<void> {
  try {
    await del(weightsPath(id));
    void useCarriedWeights.getState().load(id);
    succeed(t("dialogs:weights.dropped"));
  } catch (error) {
    fail(t("dialogs:weights.notDropped"), toApiError(error));
  }
}
