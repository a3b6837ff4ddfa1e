"""Activations, as layers and as a parameter of layers."""

from __future__ import annotations

from typing import Any

from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value

DIRECT: dict[str, tuple[str, dict[str, float | str]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "elu": ("Elu", {"alpha": 1.0}),
    "selu": ("Selu", {}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "exponential": ("Exp", {}),
    "mish": ("Mish", {}),
    "celu": ("Celu", {"alpha": 1.0}),
    "hard_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.0}),
    "soft_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.5}),
}
"""Keras' activations that are one operation, with its attributes.
Source: keras/src/activations/activations.py
"""


def applied(tape: Tape, name: str, x: str, axis: int = -1) -> str:
    """An activation of Keras on a tensor; `axis` is where channels are, for those that need it.
    Raises Unwritable.
    """
    if name in DIRECT:
        operation, attributes = DIRECT[name]
        return tape(operation, x, **attributes)
    one = tape.constant
    match name:
        case "linear":
            return x
        case "softmax":
            return tape("Softmax", x, axis=axis)
        case "log_softmax":
            return tape("LogSoftmax", x, axis=axis)
        case "silu":
            return tape("Mul", x, tape("Sigmoid", x))
        case "relu6":
            return tape("Clip", x, one(0.0), one(6.0))
        case "hard_tanh":
            return tape("Clip", x, one(-1.0), one(1.0))
        case "log_sigmoid":
            return tape("Neg", tape("Softplus", tape("Neg", x)))
        case "tanh_shrink":
            return tape("Sub", x, tape("Tanh", x))
        case "squareplus":
            root = tape("Sqrt", tape("Add", tape("Mul", x, x), one(4.0)))
            return tape("Mul", tape("Add", x, root), one(0.5))
        case "sparse_plus":
            middle = tape("Mul", one(0.25), _square(tape, tape("Add", x, one(1.0))))
            upper = tape("Where", tape("Less", x, one(1.0)), middle, x)
            return tape("Where", tape("LessOrEqual", x, one(-1.0)), one(0.0), upper)
        case "sparse_sigmoid":
            line = tape("Mul", one(0.5), tape("Add", x, one(1.0)))
            return tape("Clip", line, one(0.0), one(1.0))
    raise Unwritable(f"the activation {name} has no counterpart there")


def _square(tape: Tape, x: str) -> str:
    return tape("Mul", x, x)


def activated(tape: Tape, value: Value, name: str) -> Value:
    """An activation of Keras on a tensor in the arrangement that is there."""
    if name == "linear":
        return value
    if value.last or not value.first:
        return Value(value.tensor, applied(tape, name, tape.last(value)))
    return Value(value.tensor, "", applied(tape, name, value.first, axis=1))


@writes("Activation")
def write_activation(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    return activated(tape, tape.floats(inputs[0]), use.layer.activation)


@writes("ReLU")
def write_relu(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer

    def relu(x: str) -> str:
        limit, slope, threshold = layer.max_value, layer.negative_slope, layer.threshold
        if threshold:
            passed = tape("Clip", x, "", tape.constant(limit)) if limit is not None else x
            low = tape("Sub", x, tape.constant(threshold))
            low = tape("Mul", low, tape.constant(slope))
            return tape("Where", tape("GreaterOrEqual", x, tape.constant(threshold)), passed, low)
        if slope:
            made = tape("LeakyRelu", x, alpha=slope)
            return made if limit is None else tape("Clip", made, "", tape.constant(limit))
        if limit is None:
            return tape("Relu", x)
        return tape("Clip", x, tape.constant(0.0), tape.constant(limit))

    return tape.each(tape.floats(inputs[0]), relu)


@writes("LeakyReLU")
def write_leaky_relu(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    slope = use.layer.negative_slope
    return tape.each(tape.floats(inputs[0]), lambda x: tape("LeakyRelu", x, alpha=slope))


@writes("ELU")
def write_elu(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    return tape.each(tape.floats(inputs[0]), lambda x: tape("Elu", x, alpha=use.layer.alpha))


@writes("ThresholdedReLU")
def write_thresholded(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    theta = use.layer.theta
    return tape.each(tape.floats(inputs[0]), lambda x: tape("ThresholdedRelu", x, alpha=theta))


@writes("PReLU")
def write_prelu(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value = tape.floats(inputs[0])
    if value.last or value.rank < 3:
        return Value(value.tensor, tape("PRelu", tape.last(value), tape.weight(use, "alpha")))

    def moved(alpha: Any) -> Any:
        return alpha.transpose(alpha.ndim - 1, *range(alpha.ndim - 1))

    slope = tape.weight(use, "alpha", moved, "first")
    return Value(value.tensor, "", tape("PRelu", value.first, slope))


@writes("Softmax")
def write_softmax(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value, axis = tape.floats(inputs[0]), use.layer.axis
    return Value(value.tensor, tape("Softmax", tape.last(value), axis=axis))
