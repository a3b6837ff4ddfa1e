"""Operations on each value alone, and on the values of two tensors at one place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exporters.operations.making import End, Making, rule
from exporters.operations.operation import Operation, Place

MERGES = {
    "add": "Add",
    "multiply": "Multiply",
    "subtract": "Subtract",
    "maximum": "Maximum",
    "minimum": "Minimum",
}
FUNCTIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "silu",
    "selu": "selu",
    "softplus": "softplus",
    "softsign": "softsign",
    "exp": "exponential",
    "log_sigmoid": "log_sigmoid",
    "mish": "mish",
    "hard_tanh": "hard_tanh",
    "tanh_shrink": "tanh_shrink",
    "sparse_plus": "sparse_plus",
    "sparse_sigmoid": "sparse_sigmoid",
}
USUAL: dict[str, dict[str, float]] = {
    "celu": {"slope": 1.0},
    "soft_shrink": {"threshold": 0.5},
    "hard_shrink": {"threshold": 0.5},
    "squareplus": {"y": 4},
    "sparsemax": {"axis": -1},
}
"""Functions that are those of the catalogue for these arguments only."""
MAX_CONSTANTS = 4096
"""Numbers of a constant that a layer may have one by one."""
MAX_REPEATED = 16
"""How often each is written at most, but for few: the numbers of a network
stay in proportion to its file.
"""
LIKE = {"zeros_like": 0.0, "ones_like": 1.0, "full_like": None}
LAST = ("channels_last", "NHWC", "NWC", "NDHWC", "N...C")
"""What stands for channels last."""
POWERS = {"sqrt": 0.5, "rsqrt": -0.5, "reciprocal": -1.0}


@rule("add", "subtract", "multiply", "divide", "maximum", "minimum", "bias_add")
def two(making: Making, operation: Operation) -> End | None:
    """Two tensors, or a tensor and numbers."""
    arrangement = operation.get("data_format", LAST[0])
    if not operation.only("x", "y", "data_format") or arrangement not in LAST:
        return None
    name = "add" if operation.name == "bias_add" else operation.name
    x, y = operation.get("x"), operation.get("y")
    first, second = making.end(x), making.end(y)
    if first and second:
        if making.tensor(first).rank != making.tensor(second).rank:
            return None
        if name == "divide":
            if not is_float(making, first) or not is_float(making, second):
                return None
            return making.layer("Multiply", first, making.layer("Power", second, power=-1.0))
        return making.layer(MERGES[name], first, second)
    end = first or second
    number = numbers(y if first else x)
    if end is None or not is_float(making, end):
        return None
    if number is None:
        return _by_values(making, end, name, y if first else x, is_first=first is not None)
    if _depth(y if first else x) > making.tensor(end).rank:
        # The result has as many axes as the numbers.
        return None
    if name in ("maximum", "minimum"):
        return _bounded(making, end, name, number)
    return _scaled(making, end, name, number, is_first=first is not None)


def _depth(value: Any) -> int:
    """How many axes numbers in lists have."""
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth


def _bounded(making: Making, end: End, name: str, limit: Any) -> End:
    """The larger or the smaller of a tensor and numbers, to the last bit. Raises Invalid."""
    if (name, limit) == ("maximum", 0):
        return making.layer("ReLU", end)
    return making.layer(MERGES[name], end, constant(making, end, limit))


def constant(making: Making, end: End, value: Any) -> End:
    """Numbers in the shape of a tensor. Raises Invalid."""
    # Zeros first: zero times infinity is no number.
    nothing = making.layer("ReLU", end, max_value=0.0)
    return making.layer("Rescaling", nothing, scale=0.0, offset=value)


def _by_values(making: Making, end: End, name: str, given: Any, *, is_first: bool) -> End | None:
    """A tensor with a number for each of its values added or multiplied: as one long axis, whose
    places have factors and shifts.
    """
    shape = making.tensor(end).shape
    sizes = [dim for dim in shape[1:] if dim is not None]
    if not isinstance(given, list) or len(sizes) < len(shape) - 1:
        return None
    if math.prod(sizes) > MAX_CONSTANTS:
        return None
    array = np.asarray(given)
    if array.dtype.kind not in "if" or array.ndim > len(shape):
        return None
    if not math.prod(sizes) / MAX_REPEATED - MAX_REPEATED <= array.size <= MAX_CONSTANTS:
        return None
    if array.ndim == len(shape):
        if len(array) != 1:
            return None
        array = array[0]
    values: list[float] = np.broadcast_to(array, sizes).reshape(-1).tolist()
    row = making.layer("Reshape", end, target_shape=[len(values)])
    if name in MERGES and name not in ("add", "subtract", "multiply"):
        made: End | None = _bounded(making, row, name, values)
    else:
        made = _scaled(making, row, name, values, is_first=is_first)
    return making.layer("Reshape", made, target_shape=sizes) if made else None


def _scaled(making: Making, end: End, name: str, number: Any, *, is_first: bool) -> End | None:
    """A tensor with numbers added or multiplied, the tensor standing first or not."""
    values = number if isinstance(number, list) else [number]
    single = not isinstance(number, list)
    if name == "divide":
        if not is_first:
            inverse = making.layer("Power", end, power=-1.0)
            return making.layer("Rescaling", inverse, scale=number)
        values = [1 / value for value in values]
    if name == "subtract" and is_first:
        values = [-value for value in values]
    shown = values[0] if single else values
    if name in ("multiply", "divide"):
        return making.layer("Rescaling", end, scale=shown)
    scale = -1.0 if name == "subtract" and not is_first else 1.0
    return making.layer("Rescaling", end, scale=scale, offset=shown)


@rule("add_n")
def add_n(making: Making, operation: Operation) -> End | None:
    ends = [making.end(item) for item in operation.get("x", [])]
    found = [end for end in ends if end]
    if len(found) != len(ends) or not operation.only("x"):
        return None
    return making.layer("Add", *found) if len(found) > 1 else None


LOGARITHMS: dict[str, dict[str, Any]] = {
    "log": {},
    "log1p": {"shift": 1.0},
    "log2": {"base": 2.0},
    "log10": {"base": 10.0},
}


@rule(*FUNCTIONS, "identity", "linear", "cast", "negative", "abs", "square", *LOGARITHMS, *POWERS)
def one(making: Making, operation: Operation) -> End | None:
    """A function of each value."""
    end, name = making.end(operation.get("x")), operation.name
    if end is None:
        return None
    if name == "cast":
        wanted, dtype = operation.get("dtype"), making.tensor(end).dtype
        if not operation.only("x", "dtype"):
            return None
        if wanted == "float32" and dtype.startswith(("bool", "int", "uint")):
            return making.layer("Rescaling", end, scale=1.0)
        return making.layer("Identity", end) if wanted == dtype else None
    if not is_float(making, end):
        return None
    if name == "relu" and operation.only("x", "slope", "max_value", "threshold"):
        given = {
            "negative_slope": operation.get("slope", 0.0),
            "max_value": operation.get("max_value"),
            "threshold": operation.get("threshold", 0.0),
        }
        if given != {"negative_slope": 0.0, "max_value": None, "threshold": 0.0}:
            return making.layer("ReLU", end, **given)
    elif not operation.only("x"):
        return None
    if name in FUNCTIONS:
        return making.layer("Activation", end, activation=FUNCTIONS[name])
    if name in POWERS:
        return making.layer("Power", end, power=POWERS[name])
    if name in LOGARITHMS:
        return making.layer("Log", end, **LOGARITHMS[name])
    return {
        "negative": lambda: making.layer("Rescaling", end, scale=-1.0),
        "square": lambda: making.layer("Multiply", end, end),
        "abs": lambda: making.layer("AbsVal", end),
    }.get(name, lambda: making.layer("Identity", end))()


@rule(*USUAL)
def usual(making: Making, operation: Operation) -> End | None:
    """Functions whose arguments are those that they usually have."""
    end, name = making.end(operation.get("x")), operation.name
    given = {key: operation.get(key, value) for key, value in USUAL[name].items()}
    if end is None or given != USUAL[name] or not operation.only("x", *given):
        return None
    return making.layer("Activation", end, activation=name) if is_float(making, end) else None


@rule("glu")
def gated(making: Making, operation: Operation) -> End | None:
    """The first half of an axis times the sigmoid of the second."""
    end = making.end(operation.get("x"))
    if end is None or not operation.only("x", "axis") or not is_float(making, end):
        return None
    value, gate = making.several("Slice", end, axis=operation.get("axis", -1), count=2)
    return making.layer("Multiply", value, making.layer("Activation", gate, activation="sigmoid"))


@rule("expm1")
def less_one(making: Making, operation: Operation) -> End | None:
    end = making.end(operation.get("x"))
    if end is None or not operation.only("x") or not is_float(making, end):
        return None
    made = making.layer("Activation", end, activation="exponential")
    return making.layer("Rescaling", made, scale=1.0, offset=-1.0)


@rule(*LIKE)
def like(making: Making, operation: Operation) -> End | None:
    """One number in the shape of a tensor."""
    end, value = making.end(operation.get("x")), LIKE[operation.name]
    value = operation.get("fill_value") if value is None else value
    if end is None or type(value) not in (int, float) or not is_float(making, end):
        return None
    same = operation.get("dtype", "float32") == "float32"
    plain = operation.only("x", "dtype", "fill_value")
    return constant(making, end, value) if same and plain else None


@rule("pow", "power")
def power(making: Making, operation: Operation) -> End | None:
    base, raised = numbers(operation.get("x")), making.end(operation.get("y"))
    if raised and type(base) in (int, float) and base > 0 and is_float(making, raised):
        is_plain = operation.only("x", "y")
        return making.layer("Exp", raised, base=float(base)) if is_plain else None
    end, exponent = making.end(operation.get("x")), numbers(operation.get("y"))
    if end is None or not operation.only("x", "y") or not is_float(making, end):
        return None
    if exponent == 2:
        return making.layer("Multiply", end, end)
    return None if isinstance(exponent, list) else making.layer("Power", end, power=exponent)


@rule("leaky_relu", "elu", "gelu", "softmax", "log_softmax", "hard_sigmoid", "hard_silu")
def activation(making: Making, operation: Operation) -> End | None:
    """Functions with an argument."""
    end, name = making.end(operation.get("x")), operation.name
    if end is None or not is_float(making, end):
        return None
    slope = operation.get("slope")
    if name == "leaky_relu" and operation.only("x", "slope"):
        return making.layer("LeakyReLU", end, negative_slope=0.2 if slope is None else slope)
    if name == "elu" and operation.only("x", "slope"):
        return making.layer("ELU", end, alpha=1.0 if slope is None else slope)
    if name == "gelu":
        # Keras' operation approximates by default, TensorFlow's does not.
        about = operation.given.get("approximate", not operation.is_tensorflow)
        if not isinstance(about, bool) or not operation.only("x", "approximate"):
            return None
        if about:
            return _gelu_by_tanh(making, end)
        return making.layer("Activation", end, activation="gelu")
    if name == "softmax" and operation.only("x", "axis"):
        return making.layer("Softmax", end, axis=operation.get("axis", -1))
    if name == "log_softmax" and operation.only("x", "axis") and operation.get("axis", -1) == -1:
        return making.layer("Activation", end, activation="log_softmax")
    if name == "hard_sigmoid" and operation.is_tensorflow and operation.only("x"):
        # That of Keras 2: x / 5 + 1/2, cut at 0 and 1.
        return making.layer(
            "ReLU", making.layer("Rescaling", end, scale=0.2, offset=0.5), max_value=1.0
        )
    plain = name in ("hard_sigmoid", "hard_silu") and operation.only("x")
    return making.layer("Activation", end, activation=name) if plain else None


def _gelu_by_tanh(making: Making, end: End) -> End:
    """The approximation x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).

    Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    root = math.sqrt(2 / math.pi)
    cube = making.layer("Power", end, power=3.0, scale=(0.044715 * root) ** (1 / 3))
    line = making.layer("Rescaling", end, scale=root)
    bent = making.layer("Activation", making.layer("Add", line, cube), activation="tanh")
    half = making.layer("Rescaling", bent, scale=0.5, offset=0.5)
    return making.layer("Multiply", end, half)


@rule("clip")
def clip(making: Making, operation: Operation) -> End | None:
    end = making.end(operation.get("x"))
    low, high = numbers(operation.get("low")), numbers(operation.get("high"))
    if end is None or not operation.only("x", "low", "high") or not is_float(making, end):
        return None
    if low is None or high is None:
        return None
    if low == 0:
        return making.layer("ReLU", end, max_value=high)
    return _bounded(making, _bounded(making, end, "minimum", high), "maximum", low)


@rule("l2_normalize")
def l2_normalize(making: Making, operation: Operation) -> End | None:
    end = making.end(operation.get("x"))
    usual = operation.get("epsilon", 1e-12) == 1e-12
    if end is None or not usual or not operation.only("x", "axis", "epsilon"):
        return None
    axis = operation.get("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    return making.layer("UnitNormalization", end, axis=axis)


def is_float(making: Making, end: End) -> bool:
    return making.tensor(end).dtype == "float32"


def numbers(value: Any) -> Any:
    """A number, or a list of one for each channel; None where it is neither."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        (value,) = value
    items = value if isinstance(value, list) else [value]
    if isinstance(value, Place) or not items:
        return None
    return value if all(type(item) in (int, float) for item in items) else None
