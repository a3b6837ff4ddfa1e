"""What a layer of a Keras file is called with besides tensors: parameters here, or named as left
out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from layers.analysis import analyse
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph
from layers.layer import Layer

ARGUMENT = Problem(
    "keras.argument",
    "{name} is called with {key}={value}, which has no counterpart here and is left out.",
    "Check that the network does not depend on it.",
    severity="warning",
)
TRAINING = Problem(
    "keras.training",
    "{name} is called with training={value}, which Keras 3 heeds only where the network is called"
    " by hand: training and predicting overrule it.",
    "Set trainable to false where it shall stay as it is.",
    severity="warning",
)


def left_out(name: str, key: str, value: object) -> Diagnostic:
    """That an argument of a call has no counterpart."""
    return diagnose(ARGUMENT, name=name, key=key[:60], value=f"{value!r:.60}")


def fixed_mode(name: str, extras: Mapping[str, Any]) -> list[Diagnostic]:
    """What Keras 2 fixes with a call, and Keras 3 does not."""
    if "training" not in extras:
        return []
    return [diagnose(TRAINING, name=name[:60], value=f"{extras['training']!r:.60}")]


def first_call(
    kind: type[Layer], extras: Mapping[str, Any], params: dict[str, Any], name: str
) -> list[Diagnostic]:
    """Put what the first call of a layer says into its parameters."""
    params |= {key: extras[key] for key in kind.call_params if key in extras}
    return _strange(kind, extras, name)


def further_call(
    kind: type[Layer], extras: Mapping[str, Any], params: Mapping[str, Any], name: str
) -> list[Diagnostic]:
    """Hold a further call against the parameters that the first has given to the layer."""
    usual = {key: kind.params[key].typed_default for key in kind.call_params}
    return _strange(kind, extras, name) + [
        left_out(name, key, extras.get(key, default))
        for key, default in usual.items()
        if extras.get(key, default) != params.get(key, default)
    ]


def unheard(graph: Graph, derived: Iterable[tuple[str, str, str]]) -> list[Diagnostic]:
    """Masks that are computed for layers to which none comes by itself.

    Args:
        graph: the network as it was read.
        derived: node, argument and what makes the mask, of each that was left to Keras.
    """
    known = analyse(graph).nodes if derived else {}
    found = []
    for identity, key, name in derived:
        edges = graph.incoming(identity)
        if not any(known[edge.source].masked and not edge.source_port for edge in edges):
            found.append(left_out(graph.nodes[identity].name, key, name))
    return found


def _strange(kind: type[Layer], extras: Mapping[str, Any], name: str) -> list[Diagnostic]:
    # Layers that do the same in training are often told of it all the same.
    return [
        left_out(name, key, value)
        for key, value in extras.items()
        if key not in (*kind.call_params, "training")
    ]
