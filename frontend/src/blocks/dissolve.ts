/** Dissolving a block: the layers in it take its place, one undo step. The server says which they are. */
import i18next from "i18next";
import type { ActionContext } from "../actions/action";
import { fail } from "../dialogs/notify";
import { blockUse, type DocumentGraph, GRAPH_VERSION } from "../document";
import { countCalls } from "../document/calls";
import { usedBlocks } from "../editing/blocks";
import { sameValue } from "../inspector/values";
import { post, toApiError } from "../wire/client";
import type { Edit, Graph, GraphNode } from "../wire/types";
import { selectedBlock } from "./selected";

export async function dissolve(context: ActionContext): Promise<void> {
  const { document, canvas, view } = context;
  const node = document?.graph.nodes.get(selectedBlock(context) ?? "");
  if (!document || !node) return;
  let edits: Edit[];
  try {
    const use = { graph: sent(document.graph, node), node: node.id };
    ({ edits } = await post<{ edits: Edit[] }>("/api/dissolve", use));
  } catch (error) {
    fail(i18next.t("blocks:dissolveFailed"), toApiError(error));
    return;
  }
  // It may have changed, or gone, while the server thought.
  if (!sameValue(document.graph.nodes.get(node.id)?.params ?? null, node.params)) return;
  const { block } = blockUse(node);
  const unused: Edit[] =
    countCalls(document.root.graph, block) > 1 ? [] : [{ op: "remove_block", name: block }];
  if (!document.apply([...edits, ...unused], "blocks:dissolve")) return;
  const ids = edits.flatMap((edit) => (edit.op === "add_node" ? [edit.node.id] : []));
  view.select(ids);
  canvas?.reveal(ids);
}

/** What the server needs to know: the nodes around, for their names and places, and the block. */
function sent({ name, nodes, edges, blocks }: DocumentGraph, node: GraphNode): Graph {
  return {
    format: "visualnn",
    version: GRAPH_VERSION,
    name,
    nodes: [...nodes.values()],
    edges: [...edges.values()],
    blocks: usedBlocks(blocks, [node]),
  };
}
