"""A graph as the layers of a Caffe file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exporters.caffe.layer import Spec, is_same_order, last, shape_to_caffe
from exporters.caffe.multipliers import DECAY, REGULARIZERS
from exporters.caffe.operation import UNKNOWN, UNSAID, Inexpressible, Out, writes
from exporters.caffe.operations.elementwise import layer_of
from exporters.caffe.operations.shaping import groups_of, put_reshape, put_shuffle
from exporters.caffe.reading import PASSING, PREFIX, flattened, is_first
from exporters.caffe.text import Fields, Quoted, parse
from exporters.plan import EMPTY
from exporters.weights import Weights
from layers.analysis import UNKNOWN_LAYER, analyse
from layers.blocks import expand, has_blocks
from layers.catalog.caffe_data import NO_SIZE
from layers.checks import NO_INPUT
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.layer import UNKNOWN_AXIS
from layers.tensor import Tensor

ORDER = "it puts values in another order than Caffe, and not only dense layers follow"

PENALTY = Problem(
    "caffe.penalty",
    "{name}: Caffe has nothing like {param} {kind} on one layer; it is left out.",
    "Use L2 on weights, or accept that Caffe trains without it.",
    severity="warning",
)
WRITTEN_DECAYS = Problem(
    "caffe.written_decays",
    "L2 penalties are written as decay_mult, for a solver whose weight_decay is {decay}.",
    "Give the solver that weight_decay.",
    severity="hint",
)
TURNED = ("ArgMax", "Dense", "Embedding")
"""What can give its values in Caffe's order, so that a Permute behind it brings them into ours."""
ALLOWED = {UNKNOWN_LAYER.code, NO_SIZE.code, NO_INPUT.code, UNKNOWN_AXIS.code}
"""Errors that are none in Caffe: sizes come from its data, and layers from its forks."""


@dataclass
class Written:
    """The layers of a network, what was said, and the blob of each output port."""

    layers: list[Spec]
    errors: list[Diagnostic]
    notes: list[Diagnostic]
    blobs: dict[tuple[str, int], str]


