"""A checked network as the calls that build it: what every writer of code, configurations and
models walks over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layers.analysis import UNKNOWN_LAYER, Analysis, NodeAnalysis, analyse
from layers.blocks import BLOCK, expand
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph, Node
from layers.layer import LAYERS, Layer
from layers.lowering import is_lowered, lowered
from layers.params import UNKNOWN_FUNCTION

EMPTY = Problem("graph.empty", "The network is empty.", "Add an Input layer.")
PHASE = Problem(
    "format.phase",
    "{name} is meant for one phase only; {format} will always use it.",
    "Remove it before exporting, or leave it where it acts in training only anyway.",
    severity="warning",
)
BLOCKS = Problem(
    "format.blocks",
    "{format} has no blocks: {names} are written as their layers.",
    "Keep the native file, too, if you want to go on with blocks.",
    severity="hint",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer.

    Attributes:
        node: the node.
        owner: the node whose layer is called: the same one, unless the layer is shared.
        layer: the checked layer, None where its type is unknown.
        arguments: where its inputs come from: (node id, output port), by input port.
        index: how many calls of the same layer come before.
        known: what the analysis found.
        model: what is called where that is a model inside the model (:mod:`exporters.nested_plan`).
    """

    node: Node
    owner: Node
    layer: Layer | None
    arguments: tuple[tuple[str, int], ...]
    index: int
    known: NodeAnalysis
    model: Plan | None = None

    def spelt(self, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """How Keras is given the inputs, for which these stand: arguments by position, and those by
        name.
        """
        if self.layer is None:
            return [list(tensors)] if len(tensors) > 1 else list(tensors), {}
        return self.layer.arguments(tensors, self.known.inputs or ())

    @property
    def output_count(self) -> int:
        if self.model:
            return len(self.model.outputs)
        return len(self.known.outputs) if self.known.outputs else 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls by node id, in topological order, and which tensors go in and come out, as (node
    id, port); and where blocks are models, what stands here for tensors of the expanded network.
    """

    graph: Graph
    analysis: Analysis
    calls: Mapping[str, Call]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    stand_ins: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)


def plan(graph: Graph, *, with_unknown: bool = False, with_functions: bool = False) -> Plan:
    """Check a network and list the calls that build it.

    Inputs and outputs keep the order in which their nodes are stored. Outputs are the tensors of
    nodes that feed nothing; an input that nothing uses stays an input only.

    Args:
        with_unknown: let layers pass whose type is unknown.
        with_functions: let those pass, too, that have a function which is unknown; the layer of
            such a call has the usual one.

    Raises:
        GraphError: with every error of the network.
    """
    if not graph.nodes:
        raise GraphError([diagnose(EMPTY)])
    analysis = analyse(graph)
    kept = {UNKNOWN_LAYER.code: with_unknown, UNKNOWN_FUNCTION.code: with_functions}
    errors = [error for error in analysis.errors if not kept.get(error.code)]
    if errors:
        raise GraphError(errors)
    if not is_lowered(graph):
        graph = expand(graph)
        graph = lowered(graph, analyse(graph).nodes)
        analysis = analyse(graph)
    calls: dict[str, Call] = {}
    counts: dict[str, int] = {}
    for node in graph:
        owner = graph.nodes[node.shares] if node.shares else node
        index = counts.get(owner.id, 0)
        counts[owner.id] = index + 1
        arguments = tuple((edge.source, edge.source_port) for edge in graph.incoming(node.id))
        known = analysis.nodes[node.id]
        calls[node.id] = Call(node, owner, known.layer, arguments, index, known)
    inputs = tuple((node.id, 0) for node in graph.nodes.values() if is_input(node))
    ends = [
        node.id
        for node in graph.nodes.values()
        if not graph.outgoing(node.id) and (not is_input(node) or len(inputs) == len(graph))
    ]
    outputs = tuple((end, port) for end in ends for port in range(calls[end].output_count))
    return Plan(graph, analysis, calls, inputs, outputs)


def is_input(node: Node) -> bool:
    """Whether data enter the network at a node."""
    kind = LAYERS.get(node.type)
    return kind is not None and kind.max_inputs == 0


def flattened(graph: Graph, label: str) -> tuple[Diagnostic, ...]:
    """A hint where blocks are written as their layers."""
    names = [node.name for node in graph if node.type == BLOCK]
    shown = [*names[:3], *(["…"] if len(names) > 3 else [])]
    return (diagnose(BLOCKS, format=label, names=", ".join(shown)),) if names else ()


def phases(graph: Graph, label: str) -> tuple[Diagnostic, ...]:
    """Warnings for layers that are meant for one phase, which Keras cannot say."""
    return tuple(
        diagnose(PHASE, node=node.id, name=node.name, format=label)
        for node in graph
        if node.phase != "both"
    )
