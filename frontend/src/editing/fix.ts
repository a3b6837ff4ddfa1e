/**
 * The edits of a fix in the network as it is now.
 *
 * A fix is as old as its problem. Meanwhile layers have moved, others have come behind them, and another fix may have
 * taken its name and id: so a layer that it inserts gets all of these only when it is applied.
 */
import { blockNamed } from "../document/blocks";
import { type DocumentGraph, freeName, newNodeId } from "../document/graph";
import type { Edit } from "../wire/types";
import { RANK_PITCH } from "./geometry";
import { shiftDown } from "./insert";

/** Inserted layers take the place of those they come before, which move down with all that follows. */
export function fixEdits(graph: DocumentGraph, edits: readonly Edit[]): Edit[] {
  const ids = new Map<string, string>();
  const names = new Set<string>();
  const now = (id: string) => ids.get(id) ?? id;
  return edits.flatMap((edit): Edit[] => {
    switch (edit.op) {
      case "add_node": {
        const id = newNodeId();
        const name = freeName(graph, edit.node.name, names);
        ids.set(edit.node.id, id);
        names.add(name);
        const onward = edits.find((other) => other.op === "connect" && other.edge.source === edit.node.id);
        const before = onward?.op === "connect" ? graph.nodes.get(onward.edge.target) : undefined;
        const position = before?.position ?? edit.node.position;
        const moves = before ? shiftDown(graph, before.id, RANK_PITCH) : [];
        return [{ op: "add_node", node: { ...edit.node, id, name, position } }, ...moves];
      }
      case "connect": {
        const { edge } = edit;
        return [{ op: "connect", edge: { ...edge, source: now(edge.source), target: now(edge.target) } }];
      }
      case "edit_block": {
        const block = blockNamed(graph.blocks, edit.name);
        if (!block) return [edit];
        return [
          { ...edit, edits: fixEdits({ ...graph, nodes: block.nodes, edges: block.edges }, edit.edits) },
        ];
      }
      default:
        return [edit];
    }
  });
}
