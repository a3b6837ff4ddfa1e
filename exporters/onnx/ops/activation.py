"""Activations, as layers and as a parameter of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.onnx.data import DTYPES
from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Read, Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array

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


def unary(kind: str, **params: Any) -> Read:
    """The reader of an operation that is a layer for every number for itself."""

    def read(made: Reader, op: Operation) -> Tensors:
        return [made.one(kind, op.term(), params, op.name)]

    return read


for _operation, _kind, _params in (
    ("Relu", "ReLU", {}),
    ("Tanh", "Activation", {"activation": "tanh"}),
    ("Softplus", "Activation", {"activation": "softplus"}),
    ("Softsign", "Activation", {"activation": "softsign"}),
    ("HardSwish", "Activation", {"activation": "hard_silu"}),
    ("Mish", "Activation", {"activation": "mish"}),
    ("Exp", "Activation", {"activation": "exponential"}),
):
    reads(_operation)(unary(_kind, **_params))


@reads("Sigmoid")
def read_sigmoid(made: Reader, op: Operation) -> Tensors:
    return [gate(made, op, "sigmoid", "silu")]


def gate(made: Reader, op: Operation, alone: str, gated: str) -> Term:
    """An activation by itself, or what it is where its input is multiplied with it at once."""
    term, output = op.term(), op.node.output[0]
    product = made.only_user(output, "Mul")
    others = [made.values.get(end) for end in product.input if end != output] if product else []
    if product is not None and len(others) == 1 and made.is_same(others[0], term):
        found = made.one("Activation", term, {"activation": gated}, op.name)
        made.absorb(product, found)
        return found
    return made.one("Activation", term, {"activation": alone}, op.name)


@reads("LeakyRelu")
def read_leaky_relu(made: Reader, op: Operation) -> Tensors:
    slope = {"negative_slope": short(op.number("alpha", 0.01))}
    return [made.one("LeakyReLU", op.term(), slope, op.name)]


@reads("Elu")
def read_elu(made: Reader, op: Operation) -> Tensors:
    return [made.one("ELU", op.term(), {"alpha": short(op.number("alpha", 1.0))}, op.name)]


@reads("ThresholdedRelu")
def read_thresholded(made: Reader, op: Operation) -> Tensors:
    theta = {"theta": short(op.number("alpha", 1.0))}
    return [made.one("ThresholdedReLU", op.term(), theta, op.name)]


@reads("Celu")
def read_celu(made: Reader, op: Operation) -> Tensors:
    alpha = op.number("alpha", 1.0)
    if alpha <= 0:
        raise Unreadable("its alpha is not above 0")
    return [_widened(made, op, "celu", alpha)]


def _widened(made: Reader, op: Operation, activation: str, by: float) -> Term:
    """An activation whose input and output are so many times as large."""
    name = op.name if by == 1 else f"{op.name}_function"
    term = op.term()
    if by != 1:
        term = made.one("Rescaling", term, {"scale": short(1 / by)}, f"{op.name}_narrow")
    term = made.one("Activation", term, {"activation": activation}, name)
    return term if by == 1 else made.one("Rescaling", term, {"scale": short(by)}, op.name)


@reads("Selu")
def read_selu(made: Reader, op: Operation) -> Tensors:
    """With other numbers than the usual ones an ELU and a factor."""
    usual = {"alpha": 1.67326319, "gamma": 1.05070102}
    alpha, gamma = (op.number(key, value) for key, value in usual.items())
    if abs(alpha - usual["alpha"]) < 2e-6 and abs(gamma - usual["gamma"]) < 2e-6:
        return [made.one("Activation", op.term(), {"activation": "selu"}, op.name)]
    term = made.one("ELU", op.term(), {"alpha": short(alpha)}, f"{op.name}_function")
    return [made.one("Rescaling", term, {"scale": short(gamma)}, op.name)]


@reads("Shrink")
def read_shrink(made: Reader, op: Operation) -> Tensors:
    limit, bias = op.number("lambd", 0.5), op.number("bias", 0.0)
    if limit <= 0 or bias not in (0, limit):
        raise Unreadable("its limits are not those of an activation here")
    return [_widened(made, op, "soft_shrink" if bias else "hard_shrink", 2 * limit)]


@reads("HardSigmoid")
def read_hard_sigmoid(made: Reader, op: Operation) -> Tensors:
    """Another slope than Keras 3 has is a line, cut off at 0 and 1."""
    slope, middle = op.number("alpha", 0.2), op.number("beta", 0.5)
    if abs(slope - 1 / 6) < 1e-6 and middle == 0.5:
        return [gate(made, op, "hard_sigmoid", "hard_silu")]
    line = {"scale": short(slope), "offset": short(middle)}
    term = made.one("Rescaling", op.term(), line, f"{op.name}_line")
    return [made.one("ReLU", term, {"max_value": 1.0}, op.name)]


@reads("PRelu")
def read_prelu(made: Reader, op: Operation) -> Tensors:
    """Axes along which the slope has one value share it."""
    term, slope = op.term(), op.const(1)
    if term.rows is not None or term.view:
        term = made.plain(term, op.name)
    shape = term.own_shape
    if shape is None:
        raise Unreadable("its shape is unknown")
    if op.opset < 7 and slope.array.ndim == 1 < slope.array.size and term.rank > 2:
        # The first versions had a slope for each channel, whatever else there is.
        along = [1, -1, *[1] * (term.rank - 2)]
        slope = Const(slope.array.reshape(along), slope.known, slope.name)
    own = turned(slope, term)[0]
    if own.shape[0] != 1:
        raise Unreadable("its slopes differ between samples")
    alpha = own[0]
    shared = [axis for axis in range(1, term.rank) if alpha.shape[axis - 1] == 1 != shape[axis]]
    params = {"shared_axes": shared or None}
    weights = {"alpha": Const(alpha, slope.known, slope.name)}
    return list(made.layer("PReLU", [term], params, op.name, weights=weights, axes=[term.axes]))


def turned(const: Const, term: Term) -> tuple[Array, list[int]]:
    """A constant beside a tensor, with one axis for each of the network's, and those along which
    it has more than one value. Raises Unreadable.
    """
    array = const.array
    if array.ndim > term.rank:
        raise Unreadable("a constant in it has more axes than the tensor")
    array = array.reshape((1,) * (term.rank - array.ndim) + array.shape)
    order = [term.axes.index(axis) for axis in range(term.rank)]
    array = array.transpose(order)
    return array, [axis for axis, size in enumerate(array.shape) if size != 1]


def short(value: float) -> float:
    """A 32-bit number as people write it: 0.1 instead of 0.10000000149."""
    return float(str(np.float32(value)))


@reads("Softmax", "LogSoftmax")
def read_softmax(made: Reader, op: Operation) -> Tensors:
    """Before version 13 all axes from one on were taken together."""
    term = op.term()
    axis = op.whole("axis", -1 if op.opset >= 13 else 1)
    if term.rows is not None or term.view or not term.axes:
        term = made.plain(term, op.name, term.rank or 2)
    if not -term.rank <= axis < term.rank:
        raise Unreadable("its axis is none of the tensor's")
    axis %= term.rank
    if op.opset < 13 and axis != term.rank - 1:
        rest = (term.shape or ())[axis + 1 :]
        if not rest or any(dim != 1 for dim in rest):
            raise Unreadable("it takes several axes together")
    own = term.axes[axis]
    if own == 0:
        raise Unreadable("it takes samples together")
    if op.type == "LogSoftmax":
        if own != term.rank - 1:
            raise Unreadable("it is along another axis than the last")
        return [made.one("Activation", term, {"activation": "log_softmax"}, op.name)]
    return [made.one("Softmax", term, {"axis": own if own != term.rank - 1 else -1}, op.name)]


@reads("Identity")
def read_identity(made: Reader, op: Operation) -> Tensors:
    return [made.one("Identity", op.term(), {}, op.name)]


@reads("Dropout")
def read_dropout(made: Reader, op: Operation) -> Tensors:
    if any(op.used[1:]):
        raise Unreadable("what it drops is used")
    rate = op.scalar(1, "ratio", 0.5)
    term = made.one("Dropout", op.term(), {"rate": short(rate or 0.0)}, op.name)
    return [term]


@reads("Cast")
def read_cast(made: Reader, op: Operation) -> Tensors:
    """Whole numbers become floats by a layer, unless all that uses them takes them as they are;
    lookups take floats as whole numbers.
    """
    term, target = op.term(), DTYPES.get(op.whole("to", 0), "")
    given = term.tensor.dtype if term.tensor else "float32"
    if target.startswith("float") and given.startswith(("int", "uint", "bool")):
        users = made.consumers.get(op.node.output[0], ())
        if op.node.output[0] not in made.outputs and all(
            _takes_any(made, op, one) for one in users
        ):
            return [term]
        return [made.one("Rescaling", term, {"scale": 1.0}, op.name)]
    if target.startswith("float") or (given.startswith(("int", "uint")) and "int" in target):
        return [term]
    if target == "bool" and (given == "bool" or op.node.input[0] in made.truths):
        made.truths.update(op.node.output)
        return [term]
    users = made.consumers.get(op.node.output[0], ())
    if "int" in target and users and all(user.op_type == "Gather" for user in users):
        return [term]
    raise Unreadable(f"it makes {target or 'something'} of {given}")


def _takes_any(made: Reader, op: Operation, user: Any) -> bool:
    """Whether the layer of an operation takes whole numbers, and gives floats."""
    consts = [made.constants.get(end) for end in user.input if end != op.node.output[0]]
    if user.op_type in ("Conv", "Gemm", "MatMul"):
        return user.input[0] == op.node.output[0] and None not in consts
    return user.op_type in ("Add", "Div", "Mul", "Sub") and all(
        one is not None and one.array.size == 1 for one in consts
    )
