"""Making networks out of graphs, and reading the graph of one, outside of its live document."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.utils import timezone

from designer.live.document import Document
from designer.live.journal import Summary
from designer.live.rooms import rooms
from designer.models import Network
from layers.analysis import analyse
from layers.graph import Edge, Graph


def create(owner: User, graph: Graph) -> Network:
    """Store a new network that holds this graph."""
    document = Document()
    document.become(graph)
    totals = analyse(graph).totals
    summary = Summary.of(graph.name, totals.layers, totals.weights)
    return Network.objects.create(
        owner=owner,
        name=summary.name,
        updated_at=timezone.now(),
        state=document.state,
        layers=summary.layers,
        weights=summary.weights,
    )


def current_graph(network: UUID) -> Graph:
    """The graph of a network as it is at this moment, unsaved edits included.

    For code that is not async (such as a view); it asks nobody's permission: see designer.access.

    Raises:
        Network.DoesNotExist
    """

    async def read() -> Graph:
        return (await rooms().open(network)).graph

    return async_to_sync(read)()


def in_order(graph: Graph) -> Graph:
    """The same graph with ids that sort as its nodes are ordered.

    A live document keeps no order of its nodes but that of their ids, and files number theirs as
    they like ("n10" sorts before "n2").
    """
    if list(graph.nodes) == sorted(graph.nodes):
        return graph
    width = len(str(len(graph.nodes)))
    ids = {old: f"n{index:0{width}}" for index, old in enumerate(graph.nodes)}
    nodes = [
        replace(node, id=ids[node.id], shares=ids.get(node.shares) if node.shares else None)
        for node in graph.nodes.values()
    ]
    edges = [
        Edge(ids[edge.source], ids[edge.target], edge.source_port, edge.target_port)
        for edge in graph.edges
    ]
    return Graph(nodes, edges, graph.blocks, graph.name)
