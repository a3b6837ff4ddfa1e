/** Runs the layout beside the page, so that a large network does not stop it. */
import type { LayoutEdge, LayoutNode } from "./digraph";
import { arrange } from "./layered";

export interface LayoutRequest {
  ticket: number;
  nodes: LayoutNode[];
  edges: LayoutEdge[];
}

export interface LayoutReply {
  ticket: number;
  places: [id: string, position: [number, number]][];
}

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => {
  const reply: LayoutReply = { ticket: data.ticket, places: [...arrange(data.nodes, data.edges)] };
  self.postMessage(reply);
};
