"""What is inside a block as one of its nodes uses it: the shapes and costs of its first copy."""

from __future__ import annotations

from collections.abc import Sequence

from layers.analysis import NodeAnalysis, analyse
from layers.blocks import BLOCK, part
from layers.diagnostics import GraphError, Invalid, Problem, diagnose
from layers.graph import Graph
from layers.walk import Memo, analyse_node, fed

NO_BLOCK = Problem("block.no_node", "{id} is no block of this network.", "Reload the network.")


def analyse_inside(graph: Graph, path: Sequence[str]) -> dict[str, NodeAnalysis]:
    """Analyse the nodes inside a block; by their ids there.

    Args:
        graph: the network.
        path: ids of Block nodes, each inside the one before; the last is looked into.

    Raises:
        GraphError: where the path leads nowhere, or a block on it is broken.
    """
    nodes = dict(analyse(graph).nodes)
    memo = Memo()
    for depth, identity in enumerate(path, 1):
        node = graph.nodes.get(identity)
        owner = graph.nodes.get(node.shares) if node and node.shares else node
        if node is None or owner is None or owner.type != BLOCK:
            raise GraphError([diagnose(NO_BLOCK, id=identity)])
        try:
            found = part(graph.blocks, owner.params, depth)
            feeds = [fed(nodes[edge.source], edge.source_port) for edge in graph.incoming(identity)]
            unfed = [NodeAnalysis()] * (len(found.inputs) - len(feeds))
            nodes = dict(zip(found.inputs, [*feeds, *unfed], strict=False))
            graph = found.graph
            for inner in graph:
                if inner.id not in nodes:
                    nodes[inner.id] = analyse_node(graph, inner, nodes, memo, depth)
        except Invalid as mistake:
            raise GraphError([mistake.diagnostic(identity)]) from None
    return nodes
