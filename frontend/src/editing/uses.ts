/**
 * Where a block is used, in the network and within other blocks: what follows there when the block's ports change. All
 * edits are the network's.
 */
import { BLOCK, BLOCK_INPUT, blockNamed, blockUse } from "../document/blocks";
import type { DocumentGraph } from "../document/graph";
import type { Edge, Edit, GraphNode } from "../wire/types";

type Level = Pick<DocumentGraph, "nodes" | "edges">;

/** The edits of the network, and those within each of its blocks. */
export function onEachLevel(graph: DocumentGraph, make: (level: Level) => Edit[]): Edit[] {
  const within = Object.keys(graph.blocks).flatMap((name): Edit[] => {
    const level = blockNamed(graph.blocks, name);
    const edits = level ? make(level) : [];
    return edits.length > 0 ? [{ op: "edit_block", name, edits }] : [];
  });
  return [...make(graph), ...within];
}

/** The nodes that call a block, those that share another's call among them. */
export function callsOf({ nodes }: Level, block: string): GraphNode[] {
  return [...nodes.values()].filter((node) => {
    const owner = (node.shares === null ? undefined : nodes.get(node.shares)) ?? node;
    return owner.type === BLOCK && blockUse(owner).block === block;
  });
}

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

/** How many lines the edits take away without drawing them elsewhere. */
export function linesLost(edits: readonly Edit[]): number {
  return edits.reduce((sum, edit) => {
    if (edit.op === "edit_block") return sum + linesLost(edit.edits);
    return sum + (edit.op === "disconnect" ? 1 : edit.op === "connect" ? -1 : 0);
  }, 0);
}
