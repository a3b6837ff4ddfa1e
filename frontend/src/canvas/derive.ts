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
import { handlesOf, inPoint, inputId, outPoint, outputId, type Ports, portsOf } from "./ports";

export type LayerFlowNode = FlowNode<{ ports: Ports; label: string }, "layer">;
export type RoutedFlowEdge = FlowEdge<{ points: Position[]; sourcePort: number }, "routed">;

/** Places that overrule the document's for now: nodes being dragged, here or in another tab. */
export type Moved = ReadonlyMap<string, Position>;

interface CachedNode {
  node: GraphNode;
  flow: LayerFlowNode;
}

export class Deriver {
  private nodes = new Map<string, CachedNode>();
  private edges = new Map<string, RoutedFlowEdge>();
  private nodeList: LayerFlowNode[] = [];
  private edgeList: RoutedFlowEdge[] = [];
  private routedFor: { positions: Map<string, Position>; edges: unknown; catalog: unknown } | null = null;
  private routes: ReadonlyMap<string, Position[]> = new Map();

  deriveNodes(
    graph: DocumentGraph,
    catalog: Catalog | null,
    selection: ReadonlySet<string>,
    moved: Moved,
    description: (node: GraphNode) => string,
  ): LayerFlowNode[] {
    const next = new Map<string, CachedNode>();
    const list: LayerFlowNode[] = [];
    for (const node of graph.nodes.values()) {
      const [x, y] = moved.get(node.id) ?? node.position;
      const ports = portsOf(graph, catalog, node);
      const selected = selection.has(node.id);
      const cached = this.nodes.get(node.id);
      const old = cached?.flow;
      const same =
        old !== undefined &&
        cached?.node === node &&
        old.position.x === x &&
        old.position.y === y &&
        old.selected === selected &&
        old.data.ports.inputs === ports.inputs &&
        old.data.ports.outputs === ports.outputs;
      const flow: LayerFlowNode = same ? old : makeNode(node, x, y, ports, selected, description(node));
      next.set(node.id, { node, flow });
      list.push(flow);
    }
    this.nodes = next;
    this.nodeList = keepIfSame(this.nodeList, list);
    return this.nodeList;
  }

  deriveEdges(
    graph: DocumentGraph,
    catalog: Catalog | null,
    selected: ReadonlySet<string>,
    moved: Moved,
  ): RoutedFlowEdge[] {
    const routes = this.routesFor(graph, catalog, moved);
    const next = new Map<string, RoutedFlowEdge>();
    for (const [key, edge] of graph.edges) {
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

  private routesFor(
    graph: DocumentGraph,
    catalog: Catalog | null,
    moved: Moved,
  ): ReadonlyMap<string, Position[]> {
    const known = this.routedFor;
    if (known?.edges !== graph.edges || known.catalog !== catalog || !standsAs(graph, known.positions)) {
      const positions = new Map([...graph.nodes].map(([id, { position }]) => [id, position]));
      this.routes = routeWires(
        wires(graph, catalog, positions, graph.edges),
        new Obstacles(positions.values()),
      );
      this.routedFor = { positions, edges: graph.edges, catalog };
    }
    if (moved.size === 0) return this.routes;
    // While nodes move, only their own edges follow; the others find their way again on the drop.
    const positions = new Map([...graph.nodes].map(([id, node]) => [id, moved.get(id) ?? node.position]));
    const touched = [...graph.edges].filter(([, edge]) => moved.has(edge.source) || moved.has(edge.target));
    const routes = routeWires(wires(graph, catalog, positions, touched), new Obstacles(positions.values()));
    return new Map([...this.routes, ...routes]);
  }
}

function wires(
  graph: DocumentGraph,
  catalog: Catalog | null,
  positions: ReadonlyMap<string, Position>,
  edges: Iterable<[string, Edge]>,
): Wire[] {
  const ports = new Map<string, Ports>();
  const portsFor = (node: GraphNode) => {
    const found = ports.get(node.id) ?? portsOf(graph, catalog, node);
    ports.set(node.id, found);
    return found;
  };
  const made: Wire[] = [];
  for (const [key, edge] of edges) {
    const [source, target] = [graph.nodes.get(edge.source), graph.nodes.get(edge.target)];
    const [start, end] = [positions.get(edge.source), positions.get(edge.target)];
    if (!source || !target || !start || !end) continue;
    made.push({
      key,
      from: outPoint(start, edge.source_port, portsFor(source)),
      to: inPoint(end, edge.target_port, portsFor(target)),
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

function standsAs(graph: DocumentGraph, positions: ReadonlyMap<string, Position>): boolean {
  if (graph.nodes.size !== positions.size) return false;
  for (const [id, { position }] of graph.nodes) if (positions.get(id) !== position) return false;
  return true;
}

function samePoints(a: readonly Position[], b: readonly Position[]): boolean {
  return a === b || (a.length === b.length && a.every(([x, y], i) => x === b[i]?.[0] && y === b[i]?.[1]));
}

function keepIfSame<T>(known: T[], next: T[]): T[] {
  return known.length === next.length && known.every((item, index) => item === next[index]) ? known : next;
}
