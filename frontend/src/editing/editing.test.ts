import { describe, expect, it } from "vitest";
import { type DocumentGraph, freeName, inputsOf, newNodeId, outputsOf, snakeCase } from "../document/graph";
import { NetworkDocument } from "../document/NetworkDocument";
import type { Catalog, CatalogEntry, Edge, GraphNode, LayerSchema, NodeAnalysis, Shape } from "../wire/types";
import { copyText, pasteEdits, readText } from "./clipboard";
import { connectEdits, freeInput, refusal } from "./connect";
import { NODE_HEIGHT, NODE_WIDTH, RANK_PITCH } from "./geometry";
import { appendEntry, insertEntry, type Scene } from "./insert";
import { inputPorts } from "./layers";
import { neighbour } from "./neighbours";
import { removeEdits } from "./remove";

/** A small catalogue in the server's own form. */
function schema(name: string, more: Partial<LayerSchema> = {}): LayerSchema {
  const inputs = { min: 1, max: 1 };
  return {
    name,
    category: "common",
    summary: "",
    doc: "",
    source: "",
    inputs,
    family: null,
    rank: null,
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

const ENTRIES = {
  input: entry("input", "Input", { params: { shape: [784] } }),
  dense: entry("dense", "Dense", { params: { units: 512 } }),
  dropout: entry("dropout", "Dropout"),
  add: entry("add", "Add"),
  concat: entry("concat", "Concatenate"),
  conv: entry("conv", "Conv2D", { family: "convolution", params: { filters: 32, kernel_size: [3, 3] } }),
};

const CATALOG: Catalog = {
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
class Desk {
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

describe("appending", () => {
  it("builds a chain click by click: connected, below, named as Keras names, one undo step each", () => {
    const desk = new Desk();
    let last = desk.append(ENTRIES.input);
    const first = last;
    for (const added of [ENTRIES.dense, ENTRIES.dropout, ENTRIES.dense]) last = desk.append(added, [last]);
    expect(desk.pairs.sort()).toEqual(["dense dropout", "dropout dense_1", "input dense"]);
    expect(desk.node(last).position).toEqual([
      desk.node(first).position[0],
      desk.node(first).position[1] + 3 * RANK_PITCH,
    ]);
    desk.document.undo();
    expect(desk.graph.nodes.has(last)).toBe(false);
    expect(desk.graph.edges.size).toBe(2);
  });

  it("puts the first layer in the middle of what is seen", () => {
    const desk = new Desk();
    const [x, y] = desk.node(desk.append(ENTRIES.input)).position;
    expect([x + NODE_WIDTH / 2, Math.abs(y + NODE_HEIGHT / 2 - 300) <= 8]).toEqual([404, true]);
  });

  it("goes on from the last layer where nothing is selected", () => {
    const desk = new Desk();
    desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense);
    expect(desk.pairs).toEqual(["input dense"]);
  });

  it("writes every parameter down, presets over what new layers have", () => {
    const desk = new Desk();
    expect(desk.node(desk.append(ENTRIES.dense)).params).toEqual({ units: 512, use_bias: true });
  });

  it.each([
    [[null, 100, 8], "Conv1D", [3]],
    [[null, 28, 28, 1], "Conv2D", [3, 3]],
    [[null, 9, 28, 28, 1], "Conv3D", [3, 3, 3]],
    [[null, 784], "Conv2D", [3, 3]],
  ] as [Shape, string, number[]][])("of a family on %j takes %s", (shape, type, kernel) => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.knowShape(input, shape);
    const node = desk.node(desk.append(ENTRIES.conv, [input]));
    expect([node.type, node.params.kernel_size]).toEqual([type, kernel]);
    expect(node.params.strides).toEqual(kernel.map(() => 1));
  });

  it("in the middle of a chain goes in between and moves the rest down", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    const dense = desk.append(ENTRIES.dense, [input]);
    const before = desk.node(dense).position[1];
    desk.append(ENTRIES.dropout, [input]);
    expect(desk.pairs.sort()).toEqual(["dropout dense", "input dropout"]);
    expect(desk.node(dense).position[1]).toBe(before + RANK_PITCH);
    desk.document.undo();
    expect(desk.pairs).toEqual(["input dense"]);
    expect(desk.node(dense).position[1]).toBe(before);
  });

  it("starts a branch where asked to, beside what is there", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    const dense = desk.append(ENTRIES.dense, [input]);
    const other = desk.append(ENTRIES.dropout, [input], true);
    expect(desk.pairs.sort()).toEqual(["input dense", "input dropout"]);
    expect(desk.node(other).position[1]).toBe(desk.node(dense).position[1]);
    expect(desk.node(other).position[0]).toBeGreaterThanOrEqual(desk.node(dense).position[0] + NODE_WIDTH);
  });

  it("joins all selected layers where the new one takes many, from left to right", () => {
    const desk = new Desk();
    desk.put("right", "Dense", [400, 0]);
    desk.put("left", "Dense", [0, 96]);
    const add = desk.append(ENTRIES.add, ["right", "left"]);
    expect(inputsOf(desk.graph, add).map(({ source, target_port }) => [source, target_port])).toEqual([
      ["left", 0],
      ["right", 1],
    ]);
    expect(desk.node(add).position[1]).toBe(96 + RANK_PITCH);
  });

  it("sets a layer that takes nothing beside the network, unconnected", () => {
    const desk = new Desk();
    const first = desk.append(ENTRIES.input);
    const second = desk.append(ENTRIES.input, [first]);
    expect(desk.graph.edges.size).toBe(0);
    expect(desk.node(second).position[0]).toBeGreaterThanOrEqual(desk.node(first).position[0] + NODE_WIDTH);
  });
});

