"""What TensorFlow cannot be given, told without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exporters.masking import is_masked
from exporters.plan import Call, Plan, plan
from exporters.tensorflow.problems import MASKED_BACKWARDS, NOT_IN_LITE
from layers.analysis import NodeAnalysis, analyse
from layers.blocks import expand
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
    made = plan(expand(graph))
    masked = [
        diagnose(MASKED_BACKWARDS, node=call.node.id, name=call.node.name)
        for call in made.calls.values()
        if _is_masked_backwards(made, call)
    ]
    return (*masked, *_not_in_lite(graph, known))


def _not_in_lite(graph: Graph, known: Mapping[str, NodeAnalysis]) -> tuple[Diagnostic, ...]:
    return tuple(
        diagnose(NOT_IN_LITE, node=node.id, name=node.name, kind=node.type)
        for node in graph
        if node.type in NOT_IN_LITE_LAYERS
        or (node.type in RECURRENT and not _has_steps(known[node.id].inputs))
    )


def _is_masked_backwards(made: Plan, call: Call) -> bool:
    """Whether Keras, step by step, makes outputs zero by a mask that is not turned as they are."""
    params = call.owner.params
    inner = params.get("layer") if call.owner.type == "Bidirectional" else params
    if not isinstance(inner, dict) or not inner.get("return_sequences"):
        return False
    if call.owner.type in RECURRENT:
        if not (params.get("go_backwards") and params.get("zero_output_for_mask")):
            return False
    elif call.owner.type != "Bidirectional":
        return False
    inputs = call.known.inputs or ()
    return is_masked(made, call) or (bool(inputs) and inputs[-1].dtype == "bool")


def _has_steps(inputs: Sequence[Tensor] | None) -> bool:
    """Whether the number of steps of a sequence is known."""
    return bool(inputs) and inputs is not None and inputs[0].shape[1] is not None
