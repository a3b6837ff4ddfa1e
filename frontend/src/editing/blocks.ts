/** Blocks that travel with a part of a network: those it uses, under names that are free where it arrives. */
import { BLOCK } from "../document/blocks";
import type { DocumentGraph } from "../document/graph";
import { sameValue } from "../inspector/values";
import type { Edit, GraphNode, Json } from "../wire/types";

type Blocks = { readonly [name: string]: Json };
type Named = Pick<GraphNode, "type" | "params">;

/** The blocks that nodes use, and those that are used inside them. */
export function usedBlocks(blocks: Blocks, nodes: Iterable<Named>): { [name: string]: Json } {
  const used: { [name: string]: Json } = {};
  const waiting = [...nodes];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const name = node.type === BLOCK ? node.params.block : undefined;
    const block = typeof name === "string" && !(name in used) ? blocks[name] : undefined;
    if (typeof name !== "string" || block === undefined) continue;
    used[name] = block;
    waiting.push(...nodesIn(block));
  }
  return used;
}

/** Whether a block would stand inside itself, were these nodes put into those that are open. */
export function usesOneOf(blocks: Blocks, nodes: Iterable<Named>, open: readonly string[]): boolean {
  if (open.length === 0) return false;
  const inside = usedBlocks(blocks, nodes);
  return open.some((name) => name in inside);
}

/** The edits that bring blocks along, and how to say their names in nodes that use them. */
export function blockEdits(
  graph: Pick<DocumentGraph, "blocks">,
  blocks: Blocks,
): { edits: Edit[]; rename: <T extends Named>(node: T) => T } {
  const names = new Map<string, string>();
  for (const [name, block] of Object.entries(blocks)) {
    let free = name;
    for (let number = 1; free in graph.blocks && !sameValue(graph.blocks[free], block); number++)
      free = `${name}_${number}`;
    names.set(name, free);
  }
  const rename = <T extends Named>(node: T): T => {
    const name = node.type === BLOCK ? names.get(String(node.params.block)) : undefined;
    return name === undefined ? node : { ...node, params: { ...node.params, block: name } };
  };
  const edits = Object.entries(blocks).flatMap(([name, block]): Edit[] => {
    const free = names.get(name) ?? name;
    if (free in graph.blocks || typeof block !== "object" || block === null) return [];
    const nodes = nodesIn(block).map(rename) as unknown as Json;
    return [{ op: "set_block", name: free, block: { ...block, nodes } as Json }];
  });
  return { edits, rename };
}

function nodesIn(block: Json): Named[] {
  const nodes = typeof block === "object" && block !== null && !Array.isArray(block) ? block.nodes : null;
  if (!Array.isArray(nodes)) return [];
  return nodes.filter((node) => {
    const params = (node as { params?: unknown } | null)?.params;
    return typeof params === "object" && params !== null;
  }) as unknown as Named[];
}
