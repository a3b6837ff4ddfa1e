/** Ports as the canvas library names them, and where they sit on a node. */
import { type NodeHandle, Position as Side } from "@xyflow/react";
import { BLOCK, BLOCK_INPUT, blockInputs, blockNamed, blockUse } from "../document/blocks";
import { type DocumentGraph, inputsOf, outputsOf } from "../document/graph";
import { NODE_HEIGHT, NODE_WIDTH, slotOffset } from "../editing/geometry";
import { inputPorts, outputPorts } from "../editing/layers";
import type { Catalog, Edge, GraphNode, Position } from "../wire/types";

/** By port number: the slot each stands in, counted from the middle of its side. */
export interface Ports {
  inputs: readonly number[];
  outputs: readonly number[];
}

const SIZE = 12;

export const inputId = (port: number): string => `in-${port}`;
export const outputId = (port: number): string => `out-${port}`;

export function portNumber(handle: string | null | undefined): number {
  const number = Number(handle?.split("-")[1] ?? 0);
  return Number.isInteger(number) && number >= 0 ? number : 0;
}

interface Surroundings {
  graph: DocumentGraph;
  catalog: Catalog | null;
  /** How many tensors come out of those layers that have more than one. */
  outputs: ReadonlyMap<string, number>;
}

export function portsOf(
  { graph, catalog, outputs }: Surroundings,
  node: GraphNode,
  placeOf: (id: string) => Position | undefined,
): Ports {
  const into = inputsOf(graph, node.id);
  const taken = into.map((edge) => edge.target_port);
  const block = node.type === BLOCK ? blockNamed(graph.blocks, blockUse(node).block) : null;
  const count =
    node.type === BLOCK_INPUT
      ? 0
      : block
        ? Math.max(blockInputs(block), ...taken.map((port) => port + 1))
        : inputPorts(catalog?.layers[node.type], taken);
  const used = outputsOf(graph, node.id).map((edge) => edge.source_port);
  return {
    inputs: count <= 1 ? (SINGLE[count] ?? SINGLE_ONE) : inputSlots(count, into, node, placeOf),
    outputs: evenSlots(outputPorts(outputs.get(node.id) ?? 1, used)),
  };
}

const SINGLE_ONE: readonly number[] = [0];
const SINGLE: readonly (readonly number[])[] = [[], SINGLE_ONE];

function evenSlots(count: number): readonly number[] {
  return count === 1 ? SINGLE_ONE : Array.from({ length: count }, (_, port) => port - (count - 1) / 2);
}

/**
 * Ports stand in the order their edges come from, so that edges need not cross, and what comes from straight above has
 * the middle: the trunk of a network stays straight. Ports without an edge follow on the right.
 */
function inputSlots(
  count: number,
  into: readonly Edge[],
  node: GraphNode,
  placeOf: (id: string) => Position | undefined,
): number[] {
  const [x, y] = placeOf(node.id) ?? node.position;
  const arrivals = into.flatMap(({ source, target_port }) => {
    const place = placeOf(source);
    return place ? [{ port: target_port, side: place[0] - x, far: y - place[1] }] : [];
  });
  const above = arrivals.filter(({ side }) => Math.abs(side) < NODE_WIDTH / 4);
  const straight = above.sort((a, b) => a.far - b.far || a.port - b.port)[0];
  // What stands behind another comes round it on the right; the farther, the farther out.
  const rank = (arrival: (typeof arrivals)[number]) =>
    arrival === straight ? 0 : above.includes(arrival) ? 1 + arrival.far * 1e-6 : arrival.side;
  const order = [...arrivals].sort((a, b) => rank(a) - rank(b) || a.port - b.port);
  const middle = straight ? order.indexOf(straight) : (order.length - 1) / 2;
  const slots = new Array<number | undefined>(count);
  for (const [index, { port }] of order.entries()) slots[port] = index - middle;
  let free = order.length - middle;
  if (order.length === 0) return [...evenSlots(count)];
  return Array.from({ length: count }, (_, port) => slots[port] ?? free++);
}

const known = new Map<string, NodeHandle[]>();

/** Handles for the library, so that it need not measure; one list for each arrangement of ports. */
export function handlesOf(ports: Ports): NodeHandle[] {
  const key = portsKey(ports);
  let handles = known.get(key);
  if (!handles) {
    const box = { width: SIZE, height: SIZE };
    handles = [
      ...ports.inputs.map((_, port): NodeHandle => {
        const x = inputOffset(ports, port) - SIZE / 2;
        return { id: inputId(port), type: "target", position: Side.Top, x, y: -SIZE / 2, ...box };
      }),
      ...ports.outputs.map((_, port): NodeHandle => {
        const [x, y] = [outputOffset(ports, port) - SIZE / 2, NODE_HEIGHT - SIZE / 2];
        return { id: outputId(port), type: "source", position: Side.Bottom, x, y, ...box };
      }),
    ];
    known.set(key, handles);
  }
  return handles;
}

export function portsKey({ inputs, outputs }: Ports): string {
  return `${inputs.join()}/${outputs.join()}`;
}

/** The x of a port, from the node's left edge. */
export function inputOffset({ inputs }: Ports, port: number): number {
  return slotOffset(inputs[port] ?? 0, inputs.length);
}

export function outputOffset({ outputs }: Ports, port: number): number {
  return slotOffset(outputs[port] ?? 0, outputs.length);
}

/** Where an edge touches its nodes. */
export function outPoint([x, y]: Position, port: number, ports: Ports): Position {
  return [x + outputOffset(ports, port), y + NODE_HEIGHT];
}

export function inPoint([x, y]: Position, port: number, ports: Ports): Position {
  return [x + inputOffset(ports, port), y];
}
