/** The server's addresses for data sets, runs and their jobs. */
import { del, get, post, upload } from "../wire/client";
import type { Dataset, Job, Recipe, RecipeSchema, Run, RunPreview, WeightsSource } from "../wire/runs";

export interface RunRequest {
  network: string;
  dataset: string;
  recipe: Recipe;
  /** Id of the weights to start from; empty: from the initializers. */
  weights?: string;
}

/** One image of the test set with its true class. */
export interface Sample {
  index: number;
  label: string;
  /** A PNG as a data address. */
  image: string;
}

const run = (id: string) => `/api/runs/${encodeURIComponent(id)}`;

export const fetchDatasets = () => get<Dataset[]>("/api/datasets");
export const deleteDataset = (name: string) => del(`/api/datasets/${encodeURIComponent(name)}`);
export const fetchRecipeSchema = () => get<RecipeSchema>("/api/recipes/schema");
export const previewRun = (request: RunRequest, signal: AbortSignal) =>
  post<RunPreview>("/api/runs/preview", request, { signal });

export const fetchWeights = (network: string) =>
  get<WeightsSource[]>(`/api/networks/${encodeURIComponent(network)}/weights`);

/** Names of the data sets that get into a network as it is, those to be had soonest first. */
export const fetchFitting = (network: string, signal: AbortSignal) =>
  get<string[]>(`/api/networks/${encodeURIComponent(network)}/datasets`, { signal });

export const fetchRuns = (network: string) => get<Run[]>(`/api/runs?network=${encodeURIComponent(network)}`);
export const fetchRun = (id: string) => get<Run>(run(id));
export const startRun = (request: RunRequest) => post<Run>("/api/runs", request);
export const stopRun = (id: string) => post<Run>(`${run(id)}/stop`);
export const resumeRun = (id: string) => post<Run>(`${run(id)}/resume`);
export const deleteRun = (id: string) => del(run(id));
export const fileAddress = (id: string, name: string) => `${run(id)}/files/${encodeURIComponent(name)}`;

export const evaluateRun = (id: string) => post<Job>(`${run(id)}/evaluate`);
export const predictImage = (id: string, image: Blob) => upload<Job>(`${run(id)}/predict`, { image });
export const fetchJob = (id: string) => get<Job>(`/api/jobs/${encodeURIComponent(id)}`);
export const fetchSamples = (id: string, count: number) => get<Sample[]>(`${run(id)}/samples?count=${count}`);

/** The image of a sample as a file. Fetching a data address would be refused by the page's content policy. */
export function imageOf({ image }: Sample): Blob {
  const [, base64 = ""] = image.split(",");
  return new Blob([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], { type: "image/png" });
}
