"""What a network is trained on: the tensors that are compared with labels.

A network that has loss nodes is trained on what these compare, and nothing else is trained. One
without is trained on all its outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from layers.blocks import BLOCK
from layers.catalog.caffe_loss import activation
from layers.graph import Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS, Layer
from layers.lowering import losses
from layers.names import Names

Place = tuple[str, int]
"""A tensor: the id of a node, and the number of one of its outputs."""


@dataclass(frozen=True, slots=True)
class End:
    """A tensor that training compares with labels.

    Attributes:
        node: the loss node; the output itself where the network states no loss.
        place: the tensor, in the lowered network.
        name: what its loss is called, but for the ``_loss`` at its end; different for each end,
            and empty where there is one only.
        weight: factor of the loss.
        loss: the loss node's layer; None where the network states no loss.
        labels: where the loss node takes labels from; None where that is not said.
        is_main: whether it is the one that is asked and whose accuracy is measured.
        is_measured: whether it counts where the network is only measured; else in training alone.
    """

    node: Node
    place: Place
    name: str
    weight: float = 1.0
    loss: Layer | None = None
    labels: Place | None = None
    is_main: bool = False
    is_measured: bool = True


def ends(graph: Graph, nodes: Mapping[str, NodeAnalysis], model: Graph) -> tuple[End, ...]:
    """The ends of a network, those that branch off early first; of equally deep ones by name.

    The main one has the heaviest loss; of equally heavy ones it is the last, since auxiliary ends
    branch off before. Ends that are there in training alone, by the phase of the loss node or of a
    layer that the main end does without, are not measured; one of them is the main one only where
    there is no other.

    Args:
        graph, nodes: the network and its analysis, without errors.
        model: the same, lowered.
    """
    depths = _depths(model)
    found = sorted(
        list(_stated(graph, nodes)) or list(_outputs(nodes, model)),
        key=lambda end: (depths[end.place[0]], end.node.name, end.place[1]),
    )
    if not found:
        return ()
    lasting = [end for end in found if end.node.phase != "train"] or found
    main = max(reversed(lasting), key=lambda end: end.weight)
    shared = _behind(model, main.place[0])
    names = _names([end.node.name for end in found]) if len(found) > 1 else [""]
    return tuple(
        replace(
            end,
            name=name,
            is_main=end is main,
            is_measured=end is main or not _is_training_only(model, end, shared),
        )
        for end, name in zip(found, names, strict=True)
    )


def main_end(found: tuple[End, ...]) -> End:
    """The end that is asked."""
    return next(end for end in found if end.is_main)


def _stated(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[End]:
    """What loss nodes compare, as far as they count in training."""
    for node in losses(graph):
        layer = nodes[node.id].layer
        fed = {edge.target_port: edge for edge in graph.arriving(node.id)}
        if layer is None or not layer.values["loss_weight"] or 0 not in fed:
            continue
        # A loss node that applies a function first is a layer of the lowered network.
        place = (node.id, 0) if activation(layer) else (fed[0].source, fed[0].source_port)
        labels = None
        if 1 in fed:
            labels = _origin(graph, (fed[1].source, fed[1].source_port))
        yield End(node, place, node.name, float(layer.values["loss_weight"]), layer, labels)


def _outputs(nodes: Mapping[str, NodeAnalysis], model: Graph) -> Iterator[End]:
    """The outputs of the lowered network; those of the test alone where there are no others."""
    found = [
        End(node, (node.id, port), node.name)
        for node in model
        if node.type != "InputLayer"
        for port in _open_ports(model, node, nodes[node.id])
    ]
    yield from [end for end in found if end.node.phase != "test"] or found


def _open_ports(model: Graph, node: Node, known: NodeAnalysis) -> list[int]:
    """The ports of a node that are outputs of the network: all of a layer that feeds nothing, and
    those of a block that lead nowhere, since a layer of its own gives each.
    """
    used = {edge.source_port for edge in model.outgoing(node.id)}
    if used and node.type != BLOCK:
        return []
    return [port for port in range(len(known.outputs or (None,))) if port not in used]


def _origin(graph: Graph, place: Place) -> Place:
    """Where a tensor comes from, past layers that leave its values as they are."""
    while True:
        node = graph.nodes[place[0]]
        kind = LAYERS.get(node.type)
        edges = graph.arriving(node.id)
        passes = node.type == "Split" or (kind is not None and kind.effect == "moves")
        if not passes or len(edges) != 1:
            return place
        place = edges[0].source, edges[0].source_port


def _depths(model: Graph) -> dict[str, int]:
    """How many layers the longest way to each node has."""
    depths: dict[str, int] = {}
    for node in model:
        before = (depths[edge.source] for edge in model.incoming(node.id))
        depths[node.id] = 1 + max(before, default=0)
    return depths


def _behind(model: Graph, identity: str) -> set[str]:
    """Every node that a node depends on, and the node."""
    found, waiting = set[str](), [identity]
    while waiting:
        identity = waiting.pop()
        if identity not in found:
            found.add(identity)
            waiting += [edge.source for edge in model.incoming(identity)]
    return found


def _is_training_only(model: Graph, end: End, shared: set[str]) -> bool:
    branch = _behind(model, end.place[0]) - shared
    phases = {end.node.phase, *(model.nodes[identity].phase for identity in branch)}
    return "train" in phases


def _names(given: list[str]) -> list[str]:
    """Names for losses. Keras puts ``_loss`` behind them, and ``val_`` before what is held out."""
    short = [re.sub(r"(?<=.)_loss\d*$", "", name) for name in given]
    named = Names()
    found = []
    for whole, name in zip(given, short, strict=True):
        stem = whole if short.count(name) > 1 else name
        stem = f"_{stem}" if f"{stem}_".startswith("val_") else stem
        found.append(named.free(stem))
    return found
