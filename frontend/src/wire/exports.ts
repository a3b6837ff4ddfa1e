/** The JSON of exports: what can be written of a network, and what came of it. */
import type { RunError } from "./runs";
import type { Diagnostic, FormatInfo } from "./types";

/** A format as it suits one network. */
export interface ExportChoice extends FormatInfo {
  carries_weights: boolean;
  /** Whether its files are text, to be looked at and copied. */
  text: boolean;
  /** The library that writing needs; such files are made by a worker. Empty where none. */
  runtime: string;
  available: boolean;
  /** What stands in the way, by node. */
  obstacles: Diagnostic[];
  /** What would not be kept. */
  losses: Diagnostic[];
}

export type Destination = "download" | "storage";

/** Where an export lies, or who makes it; the diagnostics name layers that the weights leave without values. */
export type ExportStarted = ({ url: string } | { job: string }) & { diagnostics: Diagnostic[] };

export interface ExportJob {
  id: string;
  state: "queued" | "running" | "finished" | "failed";
  result: { download?: string; url?: string; size_bytes: number; filename: string } | null;
  error: RunError | null;
}
