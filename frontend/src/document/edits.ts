/**
 * Edits on a Y.Doc: the only place where the page changes a network.
 *
 * The same operations, under the same names, as the server's: fixes, REST and scripts use them too. An edit of a node
 * that is gone does nothing, since another tab may have removed it a moment ago.
 */
import * as Y from "yjs";
import type { Edge, Edit, Json, Params } from "../wire/types";
import { blockNamed, storedBlock } from "./blocks";
import { edgeKey } from "./graph";
import { editContent } from "./plain";
import { type NodeMap, type Roots, readEdge, rootsOf, writeNode } from "./schema";

/** Applies edits in order. Call it inside a transaction: one transaction is one update on the wire. */
export function applyEdits(doc: Y.Doc, edits: readonly Edit[]): void {
  const roots = rootsOf(doc);
  for (const edit of edits) applyEdit(roots, edit);
}

function applyEdit(roots: Roots, edit: Edit): void {
  switch (edit.op) {
    case "add_node":
      roots.nodes.set(edit.node.id, writeNode(edit.node));
      return;
    case "remove_node":
      removeNode(roots, edit.id);
      return;
    case "set_params":
      withNode(roots, edit.id, (node) => mergeParams(node, edit.params));
      return;
    case "set_type":
      withNode(roots, edit.id, (node) => {
        node.set("type", edit.type);
        replaceParams(node, edit.params);
      });
      return;
    case "rename":
      withNode(roots, edit.id, (node) => set(node, "name", edit.name));
      return;
    case "set_phase":
      withNode(roots, edit.id, (node) => set(node, "phase", edit.phase));
      return;
    case "set_note":
      withNode(roots, edit.id, (node) => set(node, "note", edit.note));
      return;
    case "move":
      withNode(roots, edit.id, (node) => set(node, "position", [...edit.position]));
      return;
    case "connect":
      if (roots.nodes.has(edit.edge.source) && roots.nodes.has(edit.edge.target))
        roots.edges.set(edgeKey(edit.edge), plain(edit.edge));
      return;
    case "disconnect":
      roots.edges.delete(edgeKey(edit.edge));
      return;
    case "set_block":
      set(roots.blocks, edit.name, edit.block);
      return;
    case "remove_block":
      roots.blocks.delete(edit.name);
      return;
    case "edit_block": {
      const known = blockNamed({ [edit.name]: roots.blocks.get(edit.name) ?? null }, edit.name);
      if (known) {
        const changed = { ...known, ...editContent(known, edit.edits) };
        set(roots.blocks, edit.name, storedBlock(changed));
      }
      return;
    }
    case "set_meta":
      roots.meta.set("name", edit.name);
      return;
  }
}

function removeNode(roots: Roots, id: string): void {
  if (!roots.nodes.has(id)) return;
  for (const [key, value] of [...roots.edges]) {
    const edge = readEdge(value);
    if (edge && (edge.source === id || edge.target === id)) roots.edges.delete(key);
  }
  roots.nodes.delete(id);
}

function withNode(roots: Roots, id: string, change: (node: NodeMap) => void): void {
  const node = roots.nodes.get(id);
  if (node) change(node);
}

/** Sets only what differs: an equal value would still be an undo step and travel to everyone. */
function set<T>(map: Y.Map<T>, key: string, value: T): void {
  if (JSON.stringify(map.get(key)) !== JSON.stringify(value)) map.set(key, value);
}

function paramsOf(node: NodeMap): Y.Map<Json> {
  const known = node.get("params");
  if (known instanceof Y.Map) return known;
  const params = new Y.Map<Json>();
  node.set("params", params);
  return params;
}

function mergeParams(node: NodeMap, values: Params): void {
  const params = paramsOf(node);
  for (const [name, value] of Object.entries(values)) set(params, name, value);
}

function replaceParams(node: NodeMap, values: Params): void {
  const params = paramsOf(node);
  for (const name of [...params.keys()]) if (!(name in values)) params.delete(name);
  mergeParams(node, values);
}

function plain({ source, target, source_port, target_port }: Edge): Edge {
  return { source, target, source_port, target_port };
}
