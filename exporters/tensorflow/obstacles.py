"""What TensorFlow cannot be given, told without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exporters.plan import plan
from exporters.tensorflow.problems import NOT_IN_LITE
from layers.analysis import analyse
from layers.diagnostics import Diagnostic, GraphError, diagnose
from layers.graph import Graph
from layers.tensor import Tensor

NOT_IN_LITE_LAYERS = frozenset(
    {
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling3D",
        "AveragePooling3D",
        "CategoryEncoding",
        "ConvLSTM1D",
        "ConvLSTM2D",
        "ConvLSTM3D",
        "Filter",
        "HashedCrossing",
        "Hashing",
        "MaxPooling3D",
    }
)
"""Layers of which LiteRT has no operations of its own, as its converter says of their examples."""


RECURRENT = ("LSTM", "GRU", "SimpleRNN")


def unrolled(graph: Graph) -> Graph:
    """The same network with recurrent layers written step by step, which LiteRT needs: it has no
    lists of tensors of any length.
    """
    known = analyse(graph).nodes
    for node in list(graph.nodes.values()):
        steps = known[node.id].inputs
        if not steps or len(steps[0].shape) < 3 or steps[0].shape[1] is None:
            continue
        if node.type in RECURRENT:
            graph = graph.with_node(replace(node, params={**node.params, "unroll": True}))
        inner = node.params.get("layer")
        if (
            node.type == "Bidirectional"
            and isinstance(inner, dict)
            and inner.get("type") in RECURRENT
        ):
            layer = {**inner, "unroll": True}
            graph = graph.with_node(replace(node, params={**node.params, "layer": layer}))
    return graph


def obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """The errors for which a graph cannot be written."""
    try:
        plan(graph)
    except GraphError as error:
        return tuple(error.diagnostics)
    return ()


def lite_obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """The errors for which LiteRT cannot be given a network."""
    found = obstacles(graph)
    if found:
        return found
    known = analyse(graph).nodes
    return tuple(
        diagnose(NOT_IN_LITE, node=node.id, name=node.name, kind=node.type)
        for node in graph
        if node.type in NOT_IN_LITE_LAYERS
        or (node.type in RECURRENT and not _has_steps(known[node.id].inputs))
    )


def _has_steps(inputs: Sequence[Tensor] | None) -> bool:
    """Whether the number of steps of a sequence is known."""
    return bool(inputs) and inputs is not None and inputs[0].shape[1] is not None
