"""What a writer of a layer writes on: operations in order, constants once, and each tensor in the
arrangement that its users want.

Tensors of a network keep channels last; convolutions and the like of ONNX want them first. A
:class:`Value` is a tensor in one arrangement or both; the other one is made by a Transpose the
first time someone asks for it. A chain of convolutions and activations so stays channels first
from its beginning to its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper

from exporters.onnx.data import fill
from exporters.weights import Array, Weights
from layers.layer import Weight
from layers.tensor import Shape, Tensor

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
GIVEN = "weight"
"""How a graph input is marked (doc_string) that is a weight without values."""


@dataclass
class Value:
    """A tensor on the tape.

    Attributes:
        tensor: its shape, channels last, and dtype.
        last, first: its name with channels last and first, where it is there.
    """

    tensor: Tensor
    last: str = ""
    first: str = ""

    @property
    def shape(self) -> Shape:
        return self.tensor.shape

    @property
    def rank(self) -> int:
        return self.tensor.rank

    @property
    def is_float(self) -> bool:
        return self.tensor.dtype.startswith(("float", "bfloat"))


@dataclass(frozen=True)
class Use:
    """One use of a layer, perhaps inside a wrapper.

    Attributes:
        layer: the checked layer; which one it is, the function knows that writes it.
        name: what its operations are named after.
        owner, owner_name: id and name of the node that owns the weights.
        inputs, outputs: its tensors.
        weights: the weights it declares.
        prefix: what stands before the names of these in the node's.
    """

    layer: Any
    name: str
    owner: str
    owner_name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    weights: dict[str, Weight]
    prefix: str = ""


@dataclass
class Tape:
    """Operations and constants, written one after the other.

    Attributes:
        given: the network's weights.
        nodes: operations in order.
        graph: where constants go at once: weights are large, and every further copy is, too.
        undefined: weights without values, which become inputs, by name.
    """

    given: Weights
    nodes: list[NodeProto] = field(default_factory=list)
    graph: GraphProto = field(default_factory=GraphProto)
    undefined: dict[str, ValueInfoProto] = field(default_factory=dict)
    scope: str = ""
    _counts: Counter[str] = field(default_factory=Counter)
    _known: dict[Any, str] = field(default_factory=dict)

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        self._counts[stem] += 1
        count = self._counts[stem]
        return stem if count == 1 else f"{stem}_{count - 1}"

    def __call__(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Emit an operation with one output, whose name is returned."""
        return self.several(operation, *inputs, count=1, **attributes)[0]

    def several(
        self, operation: str, *inputs: str, count: int, wanted: Sequence[bool] = (), **more: Any
    ) -> list[str]:
        """Emit an operation with several outputs; those not wanted have no name."""
        stem = f"{self.scope}/{operation}"
        name = self.fresh(stem)
        outputs = [
            (self.fresh(f"{name}:{place}" if count > 1 else f"{name}:"))
            if not wanted or wanted[place]
            else ""
            for place in range(count)
        ]
        given = {key: value for key, value in more.items() if value is not None}
        self.nodes.append(helper.make_node(operation, list(inputs), outputs, name, **given))
        return outputs

    def constant(self, values: Any, dtype: str = "float32") -> str:
        """A constant; equal small ones are one."""
        array = np.asarray(values, dtype)
        key = (dtype, array.shape, array.tobytes()) if array.size <= 64 else None
        if key is not None and key in self._known:
            return self._known[key]
        name = self.fresh(f"{self.scope}/constant")
        fill(self.graph.initializer.add(), array, name)
        if key is not None:
            self._known[key] = name
        return name

    def ints(self, *values: int) -> str:
        """Whole numbers in a row, as shapes and axes are."""
        return self.constant(values, "int64")

    def weight(
        self,
        use: Use,
        name: str,
        change: Callable[[Array], Array] = lambda array: array,
        kind: str = "",
    ) -> str:
        """A weight of a layer as a constant, changed to ONNX' arrangement.

        Args:
            kind: what tells the changes of one weight apart.
        """
        name = f"{use.prefix}{name}"
        key = (use.owner, name, kind)
        if key not in self._known:
            made = self.fresh(f"{use.owner_name}/{name}{'/' if kind else ''}{kind}")
            array = self.given.get(use.owner, {}).get(name)
            if array is not None:
                changed = change(array)
                fill(self.graph.initializer.add(), changed.astype("float32", copy=False), made)
            else:
                shape = use.weights[name.removeprefix(use.prefix)].shape
                changed = change(np.broadcast_to(np.float32(0), shape))
                self.undefined[made] = helper.make_tensor_value_info(
                    made, FLOAT, list(changed.shape), doc_string=GIVEN
                )
            self._known[key] = made
        return self._known[key]

    def packed(self, use: Use, names: Sequence[str], change: Callable[..., Array]) -> str:
        """Several weights as one constant."""
        key = (use.owner, use.prefix, tuple(names))
        if key not in self._known:
            made = self.fresh(f"{use.owner_name}/{'+'.join(names)}")
            own = self.given.get(use.owner, {})
            known = all(f"{use.prefix}{name}" in own for name in names)
            arrays = [
                own[f"{use.prefix}{name}"]
                if known
                else np.zeros(use.weights[name].shape, "float32")
                for name in names
            ]
            changed = change(*arrays)
            if known:
                fill(self.graph.initializer.add(), changed.astype("float32", copy=False), made)
            else:
                self.undefined[made] = helper.make_tensor_value_info(
                    made, FLOAT, list(changed.shape), doc_string=GIVEN
                )
            self._known[key] = made
        return self._known[key]

    def last(self, value: Value) -> str:
        """The name of a tensor with channels last."""
        if not value.last:
            rank = value.rank
            value.last = self("Transpose", value.first, perm=[0, *range(2, rank), 1])
        return value.last

    def first(self, value: Value) -> str:
        """The name of a tensor with channels first."""
        if not value.first:
            if value.rank < 3:
                return self.last(value)
            rank = value.rank
            value.first = self("Transpose", value.last, perm=[0, rank - 1, *range(1, rank - 1)])
        return value.first

    def floats(self, value: Value) -> Value:
        """A tensor as 32-bit floats."""
        if value.tensor.dtype == "float32":
            return value
        cast = self("Cast", self.last(value), to=FLOAT)
        return Value(Tensor(value.shape), cast)

    def each(self, value: Value, function: Callable[[str], str]) -> Value:
        """Apply operations that take every number for itself, in the arrangement that is there."""
        if value.last:
            return Value(value.tensor, function(value.last))
        return Value(value.tensor, "", function(value.first))

    def arranged(self, values: Sequence[Value]) -> tuple[bool, list[str]]:
        """Tensors of one rank in one arrangement: whether channels are first, and their names."""
        first = values[0].rank > 2 and all(v.rank == values[0].rank for v in values)
        first = first and sum(not v.last for v in values) * 2 > sum(not v.first for v in values)
        return first, [self.first(v) if first else self.last(v) for v in values]

    def made(self, use: Use, name: str, first: bool = False, port: int = 0) -> Value:
        """A tensor that an operation made, as an output of a layer."""
        tensor = use.outputs[port]
        return Value(tensor, "", name) if first and tensor.rank > 2 else Value(tensor, name)

    def reshaped(self, name: str, shape: Shape) -> str:
        """A tensor in another shape; the batch stays, and one more axis may be unknown."""
        dims = [0, *(-1 if dim is None else dim for dim in shape[1:])]
        return self("Reshape", name, self.ints(*dims))