describe("dropping", () => {
  it("puts the layer's middle where the pointer is, on the grid, unconnected", () => {
    const desk = new Desk();
    const [x, y] = desk.node(desk.insert(ENTRIES.dense, [203, 101])).position;
    expect([Math.abs(x + 100 - 203) <= 4, Math.abs(y + 28 - 101) <= 4, x % 8, y % 8]).toEqual([
      true,
      true,
      0,
      0,
    ]);
    expect(desk.graph.edges.size).toBe(0);
  });

  it("on an edge goes into it, and undo gives the edge back", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense, [input]);
    const [edge] = desk.graph.edges.values();
    desk.insert(ENTRIES.dropout, [500, 350], edge);
    expect(desk.pairs.sort()).toEqual(["dropout dense", "input dropout"]);
    desk.document.undo();
    expect(desk.pairs).toEqual(["input dense"]);
  });

  it("on an edge into a merge keeps the port", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("sum", "Add", [0, 600]);
    desk.connect("a", "sum", 0);
    const edge = desk.connect("b", "sum", 1);
    desk.insert(ENTRIES.dropout, [0, 300], edge);
    expect(desk.pairs.sort()).toEqual(["a sum", "b dropout", "dropout sum:1"]);
  });

  it("on an edge of a family chooses the variant for the tensor on it", () => {
    const desk = new Desk();
    const input = desk.append(ENTRIES.input);
    desk.append(ENTRIES.dense, [input]);
    desk.knowShape(input, [null, 100, 8]);
    const [edge] = desk.graph.edges.values();
    expect(desk.node(desk.insert(ENTRIES.conv, [0, 0], edge)).type).toBe("Conv1D");
  });
});

describe("connecting", () => {
  it("takes the place of the edge that a port has", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.connect("a", "c");
    desk.connect("b", "c");
    expect(desk.pairs).toEqual(["b c"]);
  });

  it("refuses circles, doubles, itself, and layers that take nothing", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("in", "Input");
    desk.connect("a", "b");
    const why = (source: string, target: string) =>
      refusal(desk.graph, CATALOG, { source, target, source_port: 0, target_port: 0 });
    expect(why("b", "a")).toBe("cycle");
    expect(why("a", "b")).toBe("duplicate");
    expect(why("a", "a")).toBe("self");
    expect(why("a", "in")).toBe("no_input");
    expect(why("in", "a")).toBeNull();
  });

  it("to a layer as a whole takes the first free port", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.put("sum", "Add");
    expect(freeInput(desk.graph, CATALOG, "sum")).toBe(0);
    desk.connect("a", "sum", 0);
    desk.connect("b", "sum", 2);
    expect(freeInput(desk.graph, CATALOG, "sum")).toBe(1);
    desk.connect("a", "c");
    expect(freeInput(desk.graph, CATALOG, "c")).toBe(0);
  });

  it("always leaves a variadic layer one more port", () => {
    expect(inputPorts(CATALOG.layers.Add, [])).toBe(2);
    expect(inputPorts(CATALOG.layers.Add, [0, 1])).toBe(3);
    expect(inputPorts(CATALOG.layers.Dense, [0])).toBe(1);
    expect(inputPorts(CATALOG.layers.Input, [])).toBe(0);
  });
});

