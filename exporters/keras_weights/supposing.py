"""Layers that are not known (programs, classes of others) are never run: what they give is
supposed, and then proved by the weights of what is behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from exporters.keras_reading import Network
from exporters.keras_weights.matching import match
from exporters.keras_weights.stored import Stored
from exporters.keras_weights.targets import targets
from exporters.operations.operation import is_operation_type
from exporters.weights import LEFT_OVER, Fitted
from layers.blocks import BLOCK
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph
from layers.layer import LAYERS
from layers.walk import KEPT_SHAPE

SUPPOSED = Problem(
    "keras.kept_shape",
    "{count:layer that is not known is taken to keep the shape of its input|layers that are not"
    " known are taken to keep the shape of their input} ({names}): the weights of the file fit"
    " this.",
    "Check them if shapes behind them look wrong.",
    severity="hint",
)
MAX_KINDS = 4
"""Types of layers that are tried; each try reads the network anew."""
CHANGING = frozenset(
    {
        *(
            "cropping",
            "filters",
            "kernel_size",
            "num_tokens",
            "output_dim",
            "padding",
            "patch_size",
        ),
        *("pool_size", "size", "strides", "target_shape", "units"),
    }
)
"""Parameters of layers that give another shape than they take, as such are called everywhere."""
MAX_NODES = 3000
SHOWN = 3


def fitting(
    network: Network, stored: Sequence[Stored], again: Callable[[Collection[str]], Network]
) -> tuple[Network, Fitted, tuple[Diagnostic, ...]]:
    """A network with the weights of its file; where layers that are not known keep weights from
    their places, as what it is if these layers keep the shapes of their inputs.

    Args:
        network: as it was read.
        stored: what the file has.
        again: reads it anew, with layers of these types supposed to keep shapes.
    """
    found, fitted = network, _match(network, stored)
    if not fitted.diagnostics or len(network.graph) > MAX_NODES:
        return found, fitted, ()
    kinds = _kinds(network.graph)
    trials = [kinds, *([kind] for kind in kinds)] if len(kinds) > 1 else [kinds][: len(kinds)]
    accepted: set[str] = set()
    for trial in trials:
        if accepted.issuperset(trial):
            continue
        other = again(accepted.union(trial))
        fit = _match(other, stored)
        fewer = len(fit.diagnostics) < len(fitted.diagnostics)
        if fewer and all(item.code == LEFT_OVER.code for item in fit.diagnostics):
            found, fitted, accepted = other, fit, accepted.union(trial)
    graph = _proved(found.graph, fitted)
    names = [node.name for node in graph.nodes.values() if KEPT_SHAPE in node.params]
    if not names:
        return network, _match(network, stored), ()
    shown = ", ".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])])
    return replace(found, graph=graph), fitted, (diagnose(SUPPOSED, count=len(names), names=shown),)


def _match(network: Network, stored: Sequence[Stored]) -> Fitted:
    names = {node: path for path, node in network.layers.items()}
    return match(targets(network.graph, names, network.reorderings), stored)


def _kinds(graph: Graph) -> list[str]:
    """Types of layers that are not known, the first few."""
    kinds = dict.fromkeys(
        node.type
        for node in graph
        if node.type not in LAYERS
        and node.type != BLOCK
        and not is_operation_type(node.type)
        and len(graph.incoming(node.id)) == 1
        and node.params.keys().isdisjoint(CHANGING)
    )
    return list(kinds)[:MAX_KINDS]


def _proved(graph: Graph, fitted: Fitted) -> Graph:
    """The network without suppositions behind which there are no weights."""
    proved: set[str] = set()
    for node in reversed(list(graph)):
        targets = [edge.target for edge in graph.outgoing(node.id)]
        if any(one in proved or one in fitted.weights or _is_block(graph, one) for one in targets):
            proved.add(node.id)
    for node in list(graph.nodes.values()):
        if KEPT_SHAPE in node.params and node.id not in proved:
            params = {key: value for key, value in node.params.items() if key != KEPT_SHAPE}
            graph = graph.with_node(replace(node, params=params))
    return graph


def _is_block(graph: Graph, identity: str) -> bool:
    return graph.nodes[identity].type == BLOCK
