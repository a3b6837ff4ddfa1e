import { IconBinaryTree } from "@tabler/icons-react";
import type { Action } from "../../actions/action";
import type { NetworkDocument } from "../../document/NetworkDocument";
import { layOut } from "../../layout";
import type { Edit, Position } from "../../wire/types";

/** Lays the network out, as one undo step. Resolves to where the moved nodes stood before. */
export async function arrangeDocument(document: NetworkDocument): Promise<Map<string, Position>> {
  const places = await layOut(document.graph);
  // The layout ran beside the page: nodes may have come, gone or moved meanwhile.
  const { nodes } = document.graph;
  const before = new Map<string, Position>();
  const edits: Edit[] = [];
  for (const [id, position] of places) {
    const known = nodes.get(id)?.position;
    if (!known || (known[0] === position[0] && known[1] === position[1])) continue;
    before.set(id, known);
    edits.push({ op: "move", id, position });
  }
  return document.apply(edits, "actions:undo_arrange") ? before : new Map();
}

export default {
  id: "arrange",
  label: "arrange",
  icon: IconBinaryTree,
  shortcut: "l",
  menu: { group: "layout", order: 400 },
  toolbar: { group: "layout", order: 40 },
  canvasMenu: { group: "layout", order: 40 },
  enabled: ({ document }) => document?.editable === true && document.graph.nodes.size > 0,
  run: async ({ document, canvas }) => {
    if (!document) return;
    canvas?.glideFrom(await arrangeDocument(document));
    canvas?.fit();
  },
} satisfies Action;
