import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import type { Edge, Edit, GraphNode } from "../wire/types";
import type { ConnectionEvents } from "./connection";
import { edgeKey, inputsOf, outputsOf, reaches } from "./graph";
import { CAPTURE_TIMEOUT_MS, NetworkDocument } from "./NetworkDocument";
import { rootsOf } from "./schema";
import { readGraph } from "./snapshot";

const node = (id: string, type = "Dense", params: GraphNode["params"] = { units: 10 }): GraphNode => ({
  id,
  type,
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});
const edge = (source: string, target: string, target_port = 0): Edge => ({
  source,
  target,
  source_port: 0,
  target_port,
});
const add = (...nodes: GraphNode[]): Edit[] => nodes.map((added) => ({ op: "add_node", node: added }));
const connect = (...edges: Edge[]): Edit[] => edges.map((made) => ({ op: "connect", edge: made }));

/** Carries updates between two documents as a server would; returns how to cut the line and to mend it. */
function link(a: NetworkDocument, b: NetworkDocument) {
  const REMOTE = {};
  let up = false;
  const forward = (to: Y.Doc) => (update: Uint8Array, origin: unknown) => {
    if (up && origin !== REMOTE) Y.applyUpdate(to, update, REMOTE);
  };
  a.doc.on("update", forward(b.doc));
  b.doc.on("update", forward(a.doc));
  const mend = () => {
    up = true;
    const [fromA, fromB] = [Y.encodeStateAsUpdate(a.doc), Y.encodeStateAsUpdate(b.doc)];
    Y.applyUpdate(b.doc, fromA, REMOTE);
    Y.applyUpdate(a.doc, fromB, REMOTE);
  };
  mend();
  return { cut: () => (up = false), mend };
}

const opened: NetworkDocument[] = [];
function open(): NetworkDocument {
  const document = new NetworkDocument("test");
  opened.push(document);
  return document;
}

afterEach(() => {
  for (const document of opened.splice(0)) document.close();
});

describe("edits", () => {
  it("build a graph that reads back as it was written", () => {
    const document = open();
    const dense = node("b", "Dense", { units: 512, kernel_regularizer: { type: "L2", l2: 0.01 } });
    document.apply([...add(node("a"), dense), ...connect(edge("a", "b"))], "x");
    expect(document.graph.nodes.get("b")).toEqual(dense);
    expect([...document.graph.edges.values()]).toEqual([edge("a", "b")]);
  });

  it("remove a node with its edges", () => {
    const document = open();
    document.apply(
      [
        ...add(node("a"), node("b"), node("c")),
        ...connect(edge("a", "b"), edge("b", "c"), edge("a", "c", 1)),
      ],
      "x",
    );
    document.apply([{ op: "remove_node", id: "b" }], "x");
    expect([...document.graph.edges.keys()]).toEqual([edgeKey(edge("a", "c", 1))]);
  });

  it("change a node's fields", () => {
    const document = open();
    document.apply(add(node("a", "Conv2D", { filters: 8, kernel_size: [3, 3] })), "x");
    document.apply(
      [
        { op: "rename", id: "a", name: "first" },
        { op: "move", id: "a", position: [40, 80] },
        { op: "set_type", id: "a", type: "Conv1D", params: { filters: 8, kernel_size: [3] } },
        { op: "set_params", id: "a", params: { filters: 16 } },
        { op: "set_meta", name: "mine" },
      ],
      "x",
    );
    expect(document.graph.nodes.get("a")).toEqual({
      ...node("a", "Conv1D", { filters: 16, kernel_size: [3] }),
      name: "first",
      position: [40, 80],
    });
    expect(document.graph.name).toBe("mine");
  });

  it("of a node that is gone do nothing", () => {
    const document = open();
    document.apply(
      [
        { op: "rename", id: "ghost", name: "x" },
        { op: "set_params", id: "ghost", params: { units: 1 } },
        { op: "remove_node", id: "ghost" },
        ...connect(edge("ghost", "ghost2")),
      ],
      "x",
    );
    expect(document.graph.nodes.size + document.graph.edges.size).toBe(0);
  });

  it("are refused where the document may only be read", () => {
    const document = open();
    document.connect((_doc, _awareness, events) => {
      events.readOnly();
      return { close: () => {}, unsaved: false };
    });
    expect(document.apply(add(node("a")), "x")).toBe(false);
    expect(document.graph.nodes.size).toBe(0);
  });

  it("are refused once the server has closed the door", () => {
    const document = open();
    let events: ConnectionEvents | undefined;
    document.connect((_doc, _awareness, given) => {
      events = given;
      return { close: () => {}, unsaved: false };
    });
    events?.status("refused");
    expect(document.apply(add(node("a")), "x")).toBe(false);
  });
});

