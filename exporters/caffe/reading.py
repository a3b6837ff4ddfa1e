"""The layers of a Caffe file as a graph with, where the file has them, weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exporters.caffe.kept import given_by, reason_of
from exporters.caffe.layer import Spec, first
from exporters.caffe.multipliers import DECAY, penalties
from exporters.caffe.network import specs
from exporters.caffe.operation import BLOBS, End, Opaque, Step, reads
from exporters.caffe.schema import layer as layer_view
from exporters.caffe.shapes import outputs_of
from exporters.caffe.text import Fields, text_of
from exporters.keras_config import complete
from exporters.layout import place
from exporters.weights import Array
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS, Layer
from layers.tensor import Shape, Tensor

PREFIX = "caffe."
UNKNOWN = Problem(
    "caffe.unknown_layer",
    "{name} is the layer {kind}, which cannot be said here: {reason}. Its text is kept.",
    "Replace it by layers of the palette, or keep it for export to Caffe.",
    severity="warning",
)
UNKNOWN_DATA = Problem(
    "caffe.unknown_data",
    "{name} is the layer {kind}, which brings data in a way of its own. Its text is kept.",
    "Put an Input layer that has the size of the data in its place, to train or test here.",
    severity="warning",
)
DANGLING = Problem(
    "caffe.bottom",
    "{name} takes {blob}, which no layer before it gives.",
    "Correct the name of the blob in the file.",
)
NOT_KEPT = Problem(
    "caffe.not_kept",
    "{name}: {field}={value} has no counterpart here and is left out.",
    "Check that the network does not depend on it.",
    severity="warning",
)
MULTIPLIERS = Problem(
    "caffe.multipliers",
    "{count:layer has a learning rate of its own|layers have learning rates of their own}; of these"
    " only 0 (not trained) is kept.",
    "Freeze what is not to be trained; the rest learns at one rate here.",
    severity="hint",
)
DECAYS = Problem(
    "caffe.decays",
    "{count:layer states how strongly its weights decay: it has|layers state how strongly their"
    " weights decay: they have} L2 penalties as for a weight_decay of {decay}, which most solvers"
    " have.",
    "Train with the solver's own file, or change the penalties.",
    severity="hint",
)
BAD_WEIGHTS = Problem(
    "caffe.weights",
    "{name}: its weights in the file do not fit the layer and are left out.",
    "Check that the file belongs to this network.",
    severity="warning",
)
LOST = Problem(
    "caffe.lost_settings",
    "{name}: what the settings {numbers} of a {kind} mean is known to its fork only; they are left"
    " out.",
    "Open the network's prototxt, which names settings, and load the weights into it.",
    severity="warning",
)
NO_SIZE = Problem(
    "caffe.weights_size",
    "{name}: how large its input is depends on the data, so its weights in the file are left out.",
    "Open the network's deploy.prototxt, which states the size, and load the weights into it.",
    severity="warning",
)
ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")
QUIET = {"engine", "param", "propagate_down", "phase", "debug_info", "share_mode"}
PASSING = {
    "Dropout",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "Identity",
    "AbsVal",
    "BNLL",
    "Power",
}
"""Layers that let values through in their order and place."""


@dataclass(frozen=True)
class Network:
    """What a file was read into; weights by node, empty where it has none."""

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]
    weights: Mapping[str, Mapping[str, Array]]


def legal(name: str) -> str:
    """A layer's name as Keras takes it."""
    return ILLEGAL.sub("_", name).lstrip("_>-")[:150] or "layer"


