"""Every shape, weight count, cost and mistake of a network, in one walk; incremental over edits.

Diagnostics name root causes only: whatever lies downstream of a broken layer is *unknown*, not
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.checks import CHECKS, SHARED
from layers.costs import Field, TrainingMemory, training_memory
from layers.diagnostics import Diagnostic, Fix, Invalid, Problem, diagnose
from layers.edits import Disconnect
from layers.graph import Graph, Node
from layers.layer import LAYERS, Layer, Weight
from layers.repairs import place
from layers.tensor import Dim, Tensor, size_bytes

UNKNOWN_LAYER = Problem(
    "layer.unknown",
    "{type} is not a layer this program knows; its output is unknown.",
    "Replace it by a layer of the palette.",
)
CYCLE = Problem(
    "graph.cycle",
    "{name} feeds itself, directly or through other layers.",
    "Remove one edge of the loop.",
)
INPUT_MISSING = Problem(
    "input.missing", "{name} needs {needed} input(s); it has {got}.", "Connect a layer to it."
)
INPUT_EXTRA = Problem(
    "input.extra",
    "{name} takes {limit} input(s); it has {got}.",
    "Remove an edge, or merge the inputs first.",
)
NO_PORT = Problem(
    "input.port", "{source} has no output {port}; it has {outputs}.", "Connect one of its outputs."
)


@dataclass(frozen=True, slots=True)
class NodeAnalysis:
    """What is known of one node.

    Attributes:
        layer: the checked layer, None where its parameters or type are wrong.
        inputs: input tensors by port, None where something upstream is unknown.
        outputs: output tensors by port, None where unknown.
        weights: weights by name; empty where the layer is shared from another node.
        macs: multiply-accumulates for one sample, None where unknown.
        diagnostics: the mistakes of this node alone.
        trainable, non_trainable: numbers of weights.
        frozen: those among the non-trainable ones that would train if the layer were not frozen.
        masked: whether the first output says which steps are padding.
        field: how much of the input one value sees, None where windows do not say.
    """

    layer: Layer | None = None
    inputs: tuple[Tensor, ...] | None = None
    outputs: tuple[Tensor, ...] | None = None
    weights: Mapping[str, Weight] = field(default_factory=dict)
    macs: Dim = None
    diagnostics: tuple[Diagnostic, ...] = ()
    trainable: int = 0
    non_trainable: int = 0
    frozen: int = 0
    masked: bool = False
    field: Field | None = None

    @property
    def activation_bytes(self) -> Dim:
        """Bytes of all outputs for one sample; None where unknown."""
        if self.outputs is None:
            return None
        sizes = [size_bytes(tensor) for tensor in self.outputs]
        return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)

    def to_json(self) -> dict[str, Any]:
        return {
            "inputs": _tensors(self.inputs),
            "outputs": _tensors(self.outputs),
            "weights": self.trainable + self.non_trainable,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "frozen": self.frozen,
            "macs": self.macs,
            "activation_bytes": self.activation_bytes,
            "masked": self.masked,
            "receptive_field": list(self.field.size) if self.field else None,
            "jump": list(self.field.jump) if self.field else None,
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a network; unknown parts count as nothing."""

    layers: int = 0
    trainable: int = 0
    non_trainable: int = 0
    macs: int = 0
    activation_bytes: int = 0
    frozen: int = 0

    @property
    def weights(self) -> int:
        return self.trainable + self.non_trainable

    def training_memory(self, batch_size: int, slots: int = 2) -> TrainingMemory:
        """Memory for training with a batch size, and an optimizer with so many slots."""
        return training_memory(
            self.trainable, self.non_trainable, self.activation_bytes, batch_size, slots
        )

    def to_json(self) -> dict[str, int]:
        fixed = self.training_memory(batch_size=0)
        return {
            "layers": self.layers,
            "weights": self.weights,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "frozen": self.frozen,
            "macs": self.macs,
            "activation_bytes": self.activation_bytes,
            # Training takes the first, and the second for each sample of a batch.
            "training_bytes": fixed.total,
            "training_bytes_per_sample": self.activation_bytes,
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """Nodes by id, totals, and diagnostics by node id ("" for the whole graph)."""

    nodes: Mapping[str, NodeAnalysis]
    totals: Totals
    groups: Mapping[str, tuple[Diagnostic, ...]]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All diagnostics, those of the whole graph first, then in topological order."""
        return [diagnostic for group in self.groups.values() for diagnostic in group]

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]

    def to_json(self) -> dict[str, Any]:
        return {
            "nodes": {identity: node.to_json() for identity, node in self.nodes.items()},
            "totals": self.totals.to_json(),
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What an update changed, so that only that is sent: None stands for a node that is gone."""

    nodes: Mapping[str, NodeAnalysis | None]
    groups: Mapping[str, tuple[Diagnostic, ...]]


class Analyzer:
    """Keeps the analysis of a graph up to date; an edit re-analyses only what it reaches."""

    def __init__(self, graph: Graph) -> None:
        self.graph = Graph()
        self.analysis = Analysis({}, Totals(), {})
        self.update(graph)

    def update(self, graph: Graph) -> Change:
        """Analyse the graph as it is now, and say what changed since the last update."""
        before, known = self.graph, self.analysis.nodes
        nodes: dict[str, NodeAnalysis] = {}
        changed: dict[str, NodeAnalysis | None] = {
            identity: None for identity in known if identity not in graph.nodes
        }
        same_edges = graph.wiring is before.wiring
        unordered = graph.unordered | before.unordered
        moved: set[str] = set(changed)
        for identity in graph.order:
            node, old = graph.nodes[identity], known.get(identity)
            edges = graph.incoming(identity)
            if (
                old is not None
                and _same_layer(node, before.nodes[identity])
                and (same_edges or edges == before.incoming(identity))
                and (same_edges or identity not in unordered)
                and not any(edge.source in moved for edge in edges)
                # What a shared layer is depends on another node, anywhere in the order.
                and node.shares is None
            ):
                nodes[identity] = old
                continue
            new = analyse_node(graph, node, nodes)
            nodes[identity] = new
            if old is None or new != old:
                changed[identity] = new
            if (
                old is None
                or old.outputs != new.outputs
                or old.layer != new.layer
                # What follows may speak of this node by its name.
                or node.name != before.nodes[identity].name
            ):
                moved.add(identity)
        groups = _groups(graph, nodes)
        old_groups = self.analysis.groups
        regrouped = {
            place: groups.get(place, ())
            for place in {**old_groups, **groups}
            if old_groups.get(place, ()) != groups.get(place, ())
        }
        self.graph = graph
        self.analysis = Analysis(nodes, _totals(nodes), groups)
        return Change(changed, regrouped)


def analyse(graph: Graph) -> Analysis:
    """Analyse a graph from scratch."""
    return Analyzer(graph).analysis


def analyse_node(graph: Graph, node: Node, nodes: Mapping[str, NodeAnalysis]) -> NodeAnalysis:
    """Analyse one node, given those before it."""
    if node.id in graph.unordered:
        looped = [diagnose(CYCLE, node=node.id, name=node.name)] if node.id in graph.looped else []
        return NodeAnalysis(diagnostics=tuple(looped))
    owner = graph.nodes.get(node.shares) if node.shares else node
    if owner is None or owner.shares:
        reason = "does not exist" if owner is None else "is itself shared"
        mistake = diagnose(SHARED, node=node.id, name=node.name, reason=reason)
        return NodeAnalysis(diagnostics=(mistake,))
    kind = LAYERS.get(owner.type)
    if kind is None:
        mistake = diagnose(UNKNOWN_LAYER, node=node.id, type=owner.type)
        return NodeAnalysis(diagnostics=(mistake,))
    values, mistakes = kind.check(owner.params)
    found = [place(graph, node, mistake) for mistake in mistakes] if owner is node else []
    if any(mistake.problem.severity == "error" for mistake in mistakes):
        return NodeAnalysis(diagnostics=tuple(found))
    layer: Layer = kind.of(values)
    inputs, wrong = _inputs(graph, node, layer, nodes)
    found.extend(wrong)
    if inputs is None:
        return NodeAnalysis(layer, diagnostics=tuple(found))
    try:
        output = layer.output(*inputs)
    except Invalid as mistake:
        found.append(place(graph, node, mistake))
        return NodeAnalysis(layer, inputs, diagnostics=tuple(found))
    outputs = output if isinstance(output, tuple) else (output,)
    weights = layer.weights(*inputs)
    if owner is not node:
        weights = {}
    trainable = sum(weight.count for weight in weights.values() if weight.trainable)
    count = sum(weight.count for weight in weights.values())
    sources = [(nodes[edge.source], edge.source_port) for edge in graph.incoming(node.id)]
    return NodeAnalysis(
        layer,
        inputs,
        outputs,
        weights,
        layer.macs(*inputs),
        tuple(found),
        trainable,
        count - trainable,
        _frozen(layer, inputs, trainable) if weights else 0,
        layer.mask(*(source.masked and port == 0 for source, port in sources)),
        _field(layer, inputs, outputs, [source.field for source, _ in sources]),
    )


def _frozen(layer: Layer, inputs: tuple[Tensor, ...], trainable: int) -> int:
    """How many weights would train if the layer were not frozen."""
    if layer.values.get("trainable") is not False:
        return 0
    thawed: Layer = layer.replace(trainable=True)
    weights = thawed.weights(*inputs).values()
    return sum(weight.count for weight in weights if weight.trainable) - trainable


def _field(
    layer: Layer,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    before: list[Field | None],
) -> Field | None:
    """How much of the input a value of the first output sees."""
    if not inputs:
        return Field.start(outputs[0]) if outputs else None
    field = before[0]
    for other in before[1:]:
        if field is None or other is None or len(field.size) != len(other.size):
            return None
        field = field.merged(other)
    return None if field is None else layer.field(field, *inputs)


def _inputs(
    graph: Graph, node: Node, layer: Layer, nodes: Mapping[str, NodeAnalysis]
) -> tuple[tuple[Tensor, ...] | None, list[Diagnostic]]:
    """The tensors that arrive at a node (None: one is unknown), and what is wrong there."""
    edges = graph.incoming(node.id)
    limit = layer.max_inputs
    if len(edges) < layer.min_inputs:
        needed = layer.min_inputs
        mistake = diagnose(
            INPUT_MISSING, node=node.id, name=node.name, needed=needed, got=len(edges)
        )
        return None, [mistake]
    if limit is not None and len(edges) > limit:
        fix = Fix(f"Disconnect {graph.nodes[edges[-1].source].name}", (Disconnect(edges[-1]),))
        extra = diagnose(
            INPUT_EXTRA, node=node.id, fix=fix, name=node.name, limit=limit, got=len(edges)
        )
        return None, [extra]
    tensors = []
    for edge in edges:
        outputs = nodes[edge.source].outputs
        if outputs is None:
            return None, []
        if edge.source_port >= len(outputs):
            source = graph.nodes[edge.source].name
            port = diagnose(
                NO_PORT, node=node.id, source=source, port=edge.source_port, outputs=len(outputs)
            )
            return None, [port]
        tensors.append(outputs[edge.source_port])
    return tuple(tensors), []


def _same_layer(node: Node, before: Node) -> bool:
    """Whether nothing that the analysis reads has changed (a node may have moved)."""
    return node is before or (
        node.params == before.params
        and node.type == before.type
        and node.name == before.name
        and node.shares == before.shares
    )


def _groups(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> dict[str, tuple[Diagnostic, ...]]:
    groups: dict[str, list[Diagnostic]] = {"": []}
    for identity, node in nodes.items():
        if node.diagnostics:
            groups[identity] = list(node.diagnostics)
    for check in CHECKS:
        for diagnostic in check(graph, nodes):
            groups.setdefault(diagnostic.node or "", []).append(diagnostic)
    return {place: tuple(found) for place, found in groups.items() if found}


def _totals(nodes: Mapping[str, NodeAnalysis]) -> Totals:
    trainable = non_trainable = macs = memory = frozen = 0
    for node in nodes.values():
        trainable += node.trainable
        non_trainable += node.non_trainable
        frozen += node.frozen
        macs += node.macs or 0
        memory += node.activation_bytes or 0
    return Totals(len(nodes), trainable, non_trainable, macs, memory, frozen)


def _tensors(tensors: tuple[Tensor, ...] | None) -> list[dict[str, object]] | None:
    return None if tensors is None else [tensor.to_json() for tensor in tensors]
