/** The JSON that travels between server and page. Names are the server's; nothing here has behaviour. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Params = { [name: string]: Json };
/** Text in the languages of the page. */
export interface Localised {
  en: string;
  zh: string;
}

// ---- graph -----------------------------------------------------------------------------------------

export type Phase = "both" | "train" | "test";
/** Top-left corner of the node's box, in canvas pixels. */
export type Position = [x: number, y: number];

export interface GraphNode {
  id: string;
  type: string;
  name: string;
  params: Params;
  position: Position;
  phase: Phase;
  shares: string | null;
  note: string;
}

export interface Edge {
  source: string;
  target: string;
  source_port: number;
  target_port: number;
}

export interface Graph {
  format: "visualnn";
  version: number;
  name: string;
  nodes: GraphNode[];
  edges: Edge[];
  blocks: { [name: string]: Json };
}

export type Edit =
  | { op: "add_node"; node: GraphNode }
  | { op: "remove_node"; id: string }
  | { op: "set_params"; id: string; params: Params }
  | { op: "set_type"; id: string; type: string; params: Params }
  | { op: "rename"; id: string; name: string }
  | { op: "set_phase"; id: string; phase: Phase }
  | { op: "set_note"; id: string; note: string }
  | { op: "move"; id: string; position: Position }
  | { op: "connect"; edge: Edge }
  | { op: "disconnect"; edge: Edge }
  | { op: "set_block"; name: string; block: Json }
  | { op: "remove_block"; name: string }
  /** Changes what is in a block, wherever it is used. */
  | { op: "edit_block"; name: string; edits: Edit[] }
  | { op: "set_meta"; name: string };

// ---- analysis --------------------------------------------------------------------------------------

/** Batch axis first, as null; channels last. */
export type Shape = (number | null)[];

export interface Tensor {
  shape: Shape;
  dtype: string;
}

export interface NodeAnalysis {
  inputs: Tensor[] | null;
  /** null where unknown: something before this layer, or the layer itself, is broken. */
  outputs: Tensor[] | null;
  weights: number;
  trainable: number;
  non_trainable: number;
  macs: number | null;
  /** Per sample. */
  activation_bytes: number | null;
}

export interface Totals {
  weights: number;
  trainable: number;
  non_trainable: number;
  macs: number | null;
  activation_bytes: number | null;
  layers: number;
}

export type Severity = "error" | "warning" | "hint";

export interface Fix {
  label: string;
  edits: Edit[];
}

/** A step into a block, on the way to a problem within it. */
export interface Step {
  node: string;
  name: string;
  /** Counted from 1; null for the first, as for the only one. */
  copy: number | null;
}

export interface Diagnostic {
  code: string;
  message: string;
  hint: string;
  severity: Severity;
  node: string | null;
  param: string | null;
  values: { [name: string]: Json };
  /** In edits of the whole network, wherever the problem is. */
  fix: Fix | null;
  /** Where `node` is a block and the problem within it: the way to the node whose parameter `param` is. */
  inside: Step[];
}

export interface AnalysisMessage {
  kind: "analysis";
  /** true: replaces everything known; false: holds only what changed. */
  full: boolean;
  revision: number;
  nodes: { [id: string]: NodeAnalysis | null };
  totals: Totals;
  /** By node id, "" for the network as a whole; an empty list says the group has none any more. */
  diagnostics: { [nodeId: string]: Diagnostic[] };
}

/** What is inside a block, in one copy of it. */
export interface InsideAnalysis {
  nodes: { [id: string]: NodeAnalysis };
  diagnostics: { [id: string]: Diagnostic[] };
  /** Which copy that is, from 1 on, for each block that is open. */
  copies: number[];
}

export interface SavedMessage {
  kind: "saved";
  revision: number;
}

export type DocumentMessage = AnalysisMessage | SavedMessage;

// ---- catalogue -------------------------------------------------------------------------------------

