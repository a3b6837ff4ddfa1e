/**
 * What the canvas library draws, derived from document and view: never stored, never edited.
 *
 * One deriver lives as long as a canvas. It hands out the same object for what has not changed, which is how the
 * library knows what to leave alone.
 */
import type { Edge as FlowEdge, Node as FlowNode } from "@xyflow/react";
import type { DocumentGraph } from "../document/graph";
import { NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import { Obstacles, routeWires, type Wire } from "../layout";
import type { Catalog, Edge, GraphNode, Position } from "../wire/types";
import { handlesOf, inPoint, inputId, outPoint, outputId, type Ports, portsKey, portsOf } from "./ports";

export type LayerFlowNode = FlowNode<{ ports: Ports; label: string }, "layer">;
export type RoutedFlowEdge = FlowEdge<{ points: Position[]; sourcePort: number }, "routed">;

/** Places that overrule the document's for now: nodes being dragged, here or in another tab. */
export type Moved = ReadonlyMap<string, Position>;

/** What nodes and edges alike are derived from. */
export interface Drawn {
  graph: DocumentGraph;
  catalog: Catalog | null;
  /** How many tensors come out of those layers that have more than one. */
  outputs: ReadonlyMap<string, number>;
  moved: Moved;
}

export class Deriver {
  private nodes = new Map<string, LayerFlowNode>();
  private sources: ReadonlyMap<string, GraphNode> = new Map();
  private edges = new Map<string, RoutedFlowEdge>();
  private nodeList: LayerFlowNode[] = [];
  private edgeList: RoutedFlowEdge[] = [];
  private routed: { positions: Map<string, Position>; drawn: Drawn } | null = null;
  private routes: ReadonlyMap<string, Position[]> = new Map();
  private wired: Drawn | null = null;

  deriveNodes(
    drawn: Drawn,
    selection: ReadonlySet<string>,
    description: (node: GraphNode) => string,
  ): LayerFlowNode[] {
    const { graph, moved } = drawn;
    const placeOf = (id: string) => moved.get(id) ?? graph.nodes.get(id)?.position;
    const rewired = this.wired === null || !sameWiring(this.wired, drawn);
    this.wired = drawn;
    const next = new Map<string, LayerFlowNode>();
    const list: LayerFlowNode[] = [];
    for (const node of graph.nodes.values()) {
      const [x, y] = moved.get(node.id) ?? node.position;
      const selected = selection.has(node.id);
      const old = this.nodes.get(node.id);
      const known = old && this.sources.get(node.id) === node ? old : undefined;
      // Only where several edges come in do places matter for ports.
      const keepsPorts = known && !rewired && known.data.ports.inputs.length < 2;
      const ports = keepsPorts ? known.data.ports : portsOf(drawn, node, placeOf);
      const same =
        known?.position.x === x &&
        known.position.y === y &&
        known.selected === selected &&
        (keepsPorts || portsKey(known.data.ports) === portsKey(ports));
      const flow = known && same ? known : makeNode(node, x, y, ports, selected, description(node));
      next.set(node.id, flow);
      list.push(flow);
    }
    this.nodes = next;
    this.sources = graph.nodes;
    this.nodeList = keepIfSame(this.nodeList, list);
    return this.nodeList;
  }

  deriveEdges(drawn: Drawn, selected: ReadonlySet<string>): RoutedFlowEdge[] {
    const routes = this.routesFor(drawn);
    const next = new Map<string, RoutedFlowEdge>();
    for (const [key, edge] of drawn.graph.edges) {
      const points = routes.get(key);
      // An edge whose end another tab has just removed is not drawn.
      if (!points) continue;
      const old = this.edges.get(key);
      const isSelected = selected.has(key);
      const same = old?.selected === isSelected && samePoints(old.data?.points ?? [], points);
      next.set(key, old && same ? old : makeEdge(key, edge, points, isSelected));
    }
    this.edges = next;
    this.edgeList = keepIfSame(this.edgeList, [...next.values()]);
    return this.edgeList;
  }

  private routesFor(drawn: Drawn): ReadonlyMap<string, Position[]> {
    const { graph, moved } = drawn;
    if (!this.routed || !standsAs(drawn, this.routed)) {
      const positions = new Map([...graph.nodes].map(([id, { position }]) => [id, position]));
      this.routes = routeWires(wires(drawn, positions, graph.edges), new Obstacles(positions.values()));
      this.routed = { positions, drawn };
    }
    if (moved.size === 0) return this.routes;
    // While nodes move, only their own edges follow; the others find their way again on the drop.
    const positions = new Map([...graph.nodes].map(([id, node]) => [id, moved.get(id) ?? node.position]));
    const touched = [...graph.edges].filter(([, edge]) => moved.has(edge.source) || moved.has(edge.target));
    const routes = routeWires(wires(drawn, positions, touched), new Obstacles(positions.values()));
    return new Map([...this.routes, ...routes]);
  }
}

function wires(
  drawn: Drawn,
  positions: ReadonlyMap<string, Position>,
  edges: Iterable<[string, Edge]>,
): Wire[] {
  const { graph } = drawn;
  const placeOf = (id: string) => positions.get(id);
  const ports = new Map<string, Ports>();
  const portsFor = (node: GraphNode) => {
    const found = ports.get(node.id) ?? portsOf(drawn, node, placeOf);
    ports.set(node.id, found);
    return found;
  };
  const made: Wire[] = [];
  for (const [key, edge] of edges) {
    const [source, target] = [graph.nodes.get(edge.source), graph.nodes.get(edge.target)];
    const [start, end] = [positions.get(edge.source), positions.get(edge.target)];
    if (!source || !target || !start || !end) continue;
    const into = portsFor(target);
    made.push({
      key,
      from: outPoint(start, edge.source_port, portsFor(source)),
      to: inPoint(end, edge.target_port, into),
      // Outer ports turn later: their edges then run below those of inner ports, and do not cross them.
      turn: Math.min(3, Math.abs(into.inputs[edge.target_port] ?? 0)),
    });
  }
  return made;
}

function makeNode(
  node: GraphNode,
  x: number,
  y: number,
  ports: Ports,
  selected: boolean,
  label: string,
): LayerFlowNode {
  return {
    id: node.id,
    type: "layer",
    position: { x, y },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
    handles: handlesOf(ports),
    selected,
    ariaLabel: label,
    data: { ports, label },
  };
}

function makeEdge(key: string, edge: Edge, points: Position[], selected: boolean): RoutedFlowEdge {
  return {
    id: key,
    type: "routed",
    source: edge.source,
    target: edge.target,
    sourceHandle: outputId(edge.source_port),
    targetHandle: inputId(edge.target_port),
    selected,
    data: { points, sourcePort: edge.source_port },
  };
}

/** Whether nothing has changed that edges are routed by: most edits change a parameter, not a place. */
function standsAs(now: Drawn, known: { positions: ReadonlyMap<string, Position>; drawn: Drawn }): boolean {
  const { graph, catalog, outputs } = now;
  const same = known.drawn.catalog === catalog && known.drawn.outputs === outputs;
  if (!same || known.drawn.graph.edges !== graph.edges || graph.nodes.size !== known.positions.size)
    return false;
  for (const [id, { position }] of graph.nodes) if (known.positions.get(id) !== position) return false;
  return true;
}

function sameWiring(a: Drawn, b: Drawn): boolean {
  return a.graph.edges === b.graph.edges && a.catalog === b.catalog && a.outputs === b.outputs;
}

function samePoints(a: readonly Position[], b: readonly Position[]): boolean {
  return a === b || (a.length === b.length && a.every(([x, y], i) => x === b[i]?.[0] && y === b[i]?.[1]));
}

function keepIfSame<T>(known: T[], next: T[]): T[] {
  return known.length === next.length && known.every((item, index) => item === next[index]) ? known : next;
}
