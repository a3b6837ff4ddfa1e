/**
 * Inputs of a block: what follows where it is used, in the network and within other blocks, when some go. All edits are
 * the network's.
 */
import { BLOCK_INPUT } from "../document/blocks";
import { callsOf, type Level, onEachLevel } from "../document/calls";
import type { DocumentGraph } from "../document/graph";
import type { Edge, Edit } from "../wire/types";

/** The ports of a block that nodes inside it stand for. */
export function portsAmong({ nodes }: Level, ids: ReadonlySet<string>): Set<number> {
  const inputs = [...nodes.values()].filter(({ type }) => type === BLOCK_INPUT);
  return new Set(inputs.flatMap(({ id }, port) => (ids.has(id) ? [port] : [])));
}

/** Takes away what leads to input ports that go; what leads to those behind them moves up. */
export function closePorts(graph: DocumentGraph, block: string, ports: ReadonlySet<number>): Edit[] {
  return onEachLevel(graph, (level) => {
    const calls = new Set(callsOf(level, block).map(({ id }) => id));
    const affected = [...level.edges.values()].filter(
      ({ target, target_port }) => calls.has(target) && before(ports, target_port + 1) > 0,
    );
    const moved = affected.filter(({ target_port }) => !ports.has(target_port));
    return [
      ...affected.map((edge): Edit => ({ op: "disconnect", edge })),
      ...moved.map((edge): Edit => ({ op: "connect", edge: shifted(edge, ports) })),
    ];
  });
}

const before = (ports: ReadonlySet<number>, port: number) => [...ports].filter((gone) => gone < port).length;

const shifted = (edge: Edge, ports: ReadonlySet<number>): Edge => ({
  ...edge,
  target_port: edge.target_port - before(ports, edge.target_port),
});
