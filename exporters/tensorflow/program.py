"""A TensorFlow graph as operations that refer to each other, functions inlined, and what of it
leads to the outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from exporters.protos import tensorflow_pb2 as pb
from exporters.tensorflow.problems import refuse
from exporters.tensorflow.tensors import array_of, dtype_name, shape_of

MAX_OPS = 200_000
MAX_DEPTH = 24

MISFITS = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
"""What is raised where an operation has not what its kind has: too few inputs, odd attributes."""

Ref: TypeAlias = tuple[str, int]
"""A tensor: the name of the operation that makes it, and the number among its outputs."""

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "SymbolicGradient"})
_FURTHER = {
    "output_true": 1,
    "value_index": 1,
    "indices": 1,
    "batch_mean": 1,
    "batch_variance": 2,
    "reserve_space_1": 3,
    "reserve_space_2": 4,
    "reserve_space_3": 5,
    "argmax": 1,
    "idx": 1,
    "backprop": 1,
}
"""Names of outputs behind the first, as operations inside functions call them."""


@dataclass(slots=True, eq=False)
class Op:
    """One operation.

    Attributes:
        inputs: the tensors it takes; what it only waits for is left out.
        attrs: its attributes, or typed values of a composite that a pattern made.
    """

    name: str
    kind: str
    inputs: list[Ref]
    attrs: Mapping[str, pb.AttrValue] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute as a Python value: shapes as tuples, types by name."""
        if name in self.values:
            return self.values[name]
        if name not in self.attrs:
            return default
        made = _value(self.attrs[name])
        self.values[name] = made
        return made


def _value(attr: pb.AttrValue) -> Any:
    kind = attr.WhichOneof("value")
    if kind == "s":
        return attr.s.decode("utf-8", "replace")
    if kind == "type":
        return dtype_name(attr.type)
    if kind == "shape":
        return shape_of(attr.shape)
    if kind == "tensor":
        return array_of(attr.tensor)
    if kind == "func":
        return attr.func.name
    if kind == "list":
        listed = attr.list
        if listed.s:
            return [item.decode("utf-8", "replace") for item in listed.s]
        if listed.shape:
            return [shape_of(shape) for shape in listed.shape]
        return list(listed.i) or list(listed.f) or list(listed.b)
    return getattr(attr, kind) if kind else None


class Program:
    """Operations by name.

    Attributes:
        outputs: the tensors that the network gives.
        has_values: whether constants hold their numbers; in TensorFlow.js' files they do not.
        functions: those of the file by name, for loops.
    """

    def __init__(self, ops: Iterable[Op], outputs: Iterable[Ref] = ()) -> None:
        self.ops: dict[str, Op] = {op.name: op for op in ops}
        self.outputs: list[Ref] = list(outputs)
        self.has_values = True
        self.functions: Mapping[str, pb.FunctionDef] = {}
        self.aliases: dict[Ref, Ref] = {}
        self._takers: dict[Ref, list[Op]] | None = None

    def __getitem__(self, name: str) -> Op:
        return self.ops[name]

    def op(self, ref: Ref) -> Op | None:
        return self.ops.get(ref[0])

    def resolved(self, ref: Ref) -> Ref:
        """The tensor itself where a reference names the output of a call."""
        return resolved(self.aliases, ref)

    def source(self, ref: Ref) -> Op | None:
        """The operation behind a tensor, past those that change nothing."""
        for _ in range(len(self.ops)):
            op = self.ops.get(ref[0])
            if op is None or op.kind not in PASSING or not op.inputs:
                return op
            ref = op.inputs[0]
        return None

    def consumers(self) -> dict[Ref, list[Op]]:
        """Which operations take each tensor."""
        made: dict[Ref, list[Op]] = {}
        for op in self.ops.values():
            for ref in op.inputs:
                made.setdefault(ref, []).append(op)
        return made

    def takers(self) -> dict[Ref, list[Op]]:
        """Which operations took each tensor when this was first asked."""
        if self._takers is None:
            self._takers = self.consumers()
        return self._takers

    def restricted(self) -> Program:
        """Only what the outputs need, each operation behind those it takes from. Raises GraphError
        where operations wait for each other.
        """
        order: list[Op] = []
        state: dict[str, bool] = {}
        starts = [name for name, _ in self.outputs]
        for start in starts:
            stack: list[tuple[str, bool]] = [(start, False)]
            while stack:
                name, is_done = stack.pop()
                op = self.ops.get(name)
                if op is None:
                    continue
                if is_done:
                    state[name] = True
                    order.append(op)
                    continue
                if name in state:
                    if not state[name]:
                        refuse(f"{name:.80} waits for itself")
                    continue
                state[name] = False
                stack.append((name, True))
                before = [source for source, _ in op.inputs]
                if op.kind in ("Merge", "RefMerge"):
                    # What a loop comes back with is looked at behind all others.
                    starts.extend(source for source in before if self._comes_back(source))
                    before = [source for source in before if not self._comes_back(source)]
                stack.extend(
                    (source, False) for source in reversed(before) if not state.get(source)
                )
        made = Program(order, self.outputs)
        made.has_values, made.functions = self.has_values, self.functions
        return made

    def _comes_back(self, name: str) -> bool:
        op = self.ops.get(name)
        return op is not None and op.kind in ("NextIteration", "RefNextIteration")


