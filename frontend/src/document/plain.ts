/** Edits on a plain graph: how the inside of a block changes, which lies in the document as one value. */
import type { Edge, Edit, GraphNode } from "../wire/types";
import { type DocumentGraph, edgeKey } from "./graph";

type Content = Pick<DocumentGraph, "nodes" | "edges">;

/** The content after the edits. What no plain content has (names, blocks of the network) is left to the caller. */
export function editContent(content: Content, edits: readonly Edit[]): Content {
  const nodes = new Map(content.nodes);
  const edges = new Map(content.edges);
  const change = (id: string, make: (node: GraphNode) => Partial<GraphNode>) => {
    const node = nodes.get(id);
    if (node) nodes.set(id, { ...node, ...make(node) });
  };
  for (const edit of edits) {
    switch (edit.op) {
      case "add_node":
        nodes.set(edit.node.id, edit.node);
        break;
      case "remove_node":
        nodes.delete(edit.id);
        for (const [key, edge] of edges)
          if (edge.source === edit.id || edge.target === edit.id) edges.delete(key);
        break;
      case "set_params":
        change(edit.id, ({ params }) => ({ params: { ...params, ...edit.params } }));
        break;
      case "set_type":
        change(edit.id, () => ({ type: edit.type, params: edit.params }));
        break;
      case "rename":
        change(edit.id, () => ({ name: edit.name }));
        break;
      case "set_phase":
        change(edit.id, () => ({ phase: edit.phase }));
        break;
      case "set_note":
        change(edit.id, () => ({ note: edit.note }));
        break;
      case "move":
        change(edit.id, () => ({ position: edit.position }));
        break;
      case "connect":
        if (nodes.has(edit.edge.source) && nodes.has(edit.edge.target))
          edges.set(edgeKey(edit.edge), plain(edit.edge));
        break;
      case "disconnect":
        edges.delete(edgeKey(edit.edge));
        break;
    }
  }
  return { nodes, edges };
}

function plain({ source, target, source_port, target_port }: Edge): Edge {
  return { source, target, source_port, target_port };
}
