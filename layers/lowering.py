"""The part of a network that predicts: no blocks, and no nodes that only Caffe has.

Data layers become inputs; losses and measures go, but for the function a loss applies to its input
first (a softmax), which predictions need; inputs that only fed those go with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from layers.blocks import expand, has_blocks, places_within
from layers.catalog.caffe_loss import activation
from layers.diagnostics import Diagnostic
from layers.graph import Edge, Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS
from layers.tensor import Tensor


def is_lowered(graph: Graph) -> bool:
    """Whether a network has neither blocks nor nodes that a model cannot have."""
    return not has_blocks(graph) and not has_roles(graph)


def has_roles(graph: Graph) -> bool:
    """Whether a network has nodes that a model cannot have, or alternatives for the phases."""
    return any(_role(node) or node.phase != "both" for node in graph.nodes.values())


def exposed(graph: Graph) -> Graph:
    """The same network, without blocks where what is trained lies within one: a node that a model
    cannot have, or an output that no port of a block node gives.

    Raises:
        Invalid: as :func:`layers.blocks.expand`.
    """
    if not has_blocks(graph):
        return graph
    flat = expand(graph)
    within = [flat.nodes[identity] for identity in flat.nodes.keys() - graph.nodes.keys()]
    if any(_role(node) for node in within):
        return flat
    used = {(edge.source, edge.source_port) for edge in graph.edges}
    given = {end[0] for place, end in places_within(graph).items() if place not in used}
    hidden = any(node.id not in given and not flat.outgoing(node.id) for node in within)
    return flat if hidden and not losses(graph) else graph


def placed(said: Diagnostic, graph: Graph) -> Diagnostic:
    """What is said of a node of the exposed network, at the block that it is in. A fix is left out:
    it would be one for the node alone.
    """
    if said.node is None or said.node in graph.nodes:
        return said
    around = (node.id for node in graph.nodes.values() if said.node.startswith(f"{node.id}-"))
    return replace(said, node=next(around, None), fix=None)


def lowered(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Graph:
    """What a model is made of, given the analysis of a network without errors.

    Nodes that stay keep their ids. The second output of a data layer, where layers use it, becomes
    an input of its own: its id and name end in the port's number.
    """
    kept: dict[str, Node] = {}
    edges: list[Edge] = []
    moved: dict[tuple[str, int], str] = {}
    taken = {edge for identity in graph.nodes for edge in graph.arriving(identity)}
    for node in graph.nodes.values():
        role, known = _role(node), nodes[node.id]
        leaving = graph.outgoing(node.id)
        if leaving and taken.isdisjoint(leaving):
            continue  # the other phase has a node in its place
        if role == "data":
            used = {e.source_port for e in leaving if e in taken and _needed(graph, e)}
            for port in sorted(used):
                made = _input(node, port, (known.outputs or ())[port])
                kept[made.id] = made
                moved[node.id, port] = made.id
        elif role is None:
            kept[node.id] = node
        elif known.layer is not None and (function := activation(known.layer)):
            kept[node.id] = replace(node, type="Activation", params={"activation": function})
    for edge in graph.edges:
        if (
            edge not in taken
            or edge.target not in kept
            or (_role(graph.nodes[edge.target]) and edge.target_port)
        ):
            continue
        source = moved.get((edge.source, edge.source_port))
        if source is not None:
            edges.append(Edge(source, edge.target, 0, edge.target_port))
        elif edge.source in kept:
            edges.append(edge)
    used_by = {edge.source for edge in edges}
    forgotten = {
        identity
        for identity, node in kept.items()
        if node.type == "InputLayer" and identity not in used_by and graph.outgoing(identity)
    }
    return Graph(
        {identity: node for identity, node in kept.items() if identity not in forgotten},
        edges,
        graph.blocks,
        graph.name,
    )


def losses(graph: Graph) -> list[Node]:
    """The loss nodes that there are in training."""
    return [node for node in graph.nodes.values() if _role(node) == "loss" and node.phase != "test"]


def replaced_data(graph: Graph) -> set[str]:
    """Data of the test that feed nothing because those of the training stand in their place, as a
    file of Caffe has both under one name.
    """
    data = [node for node in graph.nodes.values() if _role(node) == "data"]
    if not any(node.phase == "train" for node in data):
        return set()
    return {node.id for node in data if node.phase == "test" and not graph.outgoing(node.id)}


def _role(node: Node) -> str | None:
    """What a node is for, where that is not to compute."""
    kind = LAYERS.get(node.type)
    return None if kind is None or kind.role == "layer" else kind.role


def _needed(graph: Graph, edge: Edge) -> bool:
    """Whether an edge leads to something that a model has."""
    target = graph.nodes[edge.target]
    return _role(target) is None or (_role(target) == "loss" and edge.target_port == 0)


def _input(node: Node, port: int, tensor: Tensor) -> Node:
    """The input that stands for an output of a data layer."""
    params = {"shape": list(tensor.shape[1:]), "dtype": tensor.dtype, "batch_size": None}
    if port == 0:
        return replace(node, type="InputLayer", params=params)
    name = f"{node.name}_{port}"
    return replace(node, id=f"{node.id[:60]}-{port}", name=name, type="InputLayer", params=params)
