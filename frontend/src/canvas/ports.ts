/** Ports as the canvas library names them, and where they sit on a node. */
import { type NodeHandle, Position as Side } from "@xyflow/react";
import { type DocumentGraph, inputsOf, outputsOf } from "../document/graph";
import { NODE_HEIGHT, portOffset } from "../editing/geometry";
import { inputPorts, outputPorts } from "../editing/layers";
import type { Catalog, GraphNode, Position } from "../wire/types";

export interface Ports {
  inputs: number;
  outputs: number;
}

const SIZE = 12;

export const inputId = (port: number): string => `in-${port}`;
export const outputId = (port: number): string => `out-${port}`;

export function portNumber(handle: string | null | undefined): number {
  const number = Number(handle?.split("-")[1] ?? 0);
  return Number.isInteger(number) && number >= 0 ? number : 0;
}

/** `outputs`: how many tensors come out of those layers that have more than one. */
export function portsOf(
  graph: DocumentGraph,
  catalog: Catalog | null,
  outputs: ReadonlyMap<string, number>,
  node: GraphNode,
): Ports {
  return {
    inputs: inputPorts(
      catalog?.layers[node.type],
      inputsOf(graph, node.id).map((edge) => edge.target_port),
    ),
    outputs: outputPorts(
      outputs.get(node.id) ?? 1,
      outputsOf(graph, node.id).map((edge) => edge.source_port),
    ),
  };
}

const known = new Map<string, NodeHandle[]>();

/** Handles for the library, so that it need not measure; one list for each number of ports. */
export function handlesOf({ inputs, outputs }: Ports): NodeHandle[] {
  const key = `${inputs}/${outputs}`;
  let handles = known.get(key);
  if (!handles) {
    const box = { width: SIZE, height: SIZE };
    handles = [
      ...Array.from({ length: inputs }, (_, port): NodeHandle => {
        const x = portOffset(port, inputs) - SIZE / 2;
        return { id: inputId(port), type: "target", position: Side.Top, x, y: -SIZE / 2, ...box };
      }),
      ...Array.from({ length: outputs }, (_, port): NodeHandle => {
        const [x, y] = [portOffset(port, outputs) - SIZE / 2, NODE_HEIGHT - SIZE / 2];
        return { id: outputId(port), type: "source", position: Side.Bottom, x, y, ...box };
      }),
    ];
    known.set(key, handles);
  }
  return handles;
}

/** Where an edge touches its nodes. */
export function outPoint([x, y]: Position, port: number, { outputs }: Ports): Position {
  return [x + portOffset(port, outputs), y + NODE_HEIGHT];
}

export function inPoint([x, y]: Position, port: number, { inputs }: Ports): Position {
  return [x + portOffset(port, inputs), y];
}
