import { expect, test } from "vitest";
import type { NetworkDocument } from "../document";
import { NODE_WIDTH } from "../editing/geometry";
import type { GraphNode } from "../wire/types";
import { openingViewport } from "./controls";

const WIDTH = 800;
const HEIGHT = 600;

const node = (id: string, x: number, y: number): [string, GraphNode] => [
  id,
  { id, type: "Dense", name: id, params: {}, position: [x, y], phase: "both", shares: null, note: "" },
];

const viewport = (nodes: [string, GraphNode][]) =>
  openingViewport(
    { graph: { nodes: new Map(nodes) } } as unknown as NetworkDocument,
    { clientWidth: WIDTH, clientHeight: HEIGHT } as HTMLElement,
  );

/** Where the middle of a node at x is seen, in pixels from the left. */
const seen = (x: number, view: { x: number; zoom: number }) => (x + NODE_WIDTH / 2) * view.zoom + view.x;

const below = [...Array(40)].map((_, row) => node(`n${row}`, 2000 + row * 50, 100 * (row + 1)));

test("a long network that leans to a side opens at its first layer", () => {
  const view = viewport([node("input", 0, 0), ...below]);
  expect(seen(0, view)).toBeCloseTo(WIDTH / 2);
});

test("of first layers far apart, the one nearest to the middle is seen", () => {
  const view = viewport([node("left", -9000, 0), node("right", 1000, 0), ...below]);
  expect(seen(1000, view)).toBeCloseTo(WIDTH / 2);
});

test("what fits is shown whole", () => {
  const view = viewport([node("one", 0, 0), node("two", 300, 100)]);
  expect(seen(150, view)).toBeCloseTo(WIDTH / 2);
});