describe("the graph beside the document", () => {
  it("is told once for each transaction and keeps what did not change", () => {
    const document = open();
    document.apply([...add(node("a"), node("b")), ...connect(edge("a", "b"))], "x");
    const before = document.graph;
    const told = vi.fn();
    document.subscribeGraph(told);
    document.apply([{ op: "set_params", id: "a", params: { units: 3 } }, ...add(node("c"))], "x");
    expect(told).toHaveBeenCalledTimes(1);
    expect(document.graph.nodes.get("b")).toBe(before.nodes.get("b"));
    expect(document.graph.edges).toBe(before.edges);
    expect(document.graph.nodes.get("a")?.params).toEqual({ units: 3 });
    expect(before.nodes.get("a")?.params).toEqual({ units: 10 });
  });

  it("stays silent where an edit changes nothing", () => {
    const document = open();
    document.apply(add(node("a")), "x");
    const told = vi.fn();
    document.subscribeGraph(told);
    document.apply([{ op: "set_params", id: "a", params: { units: 10 } }], "x");
    expect(told).not.toHaveBeenCalled();
  });

  it("equals a fresh reading after many random edits by two tabs", () => {
    const [a, b] = [open(), open()];
    link(a, b);
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * n);
    };
    for (let step = 0; step < 400; step++) {
      const by = random(2) === 0 ? a : b;
      const ids = [...by.graph.nodes.keys()];
      const id = ids[random(ids.length)] ?? "none";
      const other = ids[random(ids.length)] ?? "none";
      const edits: Edit[][] = [
        add(node(`n${random(40)}`)),
        connect(edge(id, other, random(3))),
        [{ op: "set_params", id, params: { units: step } }],
        [{ op: "move", id, position: [step, step] }],
        [{ op: "remove_node", id }],
        [{ op: "rename", id, name: `name${step}` }],
      ];
      const kind = random(8);
      if (kind === 6) by.undo();
      else if (kind === 7) by.redo();
      else by.apply(edits[kind] ?? [], "x");
    }
    expect(a.graph.nodes.size).toBeGreaterThan(0);
    for (const document of [a, b]) {
      const fresh = readGraph(document.doc);
      expect([...document.graph.nodes]).toEqual([...fresh.nodes]);
      expect([...document.graph.edges]).toEqual([...fresh.edges]);
    }
    expect([...a.graph.nodes]).toEqual([...b.graph.nodes]);
  });

  it("does not believe what another client wrote", () => {
    const document = open();
    const { nodes, edges } = rootsOf(document.doc);
    document.doc.transact(() => {
      nodes.set("bad", "text" as never);
      const broken = new Y.Map<unknown>([
        ["type", "Dense"],
        ["position", ["left", Number.NaN]],
        ["name", 5],
      ]);
      nodes.set("broken", broken);
      edges.set("nonsense", 7 as never);
    });
    expect([...document.graph.nodes.keys()]).toEqual(["broken"]);
    expect(document.graph.nodes.get("broken")).toMatchObject({
      name: "broken",
      position: [0, 0],
      params: {},
    });
    expect(document.graph.edges.size).toBe(0);
  });

  it("answers what is connected to what", () => {
    const document = open();
    document.apply(
      [
        ...add(node("a"), node("b"), node("sum", "Add")),
        ...connect(edge("b", "sum", 0), edge("a", "sum", 1), edge("a", "b")),
      ],
      "x",
    );
    const { graph } = document;
    expect(inputsOf(graph, "sum").map(({ source }) => source)).toEqual(["b", "a"]);
    expect(outputsOf(graph, "a").map(({ target }) => target)).toEqual(["b", "sum"]);
    expect(reaches(graph, "a", "sum")).toBe(true);
    expect(reaches(graph, "sum", "a")).toBe(false);
  });
});