class Reader:
    """Reads layers one after the other."""

    def __init__(self) -> None:
        reads.load()
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.notes: list[Diagnostic] = []
        self.outputs: dict[str, tuple[Tensor, ...]] = {}
        self.inputs: dict[str, tuple[Tensor, ...]] = {}
        self.layers: dict[str, Layer] = {}
        self.blobs: dict[str, dict[str, End]] = {"train": {}, "test": {}}
        self.origins: list[tuple[str, Spec]] = []
        self.names: dict[str, int] = {}
        self.trained: set[tuple[str, str]] = set()
        self.multiplied = 0
        self.decaying = 0
        self.spec = ""
        self.batches: set[int] = set()

    def read(self, spec: Spec) -> None:
        """Add what a layer is. Raises GraphError."""
        self.spec = spec.name
        ends = [self._end(spec, bottom) for bottom in spec.bottoms]
        view = layer_view(spec.fields, spec.name)
        step = Step(spec, view, ends, self)
        reader = reads.get(spec.type)
        nodes, edges, notes = len(self.nodes), len(self.edges), len(self.notes)
        names = dict(self.names)
        made: list[End] | None = None
        reason = ""
        if reader is not None:
            try:
                made = reader(step)
            except (Opaque, ArithmeticError, LookupError, ValueError) as kept:
                # Beside what a reader says: numbers that fit no shape, such as axes that are not.
                reason = str(kept) if isinstance(kept, Opaque) else ""
                for identity in list(self.nodes)[nodes:]:
                    del self.nodes[identity]
                del self.edges[edges:], self.notes[notes:]
                self.names = names
        if made is None:
            made = self._opaque(spec, ends, reason, is_read=reader is not None)
        else:
            self._told(step)
        if step.owns:
            self.origins.append((step.owns, spec))
        phases = ("train", "test") if spec.phase == "both" else (spec.phase,)
        # The test phase's twin of a layer stands aside: what follows goes with the training's.
        is_twin = spec.phase == "test" and any(
            (spec.name, top) in self.trained for top in spec.tops
        )
        for port, top in enumerate(spec.tops):
            if spec.phase != "test":
                self.trained.add((spec.name, top))
            if port < len(made) and not is_twin:
                for phase in phases:
                    self.blobs[phase][top] = made[port]

    def add(self, step: Step, kind: str, params: dict[str, Any], ends: list[End]) -> list[End]:
        """Add one node and its edges."""
        identity = f"n{len(self.nodes)}"
        declared = LAYERS[kind]
        name = legal(step.spec.name)
        if step.owns == "":
            step.owns = identity
        else:
            step.extra += 1
            name = f"{name}_{kind.lower()}"
        if step.owns == identity:
            params = params | self._penalties(step, declared, params)
        node = Node(
            identity, kind, self._free(name), complete(declared, params), phase=step.spec.phase
        )
        self.nodes[identity] = node
        self._connect(identity, ends)
        values, mistakes = declared.check(node.params)
        count = 1
        if not mistakes:
            layer: Layer = declared.of(values)
            self.layers[identity] = layer
            if not ends and isinstance(size := layer.values.get("batch_size"), int):
                self.batches.add(size)
            known = [self.tensor(end) for end in ends]
            inputs = tuple(tensor for tensor in known if tensor is not None)
            if len(inputs) == len(known):
                self.inputs[identity] = inputs
            if made := outputs_of(kind, layer, known):
                self.outputs[identity] = made
                count = len(made)
            count = max(count, len(step.spec.tops) if step.owns == identity else 1)
        return [(identity, port) for port in range(count)]

    def _penalties(
        self, step: Step, declared: type[Layer], params: dict[str, Any]
    ) -> dict[str, Any]:
        spec = step.spec.scale or step.spec
        view = layer_view(spec.fields, spec.name) if step.spec.scale else step.view
        made = penalties(view, declared, params)
        self.decaying += bool(made)
        return made

    def tensor(self, end: End) -> Tensor | None:
        outputs = self.outputs.get(end[0], ())
        return outputs[end[1]] if end[1] < len(outputs) else None

    def tell(self, problem: Problem, **values: Any) -> None:
        self.notes.append(Invalid(problem, **values).diagnostic())

    def _opaque(self, spec: Spec, ends: list[End], reason: str, *, is_read: bool) -> list[End]:
        """Keep a layer as its text."""
        identity = f"n{len(self.nodes)}"
        kind = f"{PREFIX}{ILLEGAL.sub('_', spec.type)[:100] or 'Unknown'}"
        text = text_of(spec.fields)
        if spec.scale:
            text += text_of(spec.scale.fields)
        name = self._free(legal(spec.name))
        params: dict[str, Any] = {"text": text, "tops": len(spec.tops)}
        known = [self.tensor(end) for end in ends]
        shapes = [None if tensor is None else tensor.shape for tensor in known]
        shape = given_by(spec, shapes)
        if shape and spec.tops:
            params["output_shape"] = shape
            self.outputs[identity] = (Tensor((None, *shape)),)
        self.nodes[identity] = Node(identity, kind, name, params, phase=spec.phase)
        self._connect(identity, ends)
        named = spec.type[:60] or "layer without a type"
        if spec.bottoms:
            why = reason or reason_of(spec, shapes, is_read=is_read)
            self.tell(UNKNOWN, name=name, kind=named, reason=why)
        else:
            self.tell(UNKNOWN_DATA, name=name, kind=named)
        if spec.lost:
            numbers = ", ".join(str(number) for number in spec.lost[:8])
            self.tell(LOST, name=name, kind=named, numbers=numbers)
        return [(identity, port) for port in range(len(spec.tops))]

    def _connect(self, identity: str, ends: list[End]) -> None:
        self.edges.extend(
            Edge(source, identity, port, target) for target, (source, port) in enumerate(ends)
        )

    def _end(self, spec: Spec, blob: str) -> End:
        """What gives a blob in the layer's phase. Raises GraphError."""
        order = ("test", "train") if spec.phase == "test" else ("train", "test")
        for phase in order:
            if blob in self.blobs[phase]:
                return self.blobs[phase][blob]
        raise GraphError([diagnose(DANGLING, name=spec.name[:60], blob=blob[:60])])

    def _free(self, name: str) -> str:
        if name not in self.names:
            self.names[name] = 0
            return name
        while True:
            self.names[name] += 1
            made = f"{name}_{self.names[name]}"
            if made not in self.names:
                self.names[made] = 0
                return made

    def _told(self, step: Step) -> None:
        """Say which fields were not understood."""
        params = [view for view in step.view.inner if view.descriptor.name == "ParamSpec"]
        step.view.inner = [view for view in step.view.inner if view not in params]
        for name, value in step.view.unread():
            if name not in QUIET:
                shown = "{...}" if isinstance(value, dict) else f"{value!s:.60}"
                self.tell(NOT_KEPT, name=step.spec.name[:60], field=name[:60], value=shown)
        rates = {view.get("lr_mult") for view in step.view.subs("param")}
        self.multiplied += bool(rates - {1.0}) and rates != {0.0}


