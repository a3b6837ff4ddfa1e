/** A small catalogue in the server's own form, and a network that is edited as a user would: for tests. */
import type { DocumentGraph } from "../document/graph";
import { NetworkDocument } from "../document/NetworkDocument";
import type { Catalog, CatalogEntry, Edge, GraphNode, LayerSchema, NodeAnalysis, Shape } from "../wire/types";
import { connectEdits } from "./connect";
import { appendEntry, insertEntry, type Scene } from "./insert";
import { removeEdits } from "./remove";

function schema(name: string, more: Partial<LayerSchema> = {}): LayerSchema {
  const inputs = { min: 1, max: 1 };
  return {
    name,
    category: "common",
    summary: "",
    doc: "",
    remarks: "",
    example: ["", ""],
    source: "",
    inputs,
    family: null,
    rank: null,
    role: "layer",
    training_only: false,
    params: [],
    new: {},
    ...more,
  };
}

function conv(name: string, axes: number): LayerSchema {
  const common = { help: "", nullable: false };
  return schema(name, {
    new: { filters: 8, kernel_size: Array(axes).fill(5), strides: Array(axes).fill(1), padding: "valid" },
    params: [
      { name: "filters", kind: "int", required: true, ...common },
      { name: "kernel_size", kind: "ints", required: true, length: axes, ...common },
      {
        name: "strides",
        kind: "ints",
        required: false,
        default: Array(axes).fill(1),
        length: axes,
        ...common,
      },
      { name: "padding", kind: "choice", required: false, default: "valid", ...common },
    ],
  });
}

function entry(id: string, layer: string, more: Partial<CatalogEntry> = {}): CatalogEntry {
  const label = { en: id, zh: id };
  return {
    id,
    category: "common",
    label,
    layer,
    params: {},
    keywords: [],
    family: null,
    description: "",
    ...more,
  };
}

export const ENTRIES = {
  input: entry("input", "Input", { params: { shape: [784] } }),
  dense: entry("dense", "Dense", { params: { units: 512 } }),
  dropout: entry("dropout", "Dropout"),
  add: entry("add", "Add"),
  concat: entry("concat", "Concatenate"),
  conv: entry("conv", "Conv2D", { family: "convolution", params: { filters: 32, kernel_size: [3, 3] } }),
};

export const CATALOG: Catalog = {
  version: "1",
  categories: [],
  entries: Object.values(ENTRIES),
  layers: {
    Input: schema("Input", { inputs: { min: 0, max: 0 } }),
    Dense: schema("Dense", {
      new: { units: 128, use_bias: true },
      params: [
        { name: "units", kind: "int", required: true, nullable: false, help: "" },
        { name: "use_bias", kind: "bool", required: false, default: true, nullable: false, help: "" },
      ],
    }),
    Dropout: schema("Dropout"),
    Add: schema("Add", { inputs: { min: 2, max: null } }),
    Concatenate: schema("Concatenate", { inputs: { min: 2, max: null } }),
    Loss: schema("Loss", { role: "loss", inputs: { min: 1, max: 2 } }),
    Conv1D: conv("Conv1D", 1),
    Conv2D: conv("Conv2D", 2),
    Conv3D: conv("Conv3D", 3),
  },
  families: {
    convolution: {
      label: { en: "Convolution", zh: "卷积" },
      variants: ["Conv1D", "Conv2D", "Conv3D"],
      by_rank: { "3": "Conv1D", "4": "Conv2D", "5": "Conv3D" },
    },
  },
};

/** A network being edited, as a user would: every step through the document. */
export class Desk {
  readonly document = new NetworkDocument("test");
  readonly shapes = new Map<string, NodeAnalysis>();

  get graph(): DocumentGraph {
    return this.document.graph;
  }
  get scene(): Scene {
    return { graph: this.graph, catalog: CATALOG, analysis: this.shapes };
  }
  append(added: CatalogEntry, selection: string[] = [], branch = false): string {
    const made = appendEntry(this.scene, added, {
      selection: new Set(selection),
      branch,
      centre: [404, 300],
    });
    this.document.apply(made.edits, "append");
    return made.id;
  }
  insert(added: CatalogEntry, middle: [number, number], edge?: Edge): string {
    const made = insertEntry(this.scene, added, middle, edge);
    this.document.apply(made.edits, "insert");
    return made.id;
  }
  put(id: string, type: string, position: [number, number] = [0, 0]): GraphNode {
    const node: GraphNode = {
      id,
      type,
      name: id,
      params: {},
      position,
      phase: "both",
      shares: null,
      note: "",
    };
    this.document.apply([{ op: "add_node", node }], "put");
    return node;
  }
  connect(source: string, target: string, target_port = 0): Edge {
    const edge = { source, target, source_port: 0, target_port };
    this.document.apply(connectEdits(this.graph, edge), "connect");
    return edge;
  }
  remove(ids: string[], bridge = true): void {
    this.document.apply(removeEdits(this.graph, new Set(ids), new Set(), { bridge }), "remove");
  }
  knowShape(id: string, shape: Shape): void {
    const outputs = [{ shape, dtype: "float32" }];
    this.shapes.set(id, {
      inputs: [],
      outputs,
      weights: 0,
      trainable: 0,
      non_trainable: 0,
      macs: 0,
      activation_bytes: 0,
    });
  }
  node(id: string): GraphNode {
    const node = this.graph.nodes.get(id);
    if (!node) throw new Error(`There is no ${id}.`);
    return node;
  }
  get pairs(): string[] {
    return [...this.graph.edges.values()].map(({ source, target, target_port: port }) => {
      return `${this.node(source).name} ${this.node(target).name}${port ? `:${port}` : ""}`;
    });
  }
}
