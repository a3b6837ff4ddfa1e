"""Operations on numbers rounded to eight bits, read as what they round: weights as the numbers that
they stand for, tensors as they were before.

What rounding does to a tensor no layer does; a note says so. Where the smallest whole number stands
for 0, the limits are kept: they take the place of a ReLU that was there before the rounding.

Source: ONNX operators, and Jacob et al. 2018, https://arxiv.org/abs/1712.05877.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exporters.onnx.folding import dequantized
from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reader, reads
from exporters.onnx.tensors import Const, Tensors, Term, Unit
from exporters.onnx.units import unit_of
from exporters.weights import Array


@reads("QuantizeLinear")
def read_quantize(made: Reader, op: Operation) -> Tensors:
    unit = unit_of(op, 1)
    made.rounded.append(op.name)
    made.units[op.node.output[0]] = unit
    return [_limited(made, op.term(), unit, op.name)]


def _limited(made: Reader, term: Term, unit: Unit, name: str) -> Term:
    """A tensor that is cut at 0, where the smallest whole number stands for 0, and then at what the
    largest stands for.
    """
    if unit.zero != unit.lowest or unit.scale is None:
        return term
    top = float(np.float32((unit.highest - unit.zero) * unit.scale))
    return made.one("ReLU", term, {"max_value": top}, f"{name}_from_0")


@reads("DequantizeLinear")
def read_dequantize(made: Reader, op: Operation) -> Tensors:
    return [_meant(made, op, 0)]


def _meant(made: Reader, op: Operation, place: int) -> Term:
    """The numbers that an input stands for; those of a tensor that was rounded here are there
    already, whole numbers of another origin are not. Raises Unreadable.
    """
    term, told = op.term(place), unit_of(op, place + 1)
    known = made.units.get(op.node.input[place])
    if known is not None:
        if (known.scale, known.zero) != (told.scale, told.zero):
            raise Unreadable("it takes whole numbers for others than they were made for")
        return term
    by = told.scale or 1.0
    params = {"scale": by, "offset": -by * told.zero}
    return made.one("Rescaling", term, params, f"{op.name}_meant")


DYNAMIC = Unit(None, 0, 0, 255)


@reads("DynamicQuantizeLinear")
def read_dynamic(made: Reader, op: Operation) -> Tensors:
    """The tensor itself, in units of 1 from 0 on, where its unit and its zero point come back in
    the products of it. Raises Unreadable.
    """
    rounded, scale, zero = op.node.output
    factors = made.consumers.get(scale, ())
    products = {node.output[0] for node in factors if node.op_type == "Mul"}
    ends: set[str] = set()
    for node in made.consumers.get(rounded, ()):
        whole = node.output[0]
        while (cast := made.only_user(whole, "Cast")) is not None:
            whole = cast.output[0]
        back = made.only_user(whole, "Mul")
        is_product = node.op_type in ("ConvInteger", "MatMulInteger") and node.input[0] == rounded
        if not is_product or node.input[2:3] != [zero] or back is None:
            raise Unreadable("its unit does not come back")
        if not (products | {scale}) & {*back.input}:
            raise Unreadable("its unit does not come back")
        ends.add(back.output[0])
    for product in products - ends:
        if not all(user.output[0] in ends for user in made.consumers.get(product, ())):
            raise Unreadable("its unit is used elsewhere")
    if not ends or len(products) < len(factors) or {scale, rounded, zero} & made.outputs:
        raise Unreadable("its unit is used elsewhere")
    made.rounded.append(op.name)
    made.units[rounded] = DYNAMIC
    return [op.term(), Const(np.ones((), "float32")), Const(np.zeros((), "uint8"))]


@reads("ConvInteger", "MatMulInteger")
def read_whole(made: Reader, op: Operation) -> Tensors:
    """With a constant second factor, less its zero point."""
    kernel, one = op.const(1), np.ones((), "float32")
    if made.units.get(op.node.input[0]) != DYNAMIC:
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
        unit = unit * np.float32(op.number("alpha", 1.0))
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
    unit = unit_of(op, place)
    made.rounded.append(op.name)
    made.units[op.node.output[0]] = unit
    return [_limited(made, end, unit, op.name)]


def _plain(made: Reader, op: Operation, kind: str, given: list[Const | Term | None]) -> Tensors:
    """The operation on numbers that are not rounded."""
    node = type(op.node)()
    node.CopyFrom(op.node)
    node.op_type, node.domain = kind, ""
    return reader(kind)(made, replace(op, node=node, inputs=given))