def read(fields: Fields) -> Network:
    """A network as a graph. Raises GraphError."""
    found, notes = specs(fields)
    reader = Reader()
    for spec in found:
        reader.read(spec)
    if reader.multiplied:
        reader.tell(MULTIPLIERS, count=reader.multiplied)
    if reader.decaying:
        reader.tell(DECAYS, count=reader.decaying, decay=DECAY)
    nodes = shared(reader)
    name = fields.get("name", ["network"])[-1]
    title = name[:200] if isinstance(name, str) and name else "network"
    graph = place(Graph(nodes, reader.edges, name=title))
    weights: dict[str, dict[str, Array]] = {}
    for identity, spec in reader.origins:
        given = [*spec.blobs, *(spec.scale.blobs if spec.scale else [])]
        if not given or nodes[identity].shares:
            continue
        inputs = reader.inputs.get(identity)
        layer = reader.layers.get(identity)
        made = None
        if layer is not None and inputs is not None:
            before = flattened(graph, reader.inputs.get, identity)
            made = taken(layer, inputs, before, given)
        if made is None:
            is_open = inputs is None or any(None in tensor.shape[1:] for tensor in inputs)
            reader.tell(NO_SIZE if is_open else BAD_WEIGHTS, name=nodes[identity].name)
        else:
            weights[identity] = made
    return Network(graph, (*notes, *reader.notes), weights)


def taken(
    layer: Layer, inputs: tuple[Tensor, ...], before: Shape | None, given: list[Array]
) -> dict[str, Array] | None:
    """A layer's weights from its blobs; None where they do not fit."""
    kind = BLOBS.get(type(layer).__name__)
    if kind is None:
        return None
    try:
        made = kind.read(layer, inputs, before, given)
        declared = layer.weights(*inputs)
    except (ValueError, IndexError, KeyError, Invalid):
        return None
    if made.keys() != declared.keys():
        return None
    if any(made[name].shape != weight.shape for name, weight in declared.items()):
        return None
    return {name: np.asarray(made[name], dtype="float32") for name in declared}


def flattened(
    graph: Graph, inputs: Callable[[str], tuple[Tensor, ...] | None], identity: str
) -> Shape | None:
    """The shape that was flattened before a dense layer, where its order is ours."""
    if graph.nodes[identity].type != "Dense":
        return None
    while graph.incoming(identity):
        identity = graph.incoming(identity)[0].source
        kind = graph.nodes[identity].type
        if kind == "Flatten":
            known = inputs(identity)
            feeding = graph.incoming(identity)
            if not known or (feeding and is_first(graph, feeding[0].source, known[0].rank)):
                return None
            return known[0].shape
        if kind not in PASSING:
            return None
    return None


def is_first(graph: Graph, identity: str, rank: int) -> bool:
    """Whether a node brings tensors into Caffe's order."""
    node = graph.nodes[identity]
    return node.type == "Permute" and list(node.params.get("dims") or ()) == first(rank)


def shared(reader: Reader) -> dict[str, Node]:
    """The nodes; those whose parameters carry the names of others' share their layer."""
    nodes = dict(reader.nodes)
    owners: dict[tuple[str, ...], str] = {}
    for identity, spec in reader.origins:
        names = [view.get("name") for view in layer_view(spec.fields, spec.name).subs("param")]
        if not names or not all(names):
            continue
        key = (nodes[identity].type, *names)
        owner = owners.setdefault(key, identity)
        if owner != identity and nodes[owner].params == nodes[identity].params:
            nodes[identity] = replace(nodes[identity], shares=owner, params={})
    return nodes
