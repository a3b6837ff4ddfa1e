/** The layout as the page asks for it: off the main thread, one answer for each question. */
import type { DocumentGraph } from "../document/graph";
import type { Position } from "../wire/types";
import type { LayoutReply, LayoutRequest } from "./worker";

export { Obstacles, routeWires, type Wire } from "./route";

interface Waiting {
  resolve(places: Map<string, Position>): void;
  reject(error: Error): void;
}

let worker: Worker | null = null;
let tickets = 0;
const waiting = new Map<number, Waiting>();

function start(): Worker {
  const made = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<LayoutReply>) => {
    waiting.get(data.ticket)?.resolve(new Map(data.places));
    waiting.delete(data.ticket);
  };
  made.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
    made.terminate();
    worker = null;
  };
  return made;
}

/** Top-left corners for every node of a graph. */
export function layOut(graph: DocumentGraph): Promise<Map<string, Position>> {
  worker ??= start();
  const request: LayoutRequest = {
    ticket: ++tickets,
    nodes: [...graph.nodes.keys()].map((id) => ({ id })),
    edges: [...graph.edges.values()].map(({ source, target }) => ({ source, target })),
  };
  const asked = worker;
  return new Promise((resolve, reject) => {
    waiting.set(request.ticket, { resolve, reject });
    asked.postMessage(request);
  });
}
