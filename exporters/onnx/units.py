"""Tensors that are rounded to whole numbers in a file, and are what these stand for here: whatever
computes with the whole numbers themselves is not understood.

Source: Jacob et al. 2018, https://arxiv.org/abs/1712.05877
"""

from __future__ import annotations

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Const, Unit

MOVING = frozenset(
    {
        *("Expand", "Flatten", "Gather", "Identity", "MaxPool", "Reshape", "Slice", "Split"),
        *("Squeeze", "Tile", "Transpose", "Unsqueeze"),
    }
)
"""Operations that hand on what the whole numbers of their first input stand for."""
HEEDING = ("DequantizeLinear", "QLinear", "QGemm", "ConvInteger", "MatMulInteger")
"""How the operations begin that are told the unit of what comes in."""


def check_units(made: Reader, op: Operation) -> None:
    """Let an operation that moves rounded numbers hand on their unit. Raises Unreadable where it
    computes with the numbers themselves.
    """
    units = [made.units.get(end) for end in op.node.input]
    if not any(units) or op.type.startswith(HEEDING):
        return
    is_moved = op.type in MOVING or (op.type == "Concat" and len({*units}) == 1)
    if not is_moved or any(units[1:] if op.type != "Concat" else ()):
        raise Unreadable("it computes with rounded numbers as they are")
    for output in op.node.output[:1] if op.type == "MaxPool" else op.node.output:
        if units[0] is not None and output:
            made.units[output] = units[0]


def unit_of(op: Operation, place: int) -> Unit:
    """The unit that inputs state: a scale, and a zero point behind it. Raises Unreadable."""
    scale, zero = op.const(place), op.given(place + 1)
    if zero is not None and not isinstance(zero, Const):
        raise Unreadable("what it rounds by is not fixed")
    dtype = zero.array.dtype if zero is not None else _stated(op)
    points = zero.array if zero is not None else np.zeros(1, dtype)
    if scale.array.size != 1 or points.size != 1 or dtype.kind not in "iu" or not scale.known:
        raise Unreadable("it has a factor for each place of an axis")
    limits = np.iinfo(dtype)
    number = float(scale.array.ravel()[0])
    return Unit(number, int(points.ravel()[0]), int(limits.min), int(limits.max))


def _stated(op: Operation) -> np.dtype[np.generic]:
    """The dtype of whole numbers without a zero point."""
    kinds = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16"}
    stated = op.whole("output_dtype", 0) or 2
    if stated not in kinds:
        raise Unreadable("it rounds to a dtype that is not read")
    return np.dtype(kinds[stated])
