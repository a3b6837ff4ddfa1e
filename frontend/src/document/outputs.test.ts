import { describe, expect, it } from "vitest";
import type { Edge, Edit, GraphNode, Json, Params } from "../wire/types";
import { BlockDocument } from "./BlockDocument";
import { blockNamed } from "./blocks";
import { NetworkDocument } from "./NetworkDocument";

const node = (id: string, type = "Dense", params: Params = {}): GraphNode => ({
  id,
  type,
  name: id,
  params,
  position: [0, 0],
  phase: "both",
  shares: null,
  note: "",
});
const call = (id: string, block: string) => node(id, "Block", { block, values: {}, repeat: 1 });
/** "a.1>b" leads from the second output of a to b. */
const edge = (line: string): Edge => {
  const [from = "", target = ""] = line.split(">");
  const [source = "", port = "0"] = from.split(".");
  return { source, source_port: Number(port), target, target_port: 0 };
};
const wire = (line: string): Edit => ({ op: "connect", edge: edge(line) });
const cut = (line: string): Edit => ({ op: "disconnect", edge: edge(line) });
const put = (id: string, type?: string): Edit => ({ op: "add_node", node: node(id, type) });
const take = (id: string): Edit => ({ op: "remove_node", id });

const block = (nodes: GraphNode[], lines: string[]): Json =>
  ({ params: {}, nodes, edges: lines.map(edge) }) as unknown as Json;

/** An encoder with two outputs, used in the network, and in "outer", which gives the first one out, too. */
function opened() {
  const network = new NetworkDocument("network");
  const encoder = block(
    [node("in", "BlockInput"), ...["trunk", "mean", "logvar"].map((id) => node(id))],
    ["in>trunk", "trunk>mean", "trunk>logvar"],
  );
  const outer = block(
    [node("x", "BlockInput"), call("use", "enc"), node("first"), node("second")],
    ["x>use", "use>first", "use.1>second"],
  );
  const around = block([node("x", "BlockInput"), call("only", "enc")], ["x>only"]);
  network.apply(
    [
      { op: "set_block", name: "enc", block: encoder },
      { op: "set_block", name: "outer", block: outer },
      { op: "set_block", name: "around", block: around },
      ...[call("blk", "enc"), node("hm"), node("hv"), call("out", "outer"), node("h1"), node("h2")].map(
        (added): Edit => ({ op: "add_node", node: added }),
      ),
      ...[call("a", "around"), node("ha")].map((added): Edit => ({ op: "add_node", node: added })),
      ...["blk>hm", "blk.1>hv", "out>h1", "out.1>h2", "a>ha"].map(wire),
    ],
    "make",
  );
  let lost = 0;
  network.onLinesLost((lines) => {
    lost += lines;
  });
  return { network, inner: new BlockDocument(network, "blk"), lost: () => lost };
}

/** What each line of a level carries: the node of the block that gives it out. */
function carried({ graph }: NetworkDocument, level: Level = graph): string {
  const lines = [...level.edges.values()].flatMap(({ source, source_port, target }) => {
    const from = level.nodes.get(source);
    if (from?.type !== "Block") return [];
    return [`${given(graph, String(from.params.block))[source_port] ?? "?"}>${target}`];
  });
  return lines.sort().join(" ");
}
type Level = Pick<NetworkDocument["graph"], "nodes" | "edges">;

function given(graph: NetworkDocument["graph"], name: string): string[] {
  const definition = blockNamed(graph.blocks, name);
  if (!definition) throw new Error(`There is no block ${name}.`);
  const feeding = new Set([...definition.edges.values()].map(({ source }) => source));
  return [...definition.nodes.values()]
    .filter(({ id, type }) => type !== "BlockInput" && !feeding.has(id))
    .map(({ id }) => id);
}
const within = (network: NetworkDocument, name: string): Level => {
  const found = blockNamed(network.graph.blocks, name);
  if (!found) throw new Error(`There is no block ${name}.`);
  return found;
};

const words = (...texts: string[]) => texts.join(" ").trim().split(" ").sort().join(" ");

const REST = "first>h1 second>h2";
const ROWS: [string, Edit[], string, string, number][] = [
  ["a layer behind the first", [put("bn"), wire("mean>bn")], "bn>hm logvar>hv", "bn>first logvar>second", 0],
  ["a layer behind the last", [put("bn"), wire("logvar>bn")], "bn>hv mean>hm", "bn>second mean>first", 0],
  ["a loose layer", [put("bn")], "logvar>hv mean>hm", "logvar>second mean>first", 0],
  [
    "one that lets go of its source",
    [cut("trunk>mean"), cut("trunk>logvar")],
    "logvar>hv mean>hm",
    "logvar>second mean>first",
    0,
  ],
  [
    "both joined in one",
    [put("sum"), wire("mean>sum"), wire("logvar>sum")],
    "sum>hm sum>hv",
    "sum>first sum>second",
    0,
  ],
  ["the first removed", [take("mean")], "logvar>hv", "logvar>second", 3],
  ["the last removed", [take("logvar")], "mean>hm", "mean>first", 2],
  ["the first led into the last", [wire("mean>logvar")], "logvar>hv", "logvar>second", 3],
  [
    "another in its place",
    [take("mean"), put("new"), wire("trunk>new")],
    "logvar>hv new>hm",
    "logvar>second new>first",
    0,
  ],
  [
    "the layers before them left",
    [take("mean"), take("logvar")],
    "trunk>hm trunk>hv",
    "trunk>first trunk>second",
    0,
  ],
];

describe("the outputs of a block", () => {
  it.each(ROWS)("keep their lines: %s", (_, edits, top, outer, lost) => {
    const { network, inner, lost: told } = opened();
    const { blocks, edges } = network.graph;
    inner.apply(edits, "edit");
    // Where the first output goes, so does the one of the block around that gave it out.
    expect(carried(network)).toBe(words(top, REST, lost === 3 ? "" : "only>ha"));
    expect(carried(network, within(network, "outer"))).toBe(outer);
    expect(told()).toBe(lost);
    inner.undo();
    expect(network.graph.blocks).toEqual(blocks);
    expect([...network.graph.edges]).toEqual([...edges]);
  });

  it("keep them step by step: a loose layer is led to, and taken away again", () => {
    const { network, inner, lost } = opened();
    const before = carried(network);
    for (const edits of [[put("bn")], [wire("mean>bn")]]) inner.apply(edits, "edit");
    expect(carried(network)).toBe("bn>hm first>h1 logvar>hv only>ha second>h2");
    inner.apply([cut("mean>bn")], "edit");
    expect(carried(network)).toBe("bn>hm first>h1 logvar>hv only>ha second>h2");
    inner.apply([take("bn")], "edit");
    expect(lost()).toBe(3);
    for (let step = 0; step < 4; step++) inner.undo();
    expect(carried(network)).toBe(before);
    for (const edits of [[put("bn"), wire("mean>bn")], [take("bn")]]) inner.apply(edits, "edit");
    expect(carried(network)).toBe(before);
  });

  it("of a block around do not change places where a call in it loses all its lines", () => {
    const { network, inner } = opened();
    inner.apply([take("mean"), take("logvar"), take("trunk")], "edit");
    expect(given(network.graph, "outer")).toEqual(["first", "second", "use"]);
    expect(carried(network)).toBe(REST);
  });
});
