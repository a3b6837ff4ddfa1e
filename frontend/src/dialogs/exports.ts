/** Writing a network out: at once, or by a worker, to the browser or to the storage. */
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchWeights } from "../runs/api";
import { inLanguage } from "../state/formats";
import { ApiError, del, download, get, post, toApiError } from "../wire/client";
import type { Destination, ExportChoice, ExportJob, ExportStarted } from "../wire/exports";
import type { WeightsSource } from "../wire/runs";
import type { Diagnostic } from "../wire/types";
import { caution, fail, succeed } from "./notices";

const POLL_MS = 700;
const IMPORTED = "imported";
const t = i18next.t.bind(i18next);

const base = (id: string) => `/api/networks/${encodeURIComponent(id)}`;

/** The address of a file that is written at once. */
export const exportPath = (id: string, format: string, weights = ""): string =>
  `${base(id)}/export/${encodeURIComponent(format)}${weights ? `?weights=${encodeURIComponent(weights)}` : ""}`;

/** What can be written of a network as it is now; null until it is known. */
export function useExports(id: string | undefined, wanted: boolean) {
  const { language } = useTranslation().i18n;
  const [choices, setChoices] = useState<ExportChoice[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    setError(null);
    if (!wanted || id === undefined) return;
    const abort = new AbortController();
    get<ExportChoice[]>(`${base(id)}/exports`, { signal: abort.signal }).then(
      setChoices,
      (cause: unknown) => {
        if (!abort.signal.aborted) setError(toApiError(cause));
      },
    );
    return () => abort.abort();
  }, [id, wanted]);
  return {
    choices: useMemo(
      () => choices?.map((choice) => inLanguage(choice, language)) ?? null,
      [choices, language],
    ),
    error,
  };
}

/** The id of the weights that go out unless the user says otherwise: learnt last, else imported; empty where none. */
export const usualWeights = (sources: readonly WeightsSource[]): string =>
  (sources.find(({ id }) => id !== IMPORTED) ?? sources[0])?.id ?? "";

export interface ExportWish {
  id: string;
  format: Pick<ExportChoice, "name" | "label" | "runtime" | "carries_weights">;
  weights?: string;
  to?: Destination;
  signal?: AbortSignal;
}

/** What came of an export. */
export interface Written {
  /** The file's name, or its address in the storage. */
  name: string;
  /** Which layers the weights have left without values. */
  lacking: Diagnostic[];
}

/** Writes a network and hands it over. Throws ApiError. */
export async function writeExport({
  id,
  format,
  weights = "",
  to = "download",
  signal,
}: ExportWish): Promise<Written> {
  const started = await post<ExportStarted>(
    `${base(id)}/exports/${encodeURIComponent(format.name)}`,
    { to, weights },
    { signal },
  );
  const lacking = started.diagnostics;
  if ("url" in started) {
    return { name: to === "download" ? await download(started.url) : started.url, lacking };
  }
  const { result, error } = await ended(started.job, signal);
  if (error) throw new ApiError(422, error.code, error.message, error.hint);
  const name = result?.download ? await download(result.download) : (result?.url ?? "");
  return { name, lacking };
}

/** A job when it has ended; giving up the wait gives up the job. */
async function ended(job: string, signal: AbortSignal | undefined): Promise<ExportJob> {
  const address = `/api/jobs/${encodeURIComponent(job)}`;
  for (;;) {
    const found = await get<ExportJob>(address);
    if (found.state === "finished" || found.state === "failed") return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (signal?.aborted) {
      await del(address);
      throw new DOMException("", "AbortError");
    }
  }
}

/** Says where the file is, and where it lacks what the network would need to be of use. */
export function tellExported(
  { name, lacking }: Written,
  { format, weights = "", to = "download" }: Pick<ExportWish, "format" | "weights" | "to">,
): void {
  const done = t(to === "storage" ? "dialogs:export.stored" : "dialogs:export.done", { name });
  if (lacking.length > 0) caution(t("dialogs:export.lacking", { done }), lacking);
  else succeed(format.carries_weights && !weights ? t("dialogs:export.untrained", { done }) : done);
}

/** One click: a download with the usual weights, and a notice while a worker makes it. */
export async function exportNetwork(id: string, format: ExportWish["format"]): Promise<void> {
  const notice = `export-${format.name}`;
  if (format.runtime) {
    const message = t("dialogs:export.making", { format: format.label });
    notifications.show({ id: notice, message, loading: true, autoClose: false, withCloseButton: false });
  }
  try {
    const weights = format.carries_weights ? usualWeights(await fetchWeights(id)) : "";
    tellExported(await writeExport({ id, format, weights }), { format, weights });
  } catch (error) {
    fail(t("dialogs:export.failed"), toApiError(error));
  } finally {
    notifications.hide(notice);
  }
}