describe("deleting", () => {
  const chain = () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c", "d"]) desk.put(id, "Dense");
    desk.connect("a", "b");
    desk.connect("b", "c");
    desk.connect("c", "d");
    return desk;
  };

  it("joins what is left of a chain", () => {
    const desk = chain();
    desk.remove(["b", "c"]);
    expect(desk.pairs).toEqual(["a d"]);
    desk.document.undo();
    expect(desk.pairs).toEqual(["a b", "b c", "c d"]);
  });

  it("leaves a gap where asked to", () => {
    const desk = chain();
    desk.remove(["b"], false);
    expect(desk.pairs).toEqual(["c d"]);
  });

  it("of a residual branch does not feed the sum twice from one layer", () => {
    const desk = new Desk();
    for (const id of ["a", "b"]) desk.put(id, "Dense");
    desk.put("sum", "Add");
    desk.connect("a", "b");
    desk.connect("b", "sum", 0);
    desk.connect("a", "sum", 1);
    desk.remove(["b"]);
    expect(desk.pairs).toEqual(["a sum:1"]);
  });

  it("guesses nothing where there were several ways", () => {
    const desk = new Desk();
    for (const id of ["a", "b", "c"]) desk.put(id, "Dense");
    desk.connect("a", "b");
    desk.put("d", "Dense");
    desk.connect("b", "c");
    desk.connect("b", "d");
    desk.remove(["b"]);
    expect(desk.pairs).toEqual([]);
  });
});

describe("copied text", () => {
  it("comes back under new ids and names, wired within, in one undo step", () => {
    const desk = new Desk();
    desk.put("a", "Dense");
    desk.put("b", "Dropout", [0, 104]);
    desk.put("c", "Dense", [0, 208]);
    desk.connect("a", "b");
    desk.connect("b", "c");
    const part = readText(copyText(desk.graph, new Set(["a", "b"])));
    if (!part) throw new Error("It should be readable.");
    const { edits, ids } = pasteEdits(desk.graph, part, [500, 0]);
    desk.document.apply(edits, "paste");
    expect(desk.pairs.sort()).toEqual(["a b", "a_1 b_1", "b c"]);
    expect(ids.map((id) => desk.node(id).position)).toEqual([
      [504, 0],
      [504, 104],
    ]);
    desk.document.undo();
    expect(desk.graph.nodes.size).toBe(3);
  });

  it.each([
    ["plain text", "hello"],
    ["another format", '{"class_name": "Sequential", "config": {}}'],
    ["nothing in it", '{"format": "visualnn", "nodes": []}'],
    ["nonsense for nodes", '{"format": "visualnn", "nodes": [1, null, {"id": 5}]}'],
    ["far too much", `{"format": "visualnn", "nodes": [], "note": "${"x".repeat(5_000_000)}"}`],
  ])("with %s is not pasted", (_what, text) => {
    expect(readText(text)).toBeNull();
  });

  it("with broken parts keeps what is sound", () => {
    const text = JSON.stringify({
      format: "visualnn",
      nodes: [{ id: "a", type: "Dense", position: ["x", null], params: [] }, "no"],
      edges: [{ source: "a", target: "a", source_port: -1 }, { source: 1 }],
    });
    expect(readText(text)).toEqual({
      nodes: [
        {
          id: "a",
          type: "Dense",
          name: "Dense",
          params: {},
          position: [0, 0],
          phase: "both",
          shares: null,
          note: "",
        },
      ],
      edges: [],
    });
  });
});

describe("the arrow keys", () => {
  it("go along edges and to the side", () => {
    const desk = new Desk();
    desk.put("a", "Dense", [0, 0]);
    desk.put("b", "Dense", [0, 104]);
    desk.put("c", "Dense", [240, 104]);
    desk.connect("a", "b");
    desk.connect("a", "c");
    expect(neighbour(desk.graph, undefined, "down")).toBe("a");
    expect(neighbour(desk.graph, "a", "down")).toBe("b");
    expect(neighbour(desk.graph, "c", "up")).toBe("a");
    expect(neighbour(desk.graph, "b", "right")).toBe("c");
    expect(neighbour(desk.graph, "c", "right")).toBeNull();
    expect(outputsOf(desk.graph, "b")).toEqual([]);
  });
});

describe("names", () => {
  it.each([
    ["Dense", "dense"],
    ["Conv2D", "conv2d"],
    ["MaxPooling2D", "max_pooling2d"],
    ["BatchNormalization", "batch_normalization"],
    ["LSTM", "lstm"],
    ["GlobalAveragePooling2D", "global_average_pooling2d"],
  ])("of %s are spelt as Keras spells them: %s", (type, name) => {
    expect(snakeCase(type)).toBe(name);
  });

  it("count on from the stem", () => {
    const desk = new Desk();
    for (const id of ["dense", "dense_1"]) desk.put(id, "Dense");
    expect(freeName(desk.graph, "dense")).toBe("dense_2");
    expect(freeName(desk.graph, "dense_1")).toBe("dense_2");
    expect(freeName(desk.graph, "other")).toBe("other");
  });
});

describe("ids", () => {
  it("are sound and sort by creation", () => {
    const ids = Array.from({ length: 500 }, newNodeId);
    expect(new Set(ids).size).toBe(500);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id))).toBe(true);
  });
});
