"""Operations on numbers rounded to eight bits, read as what they round: weights as the numbers that
they stand for, tensors as they were before.

What rounding does to a tensor no layer does; a note says so. A limit at 0 is kept, for it takes the
place of a ReLU that was there before the rounding.

Source: ONNX operators, and Jacob et al. 2018, https://arxiv.org/abs/1712.05877.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exporters.onnx.folding import dequantized
from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reader, reads
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array


@reads("QuantizeLinear")
def read_quantize(made: Reader, op: Operation) -> Tensors:
    term, scale = op.term(), op.const(1).array
    made.rounded.append(op.name)
    return [_limited(made, term, scale, op.given(2), op.name)]


def _limited(made: Reader, term: Term, scale: Array, zero: object, name: str) -> Term:
    """A tensor that is cut at 0, where the smallest whole number stands for 0."""
    if not isinstance(zero, Const) or zero.array.size != 1 or not zero.known:
        lowest = zero is None
    else:
        lowest = int(zero.array.ravel()[0]) == np.iinfo(zero.array.dtype).min
    return made.one("ReLU", term, {}, f"{name}_from_0") if lowest and scale.size == 1 else term


@reads("DequantizeLinear")
def read_dequantize(made: Reader, op: Operation) -> Tensors:
    return [_meant(made, op, 0)]


def _meant(made: Reader, op: Operation, place: int) -> Term:
    """The numbers that an input stands for; those of a tensor that was rounded here are there
    already, whole numbers that come in are not. Raises Unreadable.
    """
    term = op.term(place)
    if term.tensor is None or not term.tensor.dtype.startswith(("int", "uint")):
        return term
    scale, zero = op.const(place + 1).array, _array(op.given(place + 2))
    if scale.size != 1 or (zero is not None and zero.size != 1):
        raise Unreadable("it has a factor for each place of an axis")
    by = float(scale.ravel()[0])
    offset = -by * float(zero.ravel()[0]) if zero is not None else 0.0
    return made.one("Rescaling", term, {"scale": by, "offset": offset}, f"{op.name}_meant")


@reads("DynamicQuantizeLinear")
def read_dynamic(made: Reader, op: Operation) -> Tensors:
    """The tensor itself, in units of 1, from 0 on."""
    made.rounded.append(op.name)
    made.units.add(op.node.output[0])
    return [op.term(), Const(np.ones((), "float32")), Const(np.zeros((), "uint8"))]


@reads("ConvInteger", "MatMulInteger")
def read_whole(made: Reader, op: Operation) -> Tensors:
    """With a constant second factor, less its zero point."""
    kernel, one = op.const(1), np.ones((), "float32")
    if op.node.input[0] not in made.units:
        raise Unreadable("its first factor is in units that are not known")
    axis = 0 if op.type == "ConvInteger" else -1
    array = dequantized(kernel.array, one, _array(op.given(3)), op, axis)
    kind = op.type.removesuffix("Integer")
    return _plain(made, op, kind, [op.term(), Const(array, kernel.known)])


def _array(given: object) -> Array | None:
    """A constant's numbers. Raises Unreadable."""
    if given is None or isinstance(given, Const):
        return given.array if given is not None else None
    raise Unreadable("what it rounds by is not fixed")


@reads("QLinearConv", "QLinearMatMul")
def read_linear(made: Reader, op: Operation) -> Tensors:
    """With the numbers that its factors stand for, and those of the result."""
    kernel, scale = op.const(3), op.const(4).array
    is_conv = op.type == "QLinearConv"
    array = dequantized(kernel.array, scale, _array(op.given(5)), op, 0 if is_conv else -1)
    given: list[Const | Term | None] = [_meant(made, op, 0), Const(array, kernel.known)]
    if is_conv and op.given(8) is not None:
        unit = op.const(1).array.astype("float32").ravel() * scale.astype("float32").ravel()
        given.append(Const(op.const(8).array.astype("float32") * unit, op.const(8).known))
    return _result(made, op, _plain(made, op, op.type.removeprefix("QLinear"), given), 6)


@reads("com.microsoft.QGemm")
def read_gemm(made: Reader, op: Operation) -> Tensors:
    """The bias is in units of both factors; without factors for it, the result is not rounded."""
    kernel, scale = op.const(3), op.const(4).array
    axis = 0 if op.whole("transB", 0) else -1
    array = dequantized(kernel.array, scale, _array(op.given(5)), op, axis)
    given: list[Const | Term | None] = [_meant(made, op, 0), Const(array, kernel.known)]
    if op.given(6) is not None:
        unit = op.const(1).array.astype("float32").ravel() * scale.astype("float32").ravel()
        given.append(Const(op.const(6).array.astype("float32") * unit, op.const(6).known))
    return _result(made, op, _plain(made, op, "Gemm", given), 7)


@reads("com.microsoft.QLinearAdd", "com.microsoft.QLinearMul")
def read_pair(made: Reader, op: Operation) -> Tensors:
    kind = op.type.removeprefix("QLinear")
    return _result(made, op, _plain(made, op, kind, [_given(made, op, 0), _given(made, op, 3)]), 6)


def _given(made: Reader, op: Operation, place: int) -> Const | Term:
    """An input as the numbers that it stands for. Raises Unreadable."""
    found = op.given(place)
    if not isinstance(found, Const):
        return _meant(made, op, place)
    zero = _array(op.given(place + 2))
    return Const(dequantized(found.array, op.const(place + 1).array, zero, op), found.known)


@reads("com.microsoft.QLinearConcat")
def read_join(made: Reader, op: Operation) -> Tensors:
    """Its own factors come first."""
    given: list[Const | Term | None] = [
        _given(made, op, place) for place in range(2, len(op.inputs), 3)
    ]
    return _result(made, op, _plain(made, op, "Concat", given), 0)


ALONE = {
    "QLinearAveragePool": "AveragePool",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
    "QLinearLeakyRelu": "LeakyRelu",
    "QLinearSigmoid": "Sigmoid",
    "QLinearSoftmax": "Softmax",
}
"""Operations on one rounded tensor, by the plain one."""


@reads(*(f"com.microsoft.{kind}" for kind in ALONE))
def read_alone(made: Reader, op: Operation) -> Tensors:
    if op.whole("channels_last", 0):
        raise Unreadable("its channels come last")
    return _result(made, op, _plain(made, op, ALONE[op.type], [_meant(made, op, 0)]), 3)


def _result(made: Reader, op: Operation, found: Tensors, place: int) -> Tensors:
    """What is rounded again, by factors in a place; not where there are none."""
    end = found[0]
    if op.given(place) is None or not isinstance(end, Term):
        return found
    made.rounded.append(op.name)
    return [_limited(made, end, op.const(place).array, op.given(place + 1), op.name)]


def _plain(made: Reader, op: Operation, kind: str, given: list[Const | Term | None]) -> Tensors:
    """The operation on numbers that are not rounded."""
    node = type(op.node)()
    node.CopyFrom(op.node)
    node.op_type, node.domain = kind, ""
    return reader(kind)(made, replace(op, node=node, inputs=given))