describe("undo", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("takes back one step at a time and gives it again, with the label of each", () => {
    const document = open();
    document.apply(add(node("a")), "first");
    document.apply(add(node("b")), "second");
    expect(document.state.history).toEqual({ undo: "second", redo: null });
    document.undo();
    expect([...document.graph.nodes.keys()]).toEqual(["a"]);
    expect(document.state.history).toEqual({ undo: "first", redo: "second" });
    document.undo();
    expect(document.state.history).toEqual({ undo: null, redo: "first" });
    document.redo();
    document.redo();
    expect([...document.graph.nodes.keys()]).toEqual(["a", "b"]);
    expect(document.state.history).toEqual({ undo: "second", redo: null });
  });

  it("drops what could be done again when something new is done", () => {
    const document = open();
    document.apply(add(node("a")), "first");
    document.undo();
    document.apply(add(node("b")), "second");
    expect(document.state.history).toEqual({ undo: "second", redo: null });
  });

  it("joins edits of one kind in quick succession, and no others", () => {
    const document = open();
    document.apply(add(node("a")), "add");
    for (const units of [1, 12, 128])
      document.apply([{ op: "set_params", id: "a", params: { units } }], "set", { merge: "a.units" });
    vi.advanceTimersByTime(CAPTURE_TIMEOUT_MS + 1);
    document.apply([{ op: "set_params", id: "a", params: { units: 5 } }], "set", { merge: "a.units" });
    document.undo();
    expect(document.graph.nodes.get("a")?.params).toEqual({ units: 128 });
    document.undo();
    expect(document.graph.nodes.get("a")?.params).toEqual({ units: 10 });
    document.undo();
    expect(document.graph.nodes.size).toBe(0);
  });

  it("gives a removed node its edges back", () => {
    const document = open();
    document.apply([...add(node("a"), node("b")), ...connect(edge("a", "b"))], "x");
    const before = document.graph;
    document.apply([{ op: "remove_node", id: "a" }], "x");
    document.undo();
    expect([...document.graph.nodes]).toEqual([...before.nodes]);
    expect([...document.graph.edges]).toEqual([...before.edges]);
  });

  it("leaves the other tab's edits alone", () => {
    const [a, b] = [open(), open()];
    link(a, b);
    a.apply(add(node("a")), "x");
    b.apply([{ op: "set_params", id: "a", params: { use_bias: false } }], "x");
    b.apply(add(node("b")), "x");
    a.apply([{ op: "set_params", id: "a", params: { units: 99 } }], "x");
    a.undo();
    for (const { graph } of [a, b]) {
      expect(graph.nodes.get("a")?.params).toEqual({ units: 10, use_bias: false });
      expect(graph.nodes.has("b")).toBe(true);
    }
    expect(b.state.history.undo).toBe("x");
  });
});

describe("two tabs", () => {
  it("merge what they did apart", () => {
    const [a, b] = [open(), open()];
    const line = link(a, b);
    a.apply([...add(node("a"), node("b")), ...connect(edge("a", "b"))], "x");
    line.cut();
    a.apply([{ op: "set_params", id: "a", params: { units: 1 } }, ...add(node("c"))], "x");
    b.apply([{ op: "set_params", id: "b", params: { units: 2 } }, ...add(node("d"))], "x");
    line.mend();
    expect([...a.graph.nodes]).toEqual([...b.graph.nodes]);
    expect([...a.graph.nodes.values()].map(({ id, params }) => [id, params.units])).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 10],
      ["d", 10],
    ]);
  });

  it("keep an edit of a node that the other removed and brought back", () => {
    const [a, b] = [open(), open()];
    const line = link(a, b);
    a.apply(add(node("a")), "x");
    line.cut();
    a.apply([{ op: "remove_node", id: "a" }], "x");
    a.undo();
    b.apply([{ op: "rename", id: "a", name: "kept" }], "x");
    line.mend();
    expect(a.graph.nodes.has("a")).toBe(true);
    expect([...a.graph.nodes]).toEqual([...b.graph.nodes]);
  });
});
