"""Arithmetic on every number for itself, by fixed and by learned factors."""

from __future__ import annotations

import math

import numpy as np

from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value


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
