"""Checks of a network as a whole: a flat table of small rules.

A check gets the graph and what is known of its nodes and yields diagnostics; it is in the table by
being decorated. Those that hold within a block, too, are in :mod:`layers.node_checks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from layers.answers import PLACES, answers_are_for_the_whole
from layers.blocks import BLOCK
from layers.diagnostics import Diagnostic, Fix, Problem, diagnose
from layers.edits import RemoveNode, Rename
from layers.graph import Graph
from layers.layer import LAYERS
from layers.lowering import replaced_data
from layers.node_checks import NODE_CHECKS, Check, node_before, taken_out

if TYPE_CHECKING:
    from layers.known import NodeAnalysis

__all__ = ["CHECKS", "PLACES"]

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
UNUSED_INPUT = Problem(
    "graph.unused_input",
    "Nothing uses the input {name}.",
    "Connect it, or delete it.",
    severity="warning",
)
UNUSED_PORT = Problem(
    "graph.unused_output",
    "Nothing uses output {port} of {name}, so it becomes an output of the network.",
    "Connect it, or switch off what makes it.",
    severity="hint",
)
LATE_DROPOUT = Problem(
    "output.dropout",
    "{name} drops values of the network's output.",
    "Put it before the last layer with weights.",
    severity="warning",
)


_LEGAL = re.compile(r"[A-Za-z0-9_.>-]{1,200}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


def check(rule: Check) -> Check:
    """Put a rule into the table."""
    CHECKS.append(rule)
    return rule


@check
def has_input(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A network needs somewhere for data to enter; an unknown layer may bring them, too."""
    for node in graph.nodes.values():
        kind = LAYERS.get(node.type)
        is_strange = kind is None and node.type != BLOCK
        if (kind and kind.min_inputs == 0) or (is_strange and not graph.incoming(node.id)):
            return
    if graph.nodes:
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
    others = replaced_data(graph)
    root = {identity: identity for identity in graph.nodes if identity not in others}

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
def inputs_are_used(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """An input that feeds nothing is forgotten, unless it is all there is."""
    others = replaced_data(graph)
    for node in graph.nodes.values():
        kind = LAYERS.get(node.type)
        if kind is None or kind.max_inputs != 0 or len(graph) == 1 or graph.outgoing(node.id):
            continue
        if node.id in others:
            continue
        fix = Fix(f"Delete {node.name}", (RemoveNode(node.id),))
        yield diagnose(UNUSED_INPUT, node=node.id, fix=fix, name=node.name)


@check
def outputs_are_used(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Where one output of several is used, the others are usually left over."""
    for identity, known in nodes.items():
        if known.outputs is None or len(known.outputs) < 2:
            continue
        used = {edge.source_port for edge in graph.outgoing(identity)}
        node = graph.nodes[identity]
        if not used or (known.layer is not None and known.layer.role != "layer"):
            continue
        for port in range(len(known.outputs)):
            if port not in used:
                yield diagnose(UNUSED_PORT, node=identity, name=node.name, port=port)


@check
def nothing_is_dropped_from_the_output(
    graph: Graph, nodes: Mapping[str, NodeAnalysis]
) -> Iterator[Diagnostic]:
    """A dropped output makes the loss jump and is never what was meant."""
    if any(known.outputs is None for known in nodes.values()):
        # Where something is broken or missing, the end may not be the output.
        return
    for node in graph.outputs:
        known = nodes[node.id]
        while known.layer is not None and known.layer.masks == "pass" and known.inputs:
            if known.layer.training_only:
                yield diagnose(
                    LATE_DROPOUT, node=node.id, fix=taken_out(graph, node), name=node.name
                )
                break
            before = node_before(graph, node.id)
            if known.weights or before is None or len(known.inputs) > 1:
                break
            node, known = before, nodes[before.id]


check(answers_are_for_the_whole)
CHECKS.extend(NODE_CHECKS)
