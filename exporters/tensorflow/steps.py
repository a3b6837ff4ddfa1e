"""Operations inside a loop as expressions of :mod:`cells`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from exporters.tensorflow.cells import (
    Expression,
    Unlike,
    cut,
    matrix_product,
    times,
    total,
    width,
)
from exporters.tensorflow.ops.activation import NAMES
from exporters.tensorflow.program import MISFITS, PASSING, Op, Ref

MAX_DEPTH = 60
MAX_SIZE = 4_000
MAX_PARTS = 64
_SUMS = frozenset({"Add", "AddV2", "BiasAdd", "AddN"})
_LISTS = frozenset({"TensorListFromTensor", "TensorArrayScatterV3"})
_READS = {"TensorListGetItem": 0, "TensorArrayReadV3": 2}
"""What takes a tensor out of a list, and which of its inputs says what is in it."""
VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})


class Steps:
    """The expressions of tensors.

    Args:
        find: gives the operation that makes a tensor.
        known: expressions of some tensors: the loop's arguments.
    """

    def __init__(self, find: Callable[[Ref], Op | None], known: Mapping[Ref, Expression]) -> None:
        self.find = find
        self.made: dict[Ref, Expression] = dict(known)
        self.sizes: dict[Ref, int] = {}

    def of(self, ref: Ref, depth: int = 0) -> Expression:
        """The expression of a tensor. Raises Unlike."""
        if ref not in self.made:
            op = self.find(ref)
            if op is None or depth > MAX_DEPTH:
                raise Unlike
            try:
                self.made[ref] = self._of(op, ref[1], depth + 1)
            except MISFITS as error:
                raise Unlike from error
            # What is used twice is written twice: without a bound, expressions double each time.
            self.sizes[ref] = 1 + sum(self.sizes.get(item, 1) for item in op.inputs)
            if self.sizes[ref] > MAX_SIZE:
                raise Unlike
        return self.made[ref]

    def outside(self, ref: Ref, depth: int = 0) -> Expression:
        """What stays the same in a loop."""
        try:
            return self.of(ref, depth)
        except Unlike:
            return "outside", ref

    def lenient(self, ref: Ref) -> Expression:
        """An expression, or that there is none: not everything in a loop is of the cell."""
        try:
            return self.of(ref)
        except Unlike:
            return ("unknown",)

    def _of(self, op: Op, port: int, depth: int) -> Expression:
        kind = op.kind
        if kind == "Enter":
            return self.outside(op.inputs[0], depth)
        if kind in PASSING and op.inputs:
            return self.of(op.inputs[0], depth)
        if kind == "Const":
            return _constant(op)
        if kind in VARIABLES:
            return _weight(op, op.attr("shape"))
        if kind in _SUMS:
            return total(*(self.of(ref, depth) for ref in op.inputs))
        if kind in NAMES and len(op.inputs) == 1:
            return NAMES[kind], self.of(op.inputs[0], depth)
        if kind in ("Split", "SplitV"):
            return self._part(op, port, depth)
        if kind in _LISTS:
            return "list", (op.name, 0)
        if kind in _READS:
            return "step", self.of(op.inputs[_READS[kind]], depth), self.of(op.inputs[1], depth)
        found = [self.of(ref, depth) for ref in op.inputs]
        if kind == "Mul":
            return times(*found)
        if kind == "Sub":
            return "minus", found[0], found[1]
        if kind == "MatMul" and not op.attr("transpose_a") and not op.attr("transpose_b"):
            return matrix_product(found[0], found[1])
        if kind == "ConcatV2" and len(found) == 3 and found[2] in (("number", 1), ("number", -1)):
            return "joined", tuple(found[:2])
        if kind == "TensorListSetItem":
            return "put", found[0], found[1], found[2]
        if kind == "TensorArrayWriteV3":
            return "put", found[3], found[1], found[2]
        if kind == "Squeeze" and found[0][0] == "weight" and _is_row(found[0]):
            return (*found[0][:2], 1, *found[0][3:])
        if kind == "Unpack" and found[0][0] == "weight" and found[0][2] == 2:
            return _row(found[0], port, int(op.attr("num", 0)), int(op.attr("axis", 0) or 0))
        if kind == "StridedSlice":
            return _sliced(op, found)
        if kind == "Less":
            return "less", found[0], found[1]
        if kind == "LogicalAnd":
            return "both", found[0], found[1]
        raise Unlike

    def _part(self, op: Op, port: int, depth: int) -> Expression:
        axis, value = (0, 1) if op.kind == "Split" else (2, 0)
        if self.of(op.inputs[axis], depth) not in (("number", 1), ("number", -1), ("number", 0)):
            raise Unlike
        inner = self.of(op.inputs[value], depth)
        along = self.of(op.inputs[axis], depth)[1]
        count = int(op.attr("num_split", 1))
        if along == 0 and inner[0] == "weight" and inner[2:4] == (2, None) and op.kind == "Split":
            return (*inner[:3], ("row", port, count), inner[4])
        if along == 0 and not (inner[0] == "weight" and inner[2] == 1):
            raise Unlike
        if not 0 < count <= MAX_PARTS:
            raise Unlike
        length = width(inner)
        sizes = [length // count] * count
        if op.kind == "SplitV":
            told = self.of(op.inputs[1], depth)
            if told[0] != "numbers" or len(told[1]) != count:
                raise Unlike
            sizes = list(told[1])
            if -1 in sizes:
                sizes[sizes.index(-1)] = length - sum(sizes) - 1
        if sum(sizes) != length or port >= count:
            raise Unlike
        start = sum(sizes[:port])
        return cut(inner, start, start + sizes[port])


def _constant(op: Op) -> Expression:
    value = op.attr("value")
    if not isinstance(value, np.ndarray) or value.dtype == object:
        raise Unlike
    if value.ndim == 0:
        return "number", value.item()
    if value.dtype.kind in "iu":
        if value.size > 16:
            raise Unlike
        flat = tuple(int(item) for item in value.reshape(-1))
        return "numbers", flat
    return _weight(op, value.shape)


def _weight(op: Op, shape: tuple[int, ...] | None) -> Expression:
    if not shape or len(shape) > 2 or None in shape:
        raise Unlike
    return "weight", (op.name, 0), len(shape), None, (0, shape[-1])


def _row(weight: Expression, row: int, count: int, axis: int = 0) -> Expression:
    """One of so many rows of a matrix as a bias."""
    if axis != 0 or weight[3] is not None:
        raise Unlike
    return "weight", weight[1], 1, ("row", row, count), weight[4]


def _is_row(weight: Expression) -> bool:
    return weight[2] == 2 and isinstance(weight[3], tuple)


def _sliced(op: Op, found: list[Expression]) -> Expression:
    """Columns, of a matrix or of a bias."""
    inner, begin, end, strides = found
    spans = [item[1] if item[0] == "numbers" else None for item in (begin, end, strides)]
    if None in spans:
        raise Unlike
    starts, stops, paces = ([int(number) for number in span or ()] for span in spans)
    masks = {
        name: int(op.attr(f"{name}_mask", 0) or 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    last = len(starts) - 1
    if masks["ellipsis"] or masks["new_axis"] or set(paces) != {1} or last > 1:
        raise Unlike
    if masks["shrink_axis"]:
        raise Unlike
    is_whole = masks["begin"] & 1 and masks["end"] & 1
    if last == 1 and not is_whole:
        raise Unlike
    if last == 0 and not (inner[0] == "weight" and inner[2] == 1):
        raise Unlike
    length = width(inner)
    start = 0 if masks["begin"] >> last & 1 else starts[last]
    stop = length if masks["end"] >> last & 1 else stops[last]
    start, stop = (item + length if item < 0 else item for item in (start, stop))
    return cut(inner, start, min(stop, length))
