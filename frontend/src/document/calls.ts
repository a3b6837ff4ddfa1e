/** Where a block is used: in the network, and within other blocks. */
import type { Edit, GraphNode } from "../wire/types";
import { BLOCK, blockNamed, blockUse } from "./blocks";
import type { DocumentGraph } from "./graph";

export type Level = Pick<DocumentGraph, "nodes" | "edges">;

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

/** How often a block is used, in the network and within blocks. */
export function countCalls(graph: DocumentGraph, block: string): number {
  const within = Object.keys(graph.blocks).flatMap((name) => blockNamed(graph.blocks, name) ?? []);
  return [graph, ...within].reduce((sum, level) => sum + callsOf(level, block).length, 0);
}

/** How many lines the edits take away without drawing them elsewhere. */
export function linesLost(edits: readonly Edit[]): number {
  return edits.reduce((sum, edit) => {
    if (edit.op === "edit_block") return sum + linesLost(edit.edits);
    return sum + (edit.op === "disconnect" ? 1 : edit.op === "connect" ? -1 : 0);
  }, 0);
}
