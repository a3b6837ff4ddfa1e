import { describe, expect, it } from "vitest";
import { NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import type { Position } from "../wire/types";
import type { LayoutEdge } from "./digraph";
import { rankNodes } from "./digraph";
import { arrange } from "./layered";
import { Obstacles, routeWires, type Wire } from "./route";

interface Net {
  nodes: { id: string }[];
  edges: LayoutEdge[];
}

class Builder implements Net {
  nodes: { id: string }[] = [];
  edges: LayoutEdge[] = [];
  add(...sources: string[]): string {
    const id = `n${String(this.nodes.length).padStart(5, "0")}`;
    this.nodes.push({ id });
    for (const source of sources) this.edges.push({ source, target: id });
    return id;
  }
  chain(from: string, length: number): string {
    let last = from;
    for (let i = 0; i < length; i++) last = this.add(last);
    return last;
  }
}

function residual(blocks: number, depth = 3): Net {
  const net = new Builder();
  let last = net.add();
  for (let block = 0; block < blocks; block++) last = net.add(net.chain(last, depth), last);
  return net;
}

function dense(blocks: number, depth: number): Net {
  const net = new Builder();
  let last = net.add();
  for (let block = 0; block < blocks; block++) {
    for (let layer = 0; layer < depth; layer++) last = net.add(last, net.chain(last, 6));
    last = net.chain(last, 3);
  }
  return net;
}

function inception(blocks: number): Net {
  const net = new Builder();
  let last = net.add();
  for (let block = 0; block < blocks; block++)
    last = net.add(net.chain(last, 1), net.chain(last, 2), net.chain(last, 3), net.chain(last, 2));
  return net;
}

function unet(levels: number): Net {
  const net = new Builder();
  const skips: string[] = [];
  let last = net.add();
  for (let level = 0; level < levels; level++) {
    last = net.chain(last, 2);
    skips.push(last);
    last = net.add(last);
  }
  for (const skip of skips.reverse()) last = net.chain(net.add(net.add(last), skip), 2);
  return net;
}

const NETS: [string, Net][] = [
  ["a chain", chain(12)],
  ["residual blocks", residual(6)],
  ["deep residual blocks", residual(40, 5)],
  ["dense blocks", dense(3, 8)],
  ["inception", inception(5)],
  ["a U-Net", unet(4)],
  ["1,000 residual layers", residual(250)],
];

function chain(length: number): Net {
  const net = new Builder();
  net.chain(net.add(), length);
  return net;
}

function wiresOf(net: Net, places: Map<string, Position>): Wire[] {
  return net.edges.map(({ source, target }, index) => {
    const [from, to] = [places.get(source), places.get(target)];
    if (!from || !to) throw new Error("An end has no place.");
    const into = net.edges.filter((edge) => edge.target === target);
    const port = into.findIndex((edge) => edge.source === source);
    return {
      key: String(index),
      from: [from[0] + NODE_WIDTH / 2, from[1] + NODE_HEIGHT],
      to: [to[0] + (NODE_WIDTH * (port + 1)) / (into.length + 1), to[1]],
    };
  });
}

/** Whether a line has a point strictly inside a node. */
function hits(a: Position, b: Position, [x, y]: Position): boolean {
  const inside = 0.5;
  return (
    Math.max(a[0], b[0]) > x + inside &&
    Math.min(a[0], b[0]) < x + NODE_WIDTH - inside &&
    Math.max(a[1], b[1]) > y + inside &&
    Math.min(a[1], b[1]) < y + NODE_HEIGHT - inside
  );
}

describe.each(NETS)("the layout of %s", (_name, net) => {
  const places = arrange(net.nodes, net.edges);
  const corners = [...places.values()];

  it("places every node, and no two on each other", () => {
    expect(places.size).toBe(net.nodes.length);
    const rows = new Map<number, number[]>();
    for (const [x, y] of corners) rows.set(y, [...(rows.get(y) ?? []), x]);
    for (const row of rows.values()) {
      const sorted = row.sort((a, b) => a - b);
      for (const [index, x] of sorted.slice(1).entries())
        expect(x - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(NODE_WIDTH);
    }
    const ys = [...rows.keys()].sort((a, b) => a - b);
    for (const [index, y] of ys.slice(1).entries())
      expect(y - (ys[index] ?? 0)).toBeGreaterThanOrEqual(NODE_HEIGHT);
  });

  it("puts every node below those it takes from", () => {
    for (const { source, target } of net.edges)
      expect(places.get(target)?.[1]).toBeGreaterThan(places.get(source)?.[1] ?? Number.POSITIVE_INFINITY);
  });

  it("leaves a way for every edge that touches no node", () => {
    const routes = routeWires(wiresOf(net, places), new Obstacles(corners));
    const obstacles = new Obstacles(corners);
    const touched: string[] = [];
    for (const [key, points] of routes) {
      for (const [index, point] of points.slice(1).entries()) {
        const previous = points[index];
        if (!previous) continue;
        const [l, r] = [Math.min(previous[0], point[0]), Math.max(previous[0], point[0])];
        const [t, b] = [Math.min(previous[1], point[1]), Math.max(previous[1], point[1])];
        for (const corner of obstacles.within(l - 1, t - 1, r + 1, b + 1))
          if (hits(previous, point, corner)) touched.push(key);
      }
    }
    expect(touched).toEqual([]);
  });

  it("comes out the same again", () => {
    expect([...arrange(net.nodes, net.edges)]).toEqual([...places]);
  });
});

describe("the layout", () => {
  it("draws a chain as one straight column", () => {
    const xs = [...arrange(chain(20).nodes, chain(20).edges).values()].map(([x]) => x);
    expect(new Set(xs).size).toBe(1);
  });

  it("keeps the trunk of a residual network straight and its skips beside it", () => {
    const net = residual(8);
    const xs = [...arrange(net.nodes, net.edges).values()].map(([x]) => x);
    expect(new Set(xs).size).toBe(1);
  });

  it("sets unconnected parts side by side", () => {
    const net = new Builder();
    net.chain(net.add(), 2);
    net.chain(net.add(), 2);
    net.add();
    const places = arrange(net.nodes, net.edges);
    expect(new Set([...places.values()].map(([x]) => x)).size).toBe(3);
    expect(places.size).toBe(7);
  });

  it("survives a cycle, an edge to nowhere and nothing at all", () => {
    const nodes = [{ id: "a" }, { id: "b" }, { id: "c" }];
    const edges = [
      { source: "a", target: "b" },
      { source: "b", target: "c" },
      { source: "c", target: "a" },
      { source: "c", target: "ghost" },
      { source: "b", target: "b" },
    ];
    expect(arrange(nodes, edges).size).toBe(3);
    expect(arrange([], []).size).toBe(0);
  });

  it("pulls a second input down to where it is used", () => {
    const { rank } = rankNodes(5, [
      [0, 1],
      [1, 2],
      [2, 3],
      [4, 3],
    ]);
    expect(rank.slice(0, 5)).toEqual([0, 1, 2, 3, 2]);
  });

  it("is quick enough for a thousand layers", () => {
    for (const net of [residual(250), dense(12, 12), inception(110)]) {
      const started = performance.now();
      arrange(net.nodes, net.edges);
      // 400 ms is the budget on an idle core; the machine of a test is seldom idle.
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});
