/**
 * How a network lies in a Y.Doc, and how it is read back.
 *
 * Top level: `nodes` (id → Y.Map with `params` a Y.Map), `edges` (key → plain object), `blocks`, `meta`. What other
 * clients wrote is not trusted: a value of the wrong kind reads as absent, never as a crash.
 */
import * as Y from "yjs";
import type { Edge, GraphNode, Json, Params, Phase, Position } from "../wire/types";
import { GRAPH_VERSION } from "./graph";

export type NodeMap = Y.Map<unknown>;

export interface Roots {
  nodes: Y.Map<NodeMap>;
  edges: Y.Map<Edge>;
  blocks: Y.Map<Json>;
  meta: Y.Map<Json>;
}

export function rootsOf(doc: Y.Doc): Roots {
  return {
    nodes: doc.getMap<NodeMap>("nodes"),
    edges: doc.getMap<Edge>("edges"),
    blocks: doc.getMap<Json>("blocks"),
    meta: doc.getMap<Json>("meta"),
  };
}

export function writeNode(node: GraphNode): NodeMap {
  const map = new Y.Map<unknown>();
  const params = new Y.Map<Json>();
  for (const [name, value] of Object.entries(node.params)) params.set(name, value);
  map.set("type", node.type);
  map.set("name", node.name);
  map.set("params", params);
  map.set("position", [...node.position]);
  map.set("phase", node.phase);
  map.set("shares", node.shares);
  map.set("note", node.note);
  return map;
}

export function readNode(id: string, map: unknown): GraphNode | null {
  if (!(map instanceof Y.Map)) return null;
  const type = map.get("type");
  if (typeof type !== "string") return null;
  return {
    id,
    type,
    name: text(map.get("name"), id),
    params: readParams(map.get("params")),
    position: readPosition(map.get("position")),
    phase: readPhase(map.get("phase")),
    shares: typeof map.get("shares") === "string" ? (map.get("shares") as string) : null,
    note: text(map.get("note"), ""),
  };
}

export function readParams(value: unknown): Params {
  return value instanceof Y.Map ? (value.toJSON() as Params) : {};
}

export function readPosition(value: unknown): Position {
  const [x, y] = Array.isArray(value) ? value : [0, 0];
  return [finite(x), finite(y)];
}

export function readPhase(value: unknown): Phase {
  return value === "train" || value === "test" ? value : "both";
}

export function readEdge(value: unknown): Edge | null {
  if (typeof value !== "object" || value === null) return null;
  const { source, target, source_port, target_port } = value as Partial<Edge>;
  if (typeof source !== "string" || typeof target !== "string") return null;
  return { source, target, source_port: port(source_port), target_port: port(target_port) };
}

export function readVersion(meta: Y.Map<Json>): number {
  const version = meta.get("version");
  return typeof version === "number" ? version : GRAPH_VERSION;
}

function text(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

function finite(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function port(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
}
