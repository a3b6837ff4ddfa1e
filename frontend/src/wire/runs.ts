/** The JSON of data sets, recipes, training runs and their events. */
import type { Diagnostic, Json, Localised, ParamSchema } from "./types";

export interface Dataset {
  name: string;
  title: Localised;
  kind: "image" | "vector" | "tokens";
  source: string;
  input_shape: (number | null)[];
  classes: string[] | null;
  train: number | null;
  test: number | null;
  available: boolean;
  /** Why it is not available; empty where it is. */
  message: string;
  owned: boolean;
}

/** An optimizer or a loss, with the parameters of its own. */
export interface RecipeChoice {
  name: string;
  summary: string;
  params: ParamSchema[];
}

export interface RecipeSchema {
  optimizers: RecipeChoice[];
  losses: RecipeChoice[];
  params: ParamSchema[];
}

/** A name, with the parameters that differ from their defaults where there are any. */
export interface Choice {
  type: string;
  [param: string]: Json;
}

export interface Recipe {
  optimizer: Choice;
  /** null: the server infers it from the last layer and the labels. */
  loss: string | Choice | null;
  batch_size: number;
  epochs: number;
  validation_split: number;
  seed: number | null;
  [param: string]: Json;
}

/** Weights that a network can take: those it was imported with, or those of a run. */
export interface WeightsSource {
  /** "imported", or a run's. */
  id: string;
  /** A file's name, or the data set of the run. */
  label: string;
  date: string;
  count: number;
  /** Whether every layer of the network as it is now gets its weights. */
  complete: boolean;
  /** Which layers of it would get no values. */
  lacking: Diagnostic[];
}

export interface RunPreview {
  loss: string | null;
  adapts: string[];
  problems: Diagnostic[];
  input_shape: (number | null)[];
  classes: string[] | null;
}

export type RunState =
  | "queued"
  | "starting"
  | "running"
  | "stopping"
  | "stopped"
  | "finished"
  | "failed"
  | "lost";

export interface RunError {
  code: string;
  message: string;
  hint: string;
  node: string | null;
}

export interface Run {
  id: string;
  network: string;
  kind: "train";
  state: RunState;
  dataset: string;
  recipe: Recipe;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  epoch: number;
  epochs: number;
  history: { [metric: string]: number[] };
  error: RunError | null;
  files: { name: string; size_bytes: number }[];
  resumable: boolean;
  test: { [metric: string]: number } | null;
  /** What the weights are called that it started from; empty where it started anew. */
  initial: string;
}

export type Metrics = { [name: string]: number };

export interface ClassScore {
  label: string;
  index: number;
  probability: number;
}

export interface ClassQuality {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  support: number;
}

/** What a run has told for good; numbered without gaps, replayed after a reconnect. */
export type DurableEvent = { seq: number; time: string } & (
  | { kind: "queued" }
  | {
      kind: "started";
      device: string;
      backend: string;
      seed: number;
      loss: string;
      /** Sentences that say how the data were fitted to the network. */
      adapts: string[];
    }
  | { kind: "epoch_begin"; epoch: number; steps: number }
  | {
      kind: "epoch";
      epoch: number;
      epochs: number;
      metrics: Metrics;
      duration_s: number;
      eta_s: number;
      learning_rate: number;
    }
  | { kind: "checkpoint"; epoch: number }
  | { kind: "finished"; test: Metrics | null }
  | { kind: "stopped"; epoch: number }
  | { kind: "failed"; error: RunError }
  | { kind: "lost"; epoch: number }
  | { kind: "resumed"; epoch: number }
  | {
      kind: "evaluation";
      job: string;
      loss: number;
      accuracy: number | null;
      /** Counts by (true class, predicted class). */
      confusion: number[][] | null;
      classes: string[] | null;
      per_class: ClassQuality[] | null;
      metrics: Metrics;
    }
  | {
      kind: "prediction";
      job: string;
      top: ClassScore[];
      /** A PNG as a data address: the input as the network saw it. */
      image: string;
      /** The output itself where the network does not tell classes apart. */
      values: number[] | null;
      adapts: string[];
    }
);

/** Told once, at most ten a second; missed by who is away. */
export type PassingEvent =
  | {
      kind: "batch";
      epoch: number;
      step: number;
      steps: number;
      metrics: Metrics;
      eta_s: number;
      samples_per_s: number;
    }
  | { kind: "status"; text: string };

export type RunEvent = DurableEvent | PassingEvent;

export interface Job {
  id: string;
  kind: string;
  state: string;
  result: Json;
  error: RunError | null;
}