class Writer:
    """Walks a graph."""

    def __init__(self, graph: Graph, weights: Weights | None) -> None:
        writes.load()
        self.graph = graph
        self.analysis = analyse(graph)
        # Blocks that are wrong cannot be expanded; their errors end the walk before it begins.
        if has_blocks(graph) and not self.analysis.errors:
            self.graph = expand(graph)
            self.analysis = analyse(self.graph)
        self.weights = weights or {}
        self.tops: dict[tuple[str, int], str] = {}
        self.raw: set[str] = set()
        self.pads: dict[str, list[int]] = {}
        self.decays = False
        self.written = Written([], [], [], self.tops)
        self.sharers = {node.shares for node in self.graph.nodes.values() if node.shares}

    def write(self) -> Written:
        if not self.graph.nodes:
            self.written.errors.append(diagnose(EMPTY))
        self.written.errors.extend(
            error for error in self.analysis.errors if error.code not in ALLOWED
        )
        if self.written.errors:
            return self.written
        for node in self._ordered():
            try:
                self._node(node)
            except Inexpressible as reason:
                kind = node.type[:60]
                unsaid = diagnose(
                    UNSAID, node=node.id, name=node.name, kind=kind, reason=str(reason)
                )
                self.written.errors.append(unsaid)
                for port in range(len(self.analysis.nodes[node.id].outputs or ()) or 1):
                    self.tops[node.id, port] = f"{node.name}_{port}"
        if self.decays:
            self.written.notes.append(diagnose(WRITTEN_DECAYS, decay=DECAY))
        return self.written

    def _ordered(self) -> list[Node]:
        """The nodes as they are stored, where that order is one, else in topological order."""
        places = {identity: place for place, identity in enumerate(self.graph.nodes)}
        if all(places[edge.source] < places[edge.target] for edge in self.graph.edges):
            return list(self.graph.nodes.values())
        return list(self.graph)

    def _bottoms(self, node: Node) -> list[str]:
        return [
            self.tops.setdefault(
                (edge.source, edge.source_port),
                f"{self.graph.nodes[edge.source].name}_{edge.source_port}",
            )
            for edge in self.graph.incoming(node.id)
        ]

    def _targets(self, identity: str) -> list[Node]:
        return [self.graph.nodes[edge.target] for edge in self.graph.outgoing(identity)]

    def _owner(self, node: Node) -> Node:
        """The node whose layer this one calls: its own, or one that it shares."""
        return self.graph.nodes.get(node.shares, node) if node.shares else node

    def _node(self, node: Node) -> None:
        known = self.analysis.nodes[node.id]
        bottoms = self._bottoms(node)
        if node.type.startswith(PREFIX):
            self._opaque(node, bottoms)
            return
        owner = self._owner(node)
        if self._passes(node, bottoms):
            return
        ports = [edge.source_port + 1 for edge in self.graph.outgoing(node.id)]
        declared = node.params.get("count", 1)
        guess = declared if isinstance(declared, int) and known.outputs is None else 1
        count = len(known.outputs) if known.outputs is not None else max([guess, *ports])
        tops = self._new_tops(node, count)
        if known.layer is None:
            raise Inexpressible("it is of another program")
        writer = writes.get(owner.type)
        if writer is None:
            raise Inexpressible("there is none like it")
        weights = dict(self.weights.get(owner.id, {}))
        inputs = tuple(
            UNKNOWN if tensor is None else tensor
            for tensor in map(self._tensor, self.graph.incoming(node.id))
        )
        before = flattened(
            self.graph, lambda identity: self.analysis.nodes[identity].inputs, node.id
        )
        outputs = known.outputs or (UNKNOWN,) * count
        out = Out(node, known.layer, inputs, outputs, bottoms, tops, weights, before)
        if owner.type in TURNED and self._is_turned(node, outputs[0].rank):
            is_plain = owner.type == "ArgMax" and is_same_order(inputs[0].shape)
            out.is_raw = owner.type == "Embedding" or is_plain or self._is_raw(node)
            if out.is_raw:
                self.raw.add(node.id)
        if owner.type == "Flatten" and not self._is_raw(node):
            self._check_flatten(node)
        is_plain = owner.type == "Reshape" and (
            self._is_raw(node)
            or (is_same_order(inputs[0].shape) and self._is_turned(node, len(out.outputs[0].shape)))
        )
        groups = self._shuffled(node)
        if groups:
            put_shuffle(out, groups)
        elif is_plain:
            self._raw_reshape(out)
        else:
            writer(out)
        self._finish(out, owner)

    def _tensor(self, edge: Edge) -> Tensor | None:
        outputs = self.analysis.nodes[edge.source].outputs or ()
        return outputs[edge.source_port] if edge.source_port < len(outputs) else None

    def _finish(self, out: Out, owner: Node) -> None:
        node = out.node
        main = next((spec for spec in out.layers if spec.name == node.name), None)
        if main:
            main.name = self._name(node)
        pads = self.pads.get(self.graph.incoming(node.id)[0].source) if out.bottoms else None
        if pads and main:
            for values in main.fields.values():
                if isinstance(values[-1], dict) and "kernel_size" in values[-1]:
                    values[-1]["pad"] = pads
        if main and (node.shares or node.id in self.sharers):
            has_bias = bool(out.layer.values.get("use_bias"))
            count = len(self.analysis.nodes[owner.id].weights) or 1 + has_bias
            given = main.fields.get("param") or [{} for _ in range(count)]
            named = [
                {"name": [Quoted(f"{owner.name}_{place}")], **param}
                for place, param in enumerate(given)
            ]
            main.fields = {"param": named, **main.fields}
        activation = out.layer.values.get("activation")
        if node.type != "Activation" and isinstance(activation, str) and activation != "linear":
            made = layer_of(activation, out.outputs[0].rank)
            if made is None:
                raise Inexpressible(f"the activation {activation}")
            name = f"{node.name}_{activation}"
            out.emit(made[0], made[1], name=name, bottoms=out.tops)
        self._tell_penalties(out)
        for problem, said in out.notes:
            self.written.notes.append(Invalid(problem, **said).diagnostic(node.id))
        self.written.layers.extend(out.layers)

    def _tell_penalties(self, out: Out) -> None:
        for param, value in out.layer.values.items():
            if value is None or not param.endswith(("_regularizer", "_constraint")):
                continue
            if param in REGULARIZERS and type(value).__name__ == "L2":
                self.decays = True
            else:
                kind = type(value).__name__
                note = diagnose(
                    PENALTY, node=out.node.id, name=out.node.name, param=param, kind=kind
                )
                self.written.notes.append(note)

    def _new_tops(self, node: Node, count: int) -> list[str]:
        name = self._name(node)
        tops = [name if port == 0 else f"{name}_{port}" for port in range(count)]
        for port, top in enumerate(tops):
            self.tops[node.id, port] = top
        return tops

    def _name(self, node: Node) -> str:
        """A blob's name: the twin of the test phase gives the blobs of the training's."""
        stem, _, end = node.name.rpartition("_")
        if node.phase == "test" and end.isdigit() and not self.graph.outgoing(node.id):
            for other in self.graph.nodes.values():
                if other.name == stem and other.phase == "train" and other.type == node.type:
                    return stem
        return node.name

    def _passes(self, node: Node, bottoms: list[str]) -> bool:
        """Whether a node needs no layer, because the one behind or before it does its work."""
        targets = self._targets(node.id)
        sources = [self.graph.nodes[edge.source] for edge in self.graph.incoming(node.id)]
        inputs = self.analysis.nodes[node.id].inputs or (UNKNOWN,) * len(sources)
        if len(sources) != 1 or node.shares:
            return False
        rank = inputs[0].rank
        if node.type in ("Reshape", "Permute") and len(targets) == 1:
            behind = [targets[0], *self._targets(targets[0].id)][: 1 + (node.type == "Reshape")]
            if self._shuffled(behind[-1]):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "Permute":
            dims = list(node.params.get("dims") or ())
            is_plain = all(
                target.type in ("Flatten", "Reshape")
                or (target.type == "Dense" and rank > 2 and self._is_turned(target, rank))
                or (target.type == "ArgMax" and self._is_turned(target, 3))
                for target in targets
            )
            if targets and is_plain and is_first(self.graph, node.id, rank):
                self.raw.add(node.id)
                self.tops[node.id, 0] = bottoms[0]
                return True
            if (
                dims == last(rank)
                and sources[0].id in self.raw
                and sources[0].type in (*TURNED, "Reshape")
            ):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "Flatten" and targets and sources[0].id not in self.raw:
            # An inner product flattens by itself.
            is_own = all(target.name == node.name.removesuffix("_flatten") for target in targets)
            if all(target.type == "Dense" for target in targets) and (
                is_own or not is_same_order(inputs[0].shape)
            ):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type.startswith("ZeroPadding") and targets:
            sides = list(node.params.get("padding") or ())
            pairs = list(zip(sides[::2], sides[1::2], strict=True))
            is_alone = all(
                target.type in ("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D")
                and self._owner(target).params.get("padding", "valid") == "valid"
                for target in targets
            )
            if is_alone and all(start == end for start, end in pairs):
                self.pads[node.id] = [start for start, _ in pairs]
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "Cropping2D" and sources[0].type == "Conv2DTranspose":
            sides = list(node.params.get("cropping") or ())
            is_alone = len(self.graph.outgoing(sources[0].id)) == 1 and len(sides) == 4
            is_linear = sources[0].params.get("activation", "linear") == "linear"
            if is_alone and is_linear and sides[0] == sides[1] and sides[2] == sides[3]:
                for spec in self.written.layers:
                    if spec.name == sources[0].name and spec.type == "Deconvolution":
                        spec.fields["convolution_param"][-1]["pad"] = [sides[0], sides[2]]
                        self.tops[node.id, 0] = bottoms[0]
                        return True
        return False

    def _shuffled(self, node: Node) -> int:
        """The groups, where a Reshape is the last of three nodes that take channels in turn."""
        chain = [node]
        for kind in ("Permute", "Reshape"):
            feeding = self.graph.incoming(chain[-1].id)
            if len(feeding) != 1:
                return 0
            source = self.graph.nodes[feeding[0].source]
            if source.type != kind or len(self.graph.outgoing(source.id)) != 1:
                return 0
            chain.append(source)
        inputs = self.analysis.nodes[chain[2].id].inputs
        whole, turn, apart = (each.params for each in chain)
        return groups_of(whole, turn, apart, inputs[0].shape if inputs else ())

    def _is_raw(self, node: Node) -> bool:
        return any(edge.source in self.raw for edge in self.graph.incoming(node.id))

    def _is_turned(self, node: Node, rank: int) -> bool:
        """Whether all that follows brings the values from Caffe's order into ours."""
        behind = self._targets(node.id)
        return bool(behind) and all(
            other.type == "Permute" and list(other.params.get("dims") or ()) == last(rank)
            for other in behind
        )

    def _raw_reshape(self, out: Out) -> None:
        """A Reshape of values in Caffe's order."""
        target = out.outputs[0].shape
        is_last = self._is_turned(out.node, len(target))
        if len(target) > 2 and not is_last:
            if not is_same_order(target):
                out.refuse("Caffe has another order of values; put a Permute on both sides")
            target = shape_to_caffe(target)
        elif is_last:
            self.raw.add(out.node.id)
        if None in target[1:]:
            out.refuse("a size is unknown")
        put_reshape(out, target)

    def _check_flatten(self, node: Node) -> None:
        """Refuse a Flatten whose order anything but a dense layer sees."""
        inputs = self.analysis.nodes[node.id].inputs
        if inputs and is_same_order(inputs[0].shape):
            return
        pending, seen = [node.id], set()
        while pending:
            for target in self._targets(pending.pop()):
                if target.type in PASSING and target.id not in seen:
                    seen.add(target.id)
                    pending.append(target.id)
                elif target.type != "Dense" and target.id not in seen:
                    raise Inexpressible(ORDER)
        if any(not self.graph.outgoing(identity) for identity in (node.id, *seen)):
            raise Inexpressible(ORDER)

    def _opaque(self, node: Node, bottoms: list[str]) -> None:
        """Write a layer back from its text."""
        text, count = node.params.get("text", ""), node.params.get("tops", 1)
        try:
            fields = parse(text if isinstance(text, str) else "")
        except GraphError:
            raise Inexpressible("its text is not a layer's") from None
        ports = [edge.source_port + 1 for edge in self.graph.outgoing(node.id)]
        given = count if isinstance(count, int) and 0 <= count <= 1000 else 1
        tops = self._new_tops(node, max([given, *ports]))
        kind = node.type.removeprefix(PREFIX)
        spec = Spec(node.name, kind, bottoms, tops, fields, phase=node.phase)
        self.written.layers.append(spec)


def written(graph: Graph, weights: Weights | None = None) -> Written:
    """The layers that a network becomes, with errors by node where it cannot."""
    return Writer(graph, weights).write()


def fields_of(graph: Graph, layers: list[Spec], *, with_blobs: bool = False) -> Fields:
    """Layers as the fields of a network."""
    made: list[Fields] = []
    for spec in layers:
        fields: Fields = {
            "name": [Quoted(spec.name)],
            "type": [Quoted(spec.type)],
            "bottom": [Quoted(bottom) for bottom in spec.bottoms],
            "top": [Quoted(top) for top in spec.tops],
        }
        if spec.phase != "both":
            fields["include"] = [{"phase": [spec.phase.upper()]}]
        fields |= spec.fields
        if with_blobs and spec.blobs:
            fields["blobs"] = [_blob(array) for array in spec.blobs]
        made.append(fields)
    return {"name": [Quoted(graph.name)], "layer": made}


def _blob(array: Any) -> Fields:
    return {"shape": [{"dim": list(array.shape)}], "data": [array]}
