"""Arithmetic on every number for itself, by fixed and by learned factors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exporters.onnx.operation import Operation, scalar_of
from exporters.onnx.ops.activation import turned, unary
from exporters.onnx.ops.merge import MERGES, merged
from exporters.onnx.ops.normalization import normalized
from exporters.onnx.ops.truth import chosen_by, stays_finite
from exporters.onnx.reader import Reader
from exporters.onnx.register import Read, Unreadable, Unwritable, reads, writes
from exporters.onnx.spelt import gelu, root_mean_square
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term


def scaled(tape: Tape, x: str, factor: float, shift: float) -> str:
    """factor · x + shift, without what changes nothing."""
    if factor != 1:
        x = tape("Mul", x, tape.constant(factor))
    return tape("Add", x, tape.constant(shift)) if shift else x


@writes("Rescaling")
def write_rescaling(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    factor, shift = layer.scale, layer.offset
    if isinstance(factor, int | float) and isinstance(shift, int | float):
        if value is not inputs[0]:
            return tape.each(value, lambda x: scaled(tape, x, factor, shift))
        return tape.each(value, lambda x: _kept(tape, scaled(tape, x, factor, shift), x))
    made = tape("Mul", tape.last(value), tape.constant(factor))
    return tape.made(use, tape("Add", made, tape.constant(shift)))


def _kept(tape: Tape, made: str, x: str) -> str:
    """A tensor under a name of its own."""
    return made if made != x else tape("Identity", x)


@writes("Normalization")
def write_normalization(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x = tape.last(value)
    if layer.mean is None or layer.variance is None:
        if "mean" not in use.weights:
            raise Unwritable("its statistics are not set")
        given = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
        axes = [axis % value.rank for axis in given or ()]
        shape = [value.shape[a] or 1 if a in axes else 1 for a in range(value.rank)]
        mean = tape.weight(use, "mean", lambda a: a.reshape(shape), "lined up")
        variance = tape.weight(use, "variance", lambda a: a.reshape(shape), "lined up")
        deviation = tape("Max", tape("Sqrt", variance), tape.constant(1e-7))
    else:
        size = value.shape[-1]
        mean = tape.constant(layer.mean)
        root = np.maximum(np.sqrt(np.asarray(layer.variance, "float32")), 1e-7)
        deviation = tape.constant(root)
        if root.ndim and root.shape not in ((), (1,), (size,)):
            raise Unwritable("its statistics do not lie along the last axis")
    if layer.invert:
        return tape.made(use, tape("Add", mean, tape("Mul", x, deviation)))
    return tape.made(use, tape("Div", tape("Sub", x, mean), deviation))


@writes("AbsVal")
def write_absolute(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    return tape.each(tape.floats(inputs[0]), lambda x: tape("Abs", x))


@writes("Power")
def write_power(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer

    def power(x: str) -> str:
        made = scaled(tape, x, layer.scale, layer.shift)
        if layer.power != 1:
            return tape("Pow", made, tape.constant(layer.power))
        return _kept(tape, made, x)

    return tape.each(tape.floats(inputs[0]), power)


@writes("Exp")
def write_exponential(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer

    def exponential(x: str) -> str:
        made = scaled(tape, x, layer.scale, layer.shift)
        if layer.base == -1:
            return tape("Exp", made)
        return tape("Pow", tape.constant(layer.base), made)

    return tape.each(tape.floats(inputs[0]), exponential)


@writes("Log")
def write_logarithm(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer

    def logarithm(x: str) -> str:
        made = tape("Log", scaled(tape, x, layer.scale, layer.shift))
        if layer.base == -1:
            return made
        return tape("Div", made, tape.constant(math.log(layer.base)))

    return tape.each(tape.floats(inputs[0]), logarithm)


@writes("BNLL")
def write_bnll(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    return tape.each(tape.floats(inputs[0]), lambda x: tape("Softplus", x))


@writes("Threshold")
def write_threshold(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    limit = use.layer.threshold
    return tape.each(
        tape.floats(inputs[0]),
        lambda x: tape("Cast", tape("Greater", x, tape.constant(limit)), to=1),
    )


@writes("Scale", "Bias")
def write_learned(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    axis = layer.axis % value.rank
    count = value.rank - axis if layer.num_axes == -1 else layer.num_axes
    rest = value.rank - axis - count
    first = bool(value.first and not value.last and axis == value.rank - 1)
    if first:
        # A vector along the channels, which stand first.
        rest = value.rank - 2
    x = value.first if first else tape.last(value)

    def weight(name: str) -> str:
        if not rest:
            return tape.weight(use, name)
        return tape.weight(use, name, lambda a: a.reshape(*a.shape, *[1] * rest), f"{rest}")

    if type(layer).__name__ == "Bias":
        return tape.made(use, tape("Add", x, weight("bias")), first)
    made = tape("Mul", x, weight("gamma"))
    if layer.bias_term:
        made = tape("Add", made, weight("beta"))
    return tape.made(use, made, first)


@reads("Add", "Sub", "Mul", "Div")
def read_arithmetic(made: Reader, op: Operation) -> Tensors:
    """Of two tensors a merge; with one number a Rescaling; with a vector a learned factor or
    shift.
    """
    one, two = op.given(0), op.given(1)
    if isinstance(one, Term) and (steps := gelu(made, op)):
        found = made.one("Activation", one, {"activation": "gelu"}, op.name)
        for step in steps:
            made.absorb(step, found)
        return [found]
    if op.type == "Mul" and isinstance(one, Term) and (whole := _scaled_to_one(made, op, one)):
        return [whole]
    if isinstance(one, Term) and isinstance(two, Term):
        if op.type == "Div":
            if any(term.tensor and "int" in term.tensor.dtype for term in (one, two)):
                raise Unreadable("it divides whole numbers")
            inverse = made.one("Power", two, {"power": -1.0}, f"{op.name}_inverse")
            return merged(made, "Multiply", [one, inverse], op.name)
        return merged(made, MERGES[op.type], [one, two], op.name)
    if isinstance(one, Const):
        term, const, swapped = op.term(1), one, True
    else:
        term, const, swapped = op.term(0), op.const(1), False
    if op.type == "Div" and const.array.dtype.kind in "iu":
        raise Unreadable("it divides whole numbers")
    const = _placed(op, const, term)
    number = scalar_of(const.array) if const.known else None
    if number is not None and const.array.size == 1 and const.array.ndim <= max(term.rank, 1):
        return [_by_number(made, op, term, number, swapped)]
    if swapped and op.type == "Div":
        term = made.one("Power", term, {"power": -1.0}, f"{op.name}_inverse")
    if swapped and op.type == "Sub":
        term = made.one("Rescaling", term, {"scale": -1.0}, f"{op.name}_negative")
    array = const.array
    if not swapped and op.type == "Sub":
        array = -array
    if not swapped and op.type == "Div":
        array = 1 / array
    name = const.name if array is const.array else ""
    factor = op.type in ("Mul", "Div")
    return [_by_vector(made, op, term, Const(array, const.known, name), factor=factor)]


def _scaled_to_one(made: Reader, op: Operation, term: Term) -> Term | None:
    """A normalization by the root mean square that begins with this square."""
    spelt = root_mean_square(made, op)
    if spelt is None:
        return None
    found, mean = spelt
    axes = Operation(mean, op.name, [None, made.constants.get((*mean.input, "", "")[1])], 0, [True])
    along = axes.values(1, "axes")
    if along not in ([-1], [term.rank - 1]) or not axes.whole("keepdims", 1) or not term.shape:
        return None
    made_of = normalized(made, "RMSNormalization", made.plain(term, op.name), found, op.name)
    for step in found.steps:
        made.absorb(step, made_of)
    return made_of


def _placed(op: Operation, const: Const, term: Term) -> Const:
    """A constant of the oldest versions, which said along which axis it lies."""
    if op.opset >= 7 or not op.whole("broadcast", 0) or not term.rank:
        return const
    axis = op.whole("axis", term.rank - const.array.ndim)
    rest = term.rank - axis - const.array.ndim
    if rest <= 0:
        return const
    return Const(const.array.reshape(*const.array.shape, *[1] * rest), const.known, const.name)


def _by_number(made: Reader, op: Operation, term: Term, number: float, swapped: bool) -> Term:
    short = float(str(np.float32(number)))
    match op.type, swapped:
        case "Add", _:
            params = {"scale": 1.0, "offset": short}
        case "Mul", _:
            params = {"scale": short}
        case "Sub", False:
            params = {"scale": 1.0, "offset": -short}
        case "Sub", True:
            params = {"scale": -1.0, "offset": short}
        case _, False:
            if not number:
                raise Unreadable("it divides by 0")
            params = {"scale": float(str(np.float32(1 / number)))}
        case _:
            term = made.one("Power", term, {"power": -1.0}, f"{op.name}_inverse")
            params = {"scale": short}
    scale, offset = params["scale"], params.get("offset", 0.0)
    node, sign, shift = (None, 1.0, 0.0) if offset else _shifted(made, op.node.output[0])
    params = {"scale": scale * sign, "offset": offset + shift}
    if params == {"scale": 1.0, "offset": 0.0}:
        found = term
    else:
        found = made.one("Rescaling", term, params, op.name)
    if node is not None:
        made.absorb(node, found)
    return found


def _shifted(made: Reader, output: str) -> tuple[Any, float, float]:
    """The only operation behind a tensor where it adds a number or takes one away (else None), the
    sign that it gives to the tensor, and the number.
    """
    while (same := made.only_user(output, "Identity")) is not None:
        output = same.output[0]
    for kind in ("Add", "Sub"):
        node = made.only_user(output, kind)
        if node is None or len(node.input) != 2:
            continue
        place = list(node.input).index(output)
        const = made.constants.get(node.input[1 - place])
        if const is None or not const.known or const.array.size != 1 or const.array.ndim > 1:
            break
        number = float(str(np.float32(const.array.ravel()[0])))
        if kind == "Add":
            return node, 1.0, number
        return (node, 1.0, -number) if place == 0 else (node, -1.0, number)
    return None, 1.0, 0.0


def _by_vector(made: Reader, op: Operation, term: Term, const: Const, *, factor: bool) -> Term:
    """A learned factor or shift along neighbouring axes. Raises Unreadable."""
    if term.rows is not None or term.view:
        term = made.plain(term, op.name)
    shape = term.tensor.shape if term.tensor else None
    if shape is None or term.tensor is None:
        raise Unreadable("its shape is unknown")
    if not term.tensor.dtype.startswith("float"):
        term = made.one("Rescaling", term, {"scale": 1.0}, f"{op.name}_floats")
    array, axes = turned(const, term)
    axes = axes or [term.rank - 1]
    first, last = axes[0], axes[-1]
    sizes = shape[first : last + 1]
    if first == 0 or None in sizes:
        raise Unreadable("a constant in it differs between samples, or along an unknown axis")
    own = np.broadcast_to(
        array.reshape(array.shape[first : last + 1]), [size or 1 for size in sizes]
    )
    count = last - first + 1
    params = {"axis": -1 if first == term.rank - 1 else first, "num_axes": count}
    kind, weight = ("Scale", "gamma") if factor else ("Bias", "bias")
    weights = {weight: Const(own, const.known, const.name)}
    return made.layer(kind, [term], params, op.name, weights=weights, axes=[term.axes])[0]


@reads("Pow")
def read_power(made: Reader, op: Operation) -> Tensors:
    if found := _scaled_to_one(made, op, op.term()):
        return [found]
    power, tensor = op.scalar(1, "", None), op.term().tensor
    if tensor and "int" in tensor.dtype:
        raise Unreadable("it takes a power of whole numbers")
    if power is None:
        raise Unreadable("its exponent is not a single number")
    return [made.one("Power", op.term(), {"power": float(str(np.float32(power)))}, op.name)]


def _power(**params: float) -> Read:
    def read(made: Reader, op: Operation) -> Tensors:
        return [made.one("Power", op.term(), params, op.name)]

    return read


reads("Sqrt")(_power(power=0.5))
reads("Reciprocal")(_power(power=-1.0))
reads("Abs")(unary("AbsVal"))
reads("Log")(unary("Log"))
reads("Neg")(unary("Rescaling", scale=-1.0))


@reads("Where")
def read_choice(made: Reader, op: Operation) -> Tensors:
    """A fixed choice between a tensor and a number: a factor of ones and zeros, and a shift."""
    if isinstance(op.given(0), Term):
        return chosen_by(made, op)
    mask = op.const(0).array.astype(bool)
    swapped = isinstance(op.given(1), Const)
    term, const = op.term(2 if swapped else 1), op.const(1 if swapped else 2)
    value = scalar_of(const.array) if const.known else None
    if value is None or not op.const(0).known:
        raise Unreadable("it chooses between more than a tensor and a number")
    stays_finite(made, term)
    wanted = (made.batch_size, *(term.shape or ())[1:])
    for array in (mask, const.array):
        pairs = zip(array.shape[::-1], wanted[::-1], strict=False)
        if array.ndim > term.rank or any(size not in (1, own) for size, own in pairs):
            raise Unreadable("it chooses for more places than the tensor has")
    kept = ~mask if swapped else mask
    if kept.all():
        return [term]
    factor = Const(kept.astype("float32"))
    shift = Const(np.where(kept, np.float32(0), np.float32(value)))
    scaled_ = _by_vector(made, op, term, factor, factor=True)
    return [_by_vector(made, op, scaled_, shift, factor=False)]
