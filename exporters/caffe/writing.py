"""A graph as the layers of a Caffe file."""

from __future__ import annotations

from typing import Any

from exporters.caffe.layer import Spec, is_same_order, shape_to_caffe
from exporters.caffe.multipliers import DECAY, REGULARIZERS
from exporters.caffe.operation import UNKNOWN, UNSAID, Inexpressible, Out, writes
from exporters.caffe.operations.elementwise import layer_of
from exporters.caffe.operations.shaping import put_reshape, put_shuffle
from exporters.caffe.operations.unit import put_unit
from exporters.caffe.reading import PASSING, PREFIX, flattened
from exporters.caffe.text import Fields, Quoted, parse
from exporters.caffe.walk import TURNED, Walk, Written
from exporters.plan import EMPTY
from exporters.weights import Weights
from layers.analysis import UNKNOWN_LAYER
from layers.catalog.caffe_data import NO_SIZE
from layers.checks import NO_INPUT
from layers.diagnostics import GraphError, Invalid, Problem, diagnose
from layers.graph import Graph, Node
from layers.layer import UNKNOWN_AXIS

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
ALLOWED = {UNKNOWN_LAYER.code, NO_SIZE.code, NO_INPUT.code, UNKNOWN_AXIS.code}
"""Errors that are none in Caffe: sizes come from its data, and layers from its forks."""


class Writer(Walk):
    """Writes the nodes of a graph one after the other."""

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

    def _node(self, node: Node) -> None:
        known = self.analysis.nodes[node.id]
        bottoms = self._bottoms(node)
        self.look(node)
        if node.type.startswith(PREFIX):
            self._opaque(node, bottoms)
            return
        owner = self.owner(node)
        if self.passes(node, bottoms):
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
        inputs = self.inputs(node)
        before = flattened(
            self.graph, lambda identity: self.analysis.nodes[identity].inputs, node.id
        )
        outputs = self.made.get(node.id) or (UNKNOWN,) * count
        out = Out(node, known.layer, inputs, outputs, bottoms, tops, weights, before)
        if owner.type in TURNED and self.is_turned(node, outputs[0].rank):
            is_plain = owner.type == "ArgMax" and is_same_order(inputs[0].shape)
            out.is_raw = owner.type == "Embedding" or is_plain or self.is_raw(node)
            if out.is_raw:
                self.raw.add(node.id)
        if owner.type == "Flatten" and not self.is_raw(node):
            self._check_flatten(node)
        is_plain = owner.type == "Reshape" and (
            self.is_raw(node)
            or (is_same_order(inputs[0].shape) and self.is_turned(node, len(out.outputs[0].shape)))
        )
        groups = self.shuffled(node)
        if groups:
            put_shuffle(out, groups)
        elif self.is_unit(node):
            put_unit(out)
        elif is_plain:
            self._raw_reshape(out)
        else:
            writer(out)
        self._finish(out, owner)

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

    def _raw_reshape(self, out: Out) -> None:
        """A Reshape of values in Caffe's order."""
        target = out.outputs[0].shape
        is_last = self.is_turned(out.node, len(target))
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
            for target in self.targets(pending.pop()):
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
