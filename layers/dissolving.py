"""Dissolving a block: what is in it takes the place of the node that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from layers.blocks import BLOCK, BLOCK_INPUT, TOO_LARGE, drawn, identity_in, values_of
from layers.diagnostics import GraphError, Invalid, Problem, diagnose
from layers.edits import AddNode, Connect, Edit, Move, RemoveNode
from layers.expressions import is_expression, substitute
from layers.graph import MAX_NODES, Edge, Graph, Node
from layers.names import Names

NO_BLOCK = Problem("block.none", "{name} is no block.", "Choose one that is.")
SHARED = Problem(
    "block.shared",
    "{name} has its weights in common with {other}.",
    "Take one of the two away first.",
)

PITCH = 104.0
"""How far a node lies below the one before, in canvas pixels."""


def dissolve(graph: Graph, identity: str) -> tuple[Edit, ...]:
    """The edits that put the nodes of a block, each copy of them, in the place of a node that uses
    it, wired as it was. What lies below moves down.

    Ids are those of the expanded network where they keep the order of the nodes, so that weights
    are found; names are the block's own ones, or free ones like them. Values that are expressions,
    as within a block around, stay such.

    Raises:
        GraphError: where the node is no block, or shares its weights, or the block is broken.
    """
    node = graph.nodes.get(identity)
    if node is None or node.type != BLOCK:
        raise GraphError([diagnose(NO_BLOCK, name=node.name if node else identity[:60])])
    for other in graph:
        if other.shares == identity or other.id == node.shares:
            raise GraphError([diagnose(SHARED, node=identity, name=node.name, other=other.name)])
    try:
        return _Dissolving(graph, node).edits()
    except Invalid as mistake:
        raise GraphError([mistake.diagnostic(identity)]) from None


class _Dissolving:
    """Collects the nodes and edges that take a node's place. Raises Invalid."""

    def __init__(self, graph: Graph, node: Node) -> None:
        self.graph = graph
        self.node = node
        given = values_of(graph.blocks, node.params)
        # Whether the block is sound does not depend on values that are known only further out.
        numbers = {name: value for name, value in given.items() if not is_expression(value)}
        self.part = drawn(graph.blocks, {**node.params, "values": numbers})
        self.names = Names(other.name for other in graph if other is not node)
        inner = [item for item in self.part.stored.nodes.values() if item.type != BLOCK_INPUT]
        self.nodes = [replace(item, params=substitute(dict(item.params), given)) for item in inner]
        self.left = min(item.position[0] for item in inner)
        self.top = min(item.position[1] for item in inner)
        self.height = max(item.position[1] for item in inner) - self.top

    def edits(self) -> tuple[Edit, ...]:
        added: list[Edit] = []
        wired: list[Edit] = []
        feeds: list[list[tuple[str, int]]] = [[] for _ in self.part.inputs]
        for edge in self.graph.incoming(self.node.id):
            if edge.target_port < len(feeds):
                feeds[edge.target_port].append((edge.source, edge.source_port))
        if len(self.graph.nodes) + self.part.repeat * len(self.nodes) > MAX_NODES:
            raise Invalid(TOO_LARGE, limit=MAX_NODES)
        for copy in range(self.part.repeat):
            ids = self._ids(copy)
            added.extend(AddNode(self._placed(item, ids, copy)) for item in self.nodes)
            ports = dict(zip(self.part.inputs, feeds, strict=True))
            for edge in self.part.stored.edges:
                sources = ports.get(edge.source, [(ids.get(edge.source, ""), edge.source_port)])
                for source, port in sources:
                    target = ids[edge.target]
                    wired.append(Connect(Edge(source, target, port, edge.target_port)))
            feeds = [[(ids[output], 0)] for output in self.part.outputs]
        for edge in self.graph.outgoing(self.node.id):
            for source, port in feeds[edge.source_port] if edge.source_port < len(feeds) else ():
                wired.append(Connect(Edge(source, edge.target, port, edge.target_port)))
        return (RemoveNode(self.node.id), *added, *wired, *self._moved_down())

    def _ids(self, copy: int) -> dict[str, str]:
        """New ids of the nodes of a copy, in an order that is theirs."""
        number = f"{copy + 1}" if self.part.repeat > 1 else ""
        prefix = "-".join(filter(None, (self.node.id, number)))
        known = [item.id for item in self.nodes]
        width = len(str(len(known))) if known != sorted(known) else 0
        ids = {}
        for place, identity in enumerate(known):
            within = f"{prefix}-{place:0{width}}" if width else prefix
            ids[identity] = identity_in(within, identity)
        return ids

    def _placed(self, item: Node, ids: Mapping[str, str], copy: int) -> Node:
        left, top = self.node.position
        x, y = item.position
        down = copy * (self.height + PITCH)
        return replace(
            item,
            id=ids[item.id],
            name=self.names.free(item.name),
            position=(left + x - self.left, top + y - self.top + down),
            shares=ids.get(item.shares) if item.shares else None,
        )

    def _moved_down(self) -> list[Edit]:
        by = self.part.repeat * (self.height + PITCH) - PITCH
        return [
            Move(other.id, (other.position[0], other.position[1] + by))
            for other in self.graph
            if by > 0 and other.position[1] > self.node.position[1]
        ]
