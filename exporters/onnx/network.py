"""A file from its inputs to its outputs: reads every operation, keeps those that no layer computes,
and says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import AttributeProto, NodeProto, ValueInfoProto

from exporters.keras_ends import numbered
from exporters.layout import place
from exporters.onnx.branches import inside
from exporters.onnx.data import DTYPES
from exporters.onnx.ends import Ends, sizes
from exporters.onnx.file import Content, array, broken, content
from exporters.onnx.folding import FOLDS, fold, is_made_up
from exporters.onnx.groups import VIEWS, Grouped, read_grouped, shape_of
from exporters.onnx.inputs import is_weight, order
from exporters.onnx.opaque import PREFIX, plain_attribute, plain_constant
from exporters.onnx.operation import Operation, value_of
from exporters.onnx.problems import ROUNDED, SINGLE, TURNED, UNKNOWN, WHOLE
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reader, reads
from exporters.onnx.shapes import Shapes
from exporters.onnx.tape import GIVEN
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.onnx.units import check_units
from exporters.source import Source
from exporters.weights import Weights
from layers.diagnostics import Diagnostic, GraphError, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node
from layers.plain import is_plain
from layers.tensor import Dim, Tensor

SIZED = VIEWS | {
    *("Concat", "Expand", "Gather", "Pad", "Resize", "Slice", "Split", "Tile", "Upsample")
}
"""Operations that take sizes, and see which are not known."""

CHOOSING = frozenset({"Compress", "NonMaxSuppression", "NonZero", "Unique"})
"""Operations that leave as many places as the numbers say, perhaps of the samples."""
MAX_REPEATED = 200_000_000
"""Weights that take no room in the file and would take it elsewhere."""


def network(source: Source) -> tuple[Graph, tuple[Diagnostic, ...], Weights]:
    """The network in a file, what was not kept exactly, and its weights. Raises GraphError."""
    file = content(source)
    return _Walk(source, file).read()


class _Walk:
    """One reading of a file."""

    def __init__(self, source: Source, file: Content) -> None:
        self.source, self.file = source, file
        self.reader = Reader()
        self.notes: list[Diagnostic] = []
        self.kinds: Counter[str] = Counter()
        self.values: dict[str, Const | Term] = {}
        self.reader.values = self.values
        self.inputs: list[str] = []
        self.shapes = Shapes(file.model)
        self.users: dict[str, list[NodeProto]] = defaultdict(list)

    def read(self) -> tuple[Graph, tuple[Diagnostic, ...], Weights]:
        graph, made = self.file.graph, self.reader
        users = self.users
        for node in graph.node:
            for end in (*node.input, *inside(node)):
                users[end].append(node)
        made.consumers = users
        made.outputs = frozenset(item.name for item in graph.output)
        for name, values in self.file.constants.items():
            self.values[name] = Const(values, True, name)
        for item in graph.input:
            if item.name not in self.values:
                self._input(item, users)
        # Patterns look ahead to constants that stand further down.
        later = []
        for node in graph.node:
            if _is_constant(node) or self._is_weight(node):
                self._operation(node)
            else:
                later.append(node)
        made.constants = {name: one for name, one in self.values.items() if isinstance(one, Const)}
        for node in later:
            self._operation(node)
        return self._finished()

    def _is_weight(self, node: NodeProto) -> bool:
        """Whether an operation makes a weight of the whole numbers that it is kept in."""
        return node.op_type == "DequantizeLinear" and all(
            isinstance(self.values.get(end), Const) for end in node.input if end
        )

    def _input(self, item: ValueInfoProto, users: dict[str, list[NodeProto]]) -> None:
        """An input of the file: a layer, or a weight without values."""
        kind = item.type.tensor_type
        if not item.type.HasField("tensor_type") or not kind.HasField("shape"):
            raise broken(self.source, f"its input {item.name:.60} has no shape")
        dims: list[Dim] = [
            int(dim.dim_value) if dim.HasField("dim_value") and dim.dim_value > 0 else None
            for dim in kind.shape.dim[:17]
        ]
        if item.doc_string == GIVEN or is_weight(item, dims, users):
            shape = tuple(dim or 1 for dim in dims)
            zeros = np.broadcast_to(np.float32(0), shape)
            self.values[item.name] = Const(zeros, False, item.name)
            return
        if not dims:
            self._single(item)
            return
        axes = order(item.name, len(dims), users)
        own: list[Dim] = [None] * len(dims)
        for at, axis in enumerate(axes):
            own[axis] = dims[at]
        if own[0] is not None:
            self.reader.batch = own[0]
        params: dict[str, Any] = {"shape": own[1:]}
        dtype = DTYPES.get(kind.elem_type, "float32")
        if dtype != "float32":
            params["dtype"] = dtype
        (term,) = self.reader.layer("InputLayer", [], params, item.name, axes=[axes])
        tensor = Tensor((None, *own[1:]), dtype)
        self.values[item.name] = replace(term, tensor=tensor)
        self.inputs.append(term.node)
        if axes[0] == 0 and axes != tuple(range(len(axes))):
            self.notes.append(
                diagnose(
                    TURNED,
                    name=self.reader.nodes[term.node].name,
                    ours=sizes(own[1:]),
                    theirs=sizes(dims[1:]),
                )
            )

    def _single(self, item: ValueInfoProto) -> None:
        """An input without axes: nothing that is computed with it is understood."""
        params: dict[str, Any] = {"shape": []}
        dtype = DTYPES.get(item.type.tensor_type.elem_type, "float32")
        if dtype != "float32":
            params["dtype"] = dtype
        (term,) = self.reader.layer("InputLayer", [], params, item.name)
        self.values[item.name] = replace(term, tensor=None, axes=())
        self.inputs.append(term.node)
        self.notes.append(diagnose(SINGLE, name=self.reader.nodes[term.node].name))

    def _operation(self, node: NodeProto) -> None:
        if not node.output:
            raise broken(self.source, f"an operation {node.op_type:.60} has no output")
        if node.output[0] in self.reader.pending:
            self.values[node.output[0]] = self.reader.pending[node.output[0]]
            return
        inputs = [self._value(end, node) for end in node.input]
        wanted = [end in self.reader.consumers or end in self.reader.outputs for end in node.output]
        name = node.name or node.output[0]
        op = Operation(node, name, inputs, self.file.opset, wanted)
        results = self._results(op)
        for end, result in zip(node.output, results, strict=False):
            if end:
                if end in self.values:
                    raise broken(self.source, f"two operations make {end:.60}")
                self.values[end] = result

    def _value(self, end: str, node: NodeProto) -> Const | Term | None:
        if not end:
            return None
        if end not in self.values:
            raise broken(
                self.source, f"{node.name or node.op_type:.60} uses {end:.60}, which nothing made"
            )
        return self.values[end]

    def _results(self, op: Operation) -> Tensors:
        if op.key != op.type and op.key not in reads.names():
            return self._kept(op, f"it belongs to {op.node.domain:.60}")
        try:
            check_units(self.reader, op)
            if op.type == "Constant":
                return [self._constant(op)]
            if op.type == "Shape" and isinstance(one := op.given(0), Term):
                shape = (
                    shape_of(self.reader, one)
                    if isinstance(one, Grouped)
                    else self.reader.shape_of(one)
                )
                sizes = shape.array[op.whole("start", 0) : op.attribute("end")]
                return [Const(sizes, is_guess=shape.is_guess)]
            one = op.given(0)
            if op.type == "If" and isinstance(one, Const) and one.known and not one.is_guess:
                return self._branch(op, bool(one.array.ravel()[0]))
            if op.type in FOLDS and not any(isinstance(one, Term) for one in op.inputs):
                return list(fold(op))
            if any(isinstance(one, Grouped) for one in op.inputs):
                return read_grouped(self.reader, op)
            return self._layers(op)
        except Unreadable as error:
            return self._kept(op, str(error))
        except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError):
            return self._kept(op, "its inputs do not fit together")

    def _layers(self, op: Operation) -> Tensors:
        """What an operation becomes. Raises Unreadable."""
        if op.type not in SIZED and any(map(is_made_up, op.inputs)):
            raise Unreadable("it computes with a size that is not known")
        try:
            return reader(op.key)(self.reader, op)
        except Unreadable:
            if op.type not in VIEWS or not isinstance(op.given(0), Term):
                raise
            return read_grouped(self.reader, op)

    def _branch(self, op: Operation, is_true: bool) -> Tensors:
        """The operations of the branch that a fixed condition takes. Raises Unreadable."""
        name = "then_branch" if is_true else "else_branch"
        graph = next((item.g for item in op.node.attribute if item.name == name), None)
        if graph is None or len(graph.output) < len(op.node.output):
            raise Unreadable(f"it has no {name}")
        before, used = set(self.values), dict(self.users)
        for tensor in graph.initializer:
            self.values[tensor.name] = Const(array(self.source, tensor), True, tensor.name)
        own = {end for node in graph.node for end in node.output}
        self.users.update({end: [] for end in own})
        for node in graph.node:
            for end in own.intersection((*node.input, *inside(node))):
                self.users[end].append(node)
        ends = [item.name for item in graph.output]
        self.reader.outputs |= frozenset(ends)
        for node in graph.node:
            self._operation(node)
        if not all(end in self.values for end in ends):
            raise Unreadable(f"its {name} has no output")
        results = [self.values[end] for end in ends]
        # Another branch may have names of its own that are the same.
        for name in self.values.keys() - before:
            del self.values[name]
        for name in own:
            self.users[name] = used.get(name, [])
        return results

    def _constant(self, op: Operation) -> Const:
        for item in op.node.attribute:
            if item.type == AttributeProto.TENSOR:
                return Const(array(self.source, item.t), True, op.node.output[0])
            value = value_of(item)
            if isinstance(value, int | float | list):
                whole = item.type in (AttributeProto.INT, AttributeProto.INTS)
                return Const(np.asarray(value, "int64" if whole else "float32"))
        raise Unreadable("its value is missing")

    def _kept(self, op: Operation, reason: str) -> Tensors:
        """A node that keeps an operation as it is."""
        made = self.reader
        given: list[Term] = []
        template: list[Any] = []
        incomplete = ""
        for one in op.inputs:
            if isinstance(one, Term):
                whole = one
                if isinstance(one, Grouped):
                    incomplete = "an input that takes samples together with others"
                elif not one.is_plain and one.axes:
                    try:
                        whole = made.plain(one, op.name)
                    except Unreadable:
                        incomplete = "an input in another order"
                given.append(whole)
                template.append("tensor")
            elif one is None:
                template.append(None)
            else:
                try:
                    template.append(plain_constant(one, op.type))
                except Unreadable as error:
                    incomplete = str(error)
                    template.append(None)
        attributes = {}
        for item in op.node.attribute[:200]:
            try:
                attributes[item.name[:200]] = plain_attribute(item, op.type)
            except Unreadable as error:
                incomplete = str(error)
        params: dict[str, Any] = {"attributes": attributes, "inputs": template}
        if len(op.node.output) > 1:
            params["outputs"] = len(op.node.output)
        if not is_plain(params):
            params = {"attributes": {}, "inputs": template[:100]}
            incomplete = "a number that is not finite, or too many"
        if not is_plain(params):
            params = {}
        if incomplete:
            params["incomplete"] = incomplete
        domain = f"@{op.node.domain[:80]}" if op.node.domain not in ("", "ai.onnx") else ""
        kind = f"{PREFIX}{op.type[:80]}{domain}"
        if len(made.nodes) >= 2 * MAX_NODES:
            raise GraphError(
                [diagnose(TOO_LARGE, count="too many", things="nodes", limit=MAX_NODES)]
            )
        identity = f"m{len(made.nodes)}"
        name = made.name(op.name)
        made.nodes[identity] = Node(identity, kind, name, params)
        made.edges.extend(Edge(one.node, identity, one.port, at) for at, one in enumerate(given))
        made.ports[identity] = len(op.node.output)
        self.kinds[kind] += 1
        if self.kinds[kind] == 1:
            self.notes.append(diagnose(UNKNOWN, name=name, kind=op.type[:80], reason=reason))
        return [self._unknown(identity, port, op) for port in range(len(op.node.output))]

    def _unknown(self, identity: str, port: int, op: Operation) -> Term:
        """An output of a kept operation, with its shape in the file where that is sure."""
        is_sure = len(op.node.output) == 1 and op.type not in CHOOSING
        tensor = self.shapes.of(op.node.output[port]) if is_sure else None
        if tensor is None:
            return Term(identity, port, None, ())
        node = self.reader.nodes[identity]
        params = {**node.params, "output_shape": list(tensor.shape[1:])}
        self.reader.nodes[identity] = replace(node, params=params)
        return Term(identity, port, tensor, tuple(range(tensor.rank)))

    def _finished(self) -> tuple[Graph, tuple[Diagnostic, ...], Weights]:
        made, graph = self.reader, self.file.graph
        outputs: list[tuple[str, Const | Term]] = []
        for item in graph.output:
            if item.name not in self.values:
                raise broken(self.source, f"nothing makes its output {item.name:.60}")
            outputs.append((item.name, self.values[item.name]))
            if item.name in self.reader.units:
                self.notes.append(diagnose(WHOLE, name=f"{item.name:.60}"))
        found_ends = Ends(made, self.inputs)
        found_ends.find(outputs)
        ends, notes = found_ends.nodes, (*self.notes, *found_ends.notes)
        if made.rounded:
            count, name = len(made.rounded), f"{made.rounded[0]:.60}"
            notes = (*notes, diagnose(ROUNDED, count=count, name=name))
        if not made.nodes:
            raise broken(self.source, "it has no operations and no inputs")
        used = self._used(ends) | set(self.inputs)
        if not ends:
            used = set(made.nodes)
        nodes = [node for node in made.nodes.values() if node.id in used]
        nodes = self._owned(nodes)
        kept = {node.id for node in nodes}
        edges = [edge for edge in made.edges if edge.target in kept]
        title = graph.name[:200] or "network"
        found, ids = numbered(Graph(nodes, edges, name=title), self.inputs, ends)
        weights = {ids[old]: dict(own) for old, own in made.weights.items() if old in ids}
        repeated = sum(
            one.size for own in weights.values() for one in own.values() if not any(one.strides)
        )
        if repeated > MAX_REPEATED:
            raise broken(self.source, f"it fills {repeated:,} weights with the same number")
        return place(found), notes, weights

    def _used(self, ends: list[str]) -> set[str]:
        """The nodes that lead to an output."""
        sources: dict[str, list[str]] = defaultdict(list)
        for edge in self.reader.edges:
            sources[edge.target].append(edge.source)
        found: set[str] = set()
        waiting = list(ends)
        while waiting:
            identity = waiting.pop()
            if identity not in found:
                found.add(identity)
                waiting.extend(sources[identity])
        return found

    def _owned(self, nodes: list[Node]) -> list[Node]:
        """Nodes that share, with their owner among them."""
        kept = {node.id for node in nodes}
        heirs: dict[str, str] = {}
        owned = []
        for node in nodes:
            if node.shares and node.shares not in kept:
                owner = self.reader.nodes[node.shares]
                heir = heirs.setdefault(owner.id, node.id)
                if heir == node.id:
                    node = replace(node, params=owner.params, shares=None)
                    self.reader.weights[node.id] = self.reader.weights.get(owner.id, {})
                else:
                    node = replace(node, shares=heir)
            owned.append(node)
        return owned


def _is_constant(node: NodeProto) -> bool:
    return node.op_type == "Constant" and not node.domain