export type ParamKind =
  | "int"
  | "float"
  | "bool"
  | "choice"
  | "ints"
  | "numbers"
  | "axis"
  | "text"
  | "shape"
  | "dtype"
  | "object"
  | "layer";

export interface ParamVariant {
  name: string;
  params: ParamSchema[];
}

export interface ParamSchema {
  name: string;
  kind: ParamKind;
  /** Absent when required. */
  default?: Json;
  required: boolean;
  nullable: boolean;
  help: string;
  minimum?: number | null;
  maximum?: number | null;
  unit?: string | null;
  advanced?: boolean;
  /** What a new layer gets where a required parameter has no default. */
  preset?: Json;
  choices?: Json[];
  length?: number | null;
  /** Whether one number alone is legal, too, and means something else than a list (kind "numbers"). */
  single?: boolean;
  /** Whether only whole numbers are legal (kind "numbers"). */
  whole?: boolean;
  variants?: ParamVariant[];
  /** Names of the layers that may stand there (kind "layer"). */
  layers?: string[];
}

export interface LayerSchema {
  name: string;
  category: string;
  family: string | null;
  summary: string;
  /** Markdown. */
  doc: string;
  /** What is peculiar to it, as a sentence; empty where nothing is. */
  remarks: string;
  /** A call, and what it makes of which shape; empty where there is none. */
  example: [call: string, shapes: string];
  source: string;
  /** How many tensors it takes; max null: any number. Input layers take 0. */
  inputs: { min: number; max: number | null };
  /** Axes of the tensor it takes, batch axis included; null where any number will do. */
  rank: number | null;
  /** What it is for; only those of the role "layer" compute something. */
  role: string;
  /** Passes its input on unchanged once trained. */
  training_only: boolean;
  params: ParamSchema[];
  /** Every parameter of one newly put on the canvas. */
  new: Params;
}

export interface CatalogCategory {
  id: string;
  label: Localised;
}

export interface CatalogEntry {
  id: string;
  category: string;
  label: Localised;
  layer: string;
  params: Params;
  keywords: string[];
  family: string | null;
  description: string;
}

export interface LayerFamily {
  label: Localised;
  variants: string[];
  /** Rank of the incoming tensor, batch axis included, → layer. */
  by_rank: { [rank: string]: string };
}

export interface Catalog {
  version: string;
  categories: CatalogCategory[];
  entries: CatalogEntry[];
  layers: { [name: string]: LayerSchema };
  families: { [id: string]: LayerFamily };
}

// ---- REST resources --------------------------------------------------------------------------------

export interface ErrorBody {
  error: { code: string; message: string; hint: string; diagnostics: Diagnostic[] };
}

export interface NetworkSummary {
  id: string;
  name: string;
  created_at: string;
  updated_at: string;
  layers: number;
  weights: number | null;
}

export interface AnalysisResult {
  nodes: { [id: string]: NodeAnalysis };
  totals: Totals;
  diagnostics: Diagnostic[];
}

export interface Network {
  id: string;
  name: string;
  created_at: string;
  updated_at: string;
  graph: Graph;
  analysis: AnalysisResult;
}

export interface FormatInfo {
  name: string;
  label: string;
  extensions: string[];
  reads: boolean;
  writes: boolean;
  /** Whether its files are text. */
  text?: boolean;
  /** The library that writing needs; such files are made by a worker. Empty where none. */
  runtime?: string;
  description: string;
}

export interface ImportResult {
  id: string;
  name: string;
  format: string;
  diagnostics: Diagnostic[];
}

export interface ZooCard {
  name: string;
  title: Localised;
  summary: Localised;
  source: string;
  layers: number;
  weights: number;
  macs: number | null;
  /** Without the batch axis. */
  input: number[];
  dataset: string | null;
  categories: string[];
}

export interface ZooNetwork extends ZooCard {
  graph: Graph;
}
