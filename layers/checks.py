"""Checks of a network as a whole: a flat table of small rules.

A check gets the graph and what is known of its nodes and yields diagnostics; it is in the table by
being decorated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from layers.diagnostics import Diagnostic, Fix, Problem, diagnose
from layers.edits import Rename
from layers.graph import Graph

if TYPE_CHECKING:
    from layers.known import NodeAnalysis

Check: TypeAlias = "Callable[[Graph, Mapping[str, NodeAnalysis]], Iterator[Diagnostic]]"

CHECKS: list[Check] = []
"""Every check, in the order its findings are shown."""

NO_INPUT = Problem("graph.no_input", "The network has no Input layer.", "Add an Input layer.")
ILLEGAL_NAME = Problem(
    "name.illegal",
    "{name!r} is not a legal layer name: it may have letters from a to z, digits and _ . - > only.",
    "Rename the layer.",
)
DUPLICATE_NAME = Problem("name.duplicate", "Two layers are called {name}.", "Rename one of them.")
SEPARATE = Problem(
    "graph.separate",
    "The network falls into {count} parts that are not connected.",
    "Connect them, or delete what is not needed.",
    severity="warning",
)
ONE_UNIT_SOFTMAX = Problem(
    "output.one_unit_softmax",
    "{name} is a softmax over one unit: its output is always 1.",
    "Use sigmoid for two classes, or one unit for each class.",
    severity="warning",
)

SHARED = Problem(
    "layer.shared",
    "{name} shares a layer that {reason}.",
    "Choose a layer with the same weights.",
)

_LEGAL = re.compile(r"[A-Za-z0-9_.>-]{1,200}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


def check(rule: Check) -> Check:
    """Put a rule into the table."""
    CHECKS.append(rule)
    return rule


@check
def has_input(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A network needs somewhere for data to enter."""
    if graph.nodes and not any(node.type == "InputLayer" for node in graph.nodes.values()):
        yield diagnose(NO_INPUT)


@check
def names_are_legal(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """TensorFlow takes names for scopes, which allow few characters, and fails in training only."""
    for node in graph.nodes.values():
        if not _LEGAL.fullmatch(node.name):
            legal = _ILLEGAL.sub("_", node.name).strip("_")[:150] or node.type.lower()
            name = graph.free_name(legal)
            fix = Fix(f"Rename to {name}", (Rename(node.id, name),))
            yield diagnose(ILLEGAL_NAME, node=node.id, fix=fix, name=node.name)


@check
def names_are_unique(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Weights are stored by layer name."""
    seen: set[str] = set()
    for node in graph.nodes.values():
        if node.name in seen:
            name = graph.free_name(node.name)
            fix = Fix(f"Rename to {name}", (Rename(node.id, name),))
            yield diagnose(DUPLICATE_NAME, node=node.id, fix=fix, name=node.name)
        seen.add(node.name)


@check
def is_one_network(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Parts that nothing connects are usually forgotten layers."""
    root = {identity: identity for identity in graph.nodes}

    def find(identity: str) -> str:
        while root[identity] != identity:
            root[identity] = root[root[identity]]
            identity = root[identity]
        return identity

    for edge in graph.edges:
        root[find(edge.source)] = find(edge.target)
    parts = len({find(identity) for identity in root})
    if parts > 1:
        yield diagnose(SEPARATE, count=parts)


@check
def softmax_has_rivals(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A softmax over a single value is constant, so nothing can be learnt."""
    for identity, node in nodes.items():
        if node.layer is None or not node.outputs or node.outputs[0].shape[-1:] != (1,):
            continue
        values = node.layer.values
        is_softmax = values.get("activation") == "softmax" or (
            type(node.layer).__name__ == "Softmax" and values.get("axis") == -1
        )
        if is_softmax:
            yield diagnose(ONE_UNIT_SOFTMAX, node=identity, name=graph.nodes[identity].name)


@check
def shared_layers_fit(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A layer called on several inputs has one set of weights, so each must need the same."""
    for node in graph.nodes.values():
        owner, call = nodes.get(node.shares or ""), nodes[node.id]
        if owner is None or owner.outputs is None or call.layer is None or call.inputs is None:
            continue
        if call.outputs is not None and call.layer.weights(*call.inputs) != owner.weights:
            reason = "has weights of other shapes"
            yield diagnose(SHARED, node=node.id, name=node.name, reason=reason)
