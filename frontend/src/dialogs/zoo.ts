/** Networks of the zoo: their graphs, fetched once each, and how one enters the open network. */
import { useEffect, useState } from "react";
import { type DocumentGraph, EMPTY_GRAPH, type NetworkDocument } from "../document";
import { pasteEdits } from "../editing/clipboard";
import { boundsOf, NODE_GAP } from "../editing/geometry";
import { useCanvas } from "../state/canvas";
import { useView } from "../state/view";
import { get } from "../wire/client";
import type { Edit, Graph, Position, ZooNetwork } from "../wire/types";

const graphs = new Map<string, Promise<Graph>>();

export function fetchZooGraph(name: string): Promise<Graph> {
  let graph = graphs.get(name);
  if (!graph) {
    graph = get<ZooNetwork>(`/api/zoo/${encodeURIComponent(name)}`).then((network) => network.graph);
    // A failure is not kept: the next look asks again.
    graph.catch(() => graphs.delete(name));
    graphs.set(name, graph);
  }
  return graph;
}

/** The graph of a zoo network, null while it is on its way or cannot be had. */
export function useZooGraph(name: string): Graph | null {
  const [graph, setGraph] = useState<Graph | null>(null);
  useEffect(() => {
    let current = true;
    fetchZooGraph(name).then(
      (found) => current && setGraph(found),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [name]);
  return graph;
}

/** Beside what is there; at the top left where nothing is. */
function placeFor(graph: DocumentGraph): Position {
  const bounds = boundsOf(graph.nodes.values());
  return bounds ? [bounds.x + bounds.width + 2 * NODE_GAP, bounds.y] : [0, 0];
}

/** Adds a network to the open one, or puts it in its place; one undo step. */
export function place(document: NetworkDocument, incoming: Graph, how: "insert" | "replace"): void {
  const replaces = how === "replace";
  const removed: Edit[] = replaces
    ? [...document.graph.nodes.keys()].map((id) => ({ op: "remove_node", id }))
    : [];
  const named: Edit[] = replaces && incoming.name !== "" ? [{ op: "set_meta", name: incoming.name }] : [];
  const target = replaces ? EMPTY_GRAPH : document.graph;
  const { edits, ids } = pasteEdits(target, incoming, placeFor(target));
  const label = replaces ? "dialogs:undo_replace" : "dialogs:undo_insert";
  if (!document.apply([...removed, ...edits, ...named], label)) return;
  useView.getState().select(replaces ? [] : ids);
  // The canvas draws the new layers first.
  requestAnimationFrame(() => useCanvas.getState().controls?.fit());
}