PASSING = frozenset(
    {
        "Identity",
        "ReadVariableOp",
        "Enter",
        "RefEnter",
        "StopGradient",
        "CheckNumerics",
        "PreventGradient",
        "Snapshot",
        "EnsureShape",
        "PlaceholderWithDefault",
        "DisableCopyOnRead",
    }
)
"""Operations whose output is their first input."""


def program_of(graph: pb.GraphDef) -> Program:
    """The operations of a graph, with the functions it calls in their places. Raises GraphError."""
    functions = {function.signature.name: function for function in graph.library.function}
    return _Inliner(functions).program(graph.node)


def program_of_function(program: Program, called: str, name: str, inputs: list[Ref]) -> Program:
    """The operations of a function, called by a name with its inputs, and its outputs. Raises
    GraphError.
    """
    function = program.functions[called]
    inliner = _Inliner(program.functions)
    inliner.call(function, name, inputs, 1)
    made = inliner.program(())
    made.outputs = [
        made.resolved((name, place)) for place in range(len(function.signature.output_arg))
    ]
    return made


class _Inliner:
    def __init__(self, functions: Mapping[str, pb.FunctionDef]) -> None:
        self.functions = functions
        self.ops: dict[str, Op] = {}
        self.aliases: dict[Ref, Ref] = {}

    def program(self, nodes: Iterable[pb.NodeDef]) -> Program:
        for node in nodes:
            inputs = [_outer(text) for text in node.input if text[:1] != "^"]
            self.add(node, node.name, inputs, 0)
        for op in self.ops.values():
            op.inputs = [resolved(self.aliases, ref) for ref in op.inputs]
        made = Program(self.ops.values())
        made.aliases, made.functions = self.aliases, self.functions
        return made

    def add(self, node: pb.NodeDef, name: str, inputs: list[Ref], depth: int) -> None:
        if len(self.ops) + len(self.aliases) > MAX_OPS:
            refuse(f"it has more than {MAX_OPS:,} operations")
        called = node.attr["f"].func.name if node.op in CALLS and "f" in node.attr else node.op
        function = self.functions.get(called)
        if function is not None and node.op != "SymbolicGradient":
            self.call(function, name, inputs, depth + 1)
            return
        if name in self.ops:
            refuse(f"two operations are called {name:.80}")
        self.ops[name] = Op(name, node.op, inputs, node.attr)

    def call(self, function: pb.FunctionDef, name: str, inputs: list[Ref], depth: int) -> None:
        """Put the operations of a function in the place of its call."""
        if depth > MAX_DEPTH:
            refuse(f"functions call each other more than {MAX_DEPTH} deep")
        arguments = {
            argument.name: inputs[place]
            for place, argument in enumerate(function.signature.input_arg)
            if place < len(inputs)
        }

        def inner(text: str) -> Ref:
            first, _, rest = text.partition(":")
            if not rest and first in arguments:
                return arguments[first]
            output, _, number = rest.partition(":")
            offset = _FURTHER.get(output, 0)
            return f"{name}/{first}", offset + (int(number) if number.isdigit() else 0)

        for node in function.node_def:
            refs = [inner(text) for text in node.input if text[:1] != "^"]
            self.add(node, f"{name}/{node.name}", refs, depth)
        for place, argument in enumerate(function.signature.output_arg):
            if argument.name in function.ret:
                self.aliases[name, place] = inner(function.ret[argument.name])


def resolved(aliases: Mapping[Ref, Ref], ref: Ref) -> Ref:
    """The tensor that the output of a call stands for."""
    for _ in range(2 * MAX_DEPTH + 2):
        if ref not in aliases:
            break
        ref = aliases[ref]
    return ref


def reference(text: str) -> Ref:
    """A tensor as text, ``name:0``."""
    return _outer(text)


def _outer(text: str) -> Ref:
    name, colon, number = text.rpartition(":")
    if colon and number.isdigit() and len(number) < 6:
        return name, int(number)
    return text, 0


def ancestors(
    program: Program, refs: Iterable[Ref], ends: frozenset[str] = frozenset()
) -> Iterator[Op]:
    """Every operation that tensors depend on, each once; what operations of some kinds depend on
    is left out.
    """
    seen: set[str] = set()
    stack = [name for name, _ in refs]
    while stack:
        name = stack.pop()
        op = program.ops.get(name)
        if op is None or name in seen:
            continue
        seen.add(name)
        yield op
        if op.kind not in ends:
            stack.extend(source for source, _ in op.inputs)
