"""Random layers and inputs, drawn with Hypothesis from what the classes declare."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from layers.layer import Example, Layer
from layers.params import (
    Axes,
    Axis,
    Bool,
    Choice,
    Float,
    Inner,
    Int,
    Ints,
    Nullable,
    Numbers,
    Of,
    Param,
    ShapeOf,
    Text,
)
from layers.tensor import Tensor

LARGEST = 9
"""Sizes stay small: a case must take milliseconds."""

OTHER_DTYPES = ("float16", "float64", "int32", "int64", "uint8")
"""Types of all inputs, now and then, whatever the layer is for."""

PLAIN = ("linear", "relu", "tanh")


def value_of(param: Param[Any]) -> st.SearchStrategy[Any]:
    """A legal value of a parameter."""
    match param:
        case Nullable(inner=inner):
            return st.none() | value_of(inner)
        case Of(family=family):
            plain = {"Initializer": "Ones", "Regularizer": "L2", "Constraint": "NonNeg"}
            return st.just(plain[family.__name__])
        case Axis():
            return st.integers(-4, 4)
        case Int(minimum=low, maximum=high):
            least = max(low, -1)
            return st.integers(least, min(high, max(least, 0) + LARGEST))
        case Float(minimum=lowest, maximum=highest):
            start = 0.0 if lowest is None else lowest
            return st.floats(start, start + 1.0 if highest is None else highest)
        case Bool():
            return st.booleans()
        case Choice(choices=choices):
            return st.sampled_from([name for name in PLAIN if name in choices] or list(choices))
        case Ints(length=length, minimum=low):
            return st.lists(st.integers(low, low + 3), min_size=length, max_size=length)
        case ShapeOf():
            return st.lists(st.integers(1, 4), min_size=1, max_size=3)
        case Axes():
            return st.lists(st.integers(-3, 3), min_size=1, max_size=2)
        case Numbers(length=count, whole=whole, minimum=lowest, maximum=highest):
            start = 0.0 if lowest is None else lowest
            end = start + 1.0 if highest is None else min(highest, start + 1.0)
            one: st.SearchStrategy[Any] = st.floats(start, end)
            if whole:
                one = st.integers(int(start), int(end) + 1)
            return st.lists(one, min_size=count or 1, max_size=count or 3)
        case Inner():
            raise NotImplementedError
    raise NotImplementedError(param.kind)


def can_be_drawn(param: Param[Any]) -> bool:
    """Whether values can be made up: not equations, nor layers inside layers."""
    return not isinstance(param.inner if isinstance(param, Nullable) else param, Inner | Text)


@st.composite
def case(draw: st.DrawFn, layer: type[Layer]) -> tuple[dict[str, Any], tuple[Tensor, ...]]:
    """Parameters and inputs: an example of the layer, some of it changed at random."""
    example: Example = draw(st.sampled_from(list(layer.examples)))
    params = dict(example.params)
    for name, param in layer.params.items():
        if can_be_drawn(param) and draw(st.integers(0, 3)) == 0:
            params[name] = draw(value_of(param))
    inputs = tuple(draw(around(tensor)) for tensor in example.inputs)
    if draw(st.integers(0, 9)) == 0:
        dtype = draw(st.sampled_from(OTHER_DTYPES))
        inputs = tuple(Tensor(tensor.shape, dtype) for tensor in inputs)
    return params, inputs


@st.composite
def around(draw: st.DrawFn, tensor: Tensor) -> Tensor:
    """A tensor like a given one, with other sizes and now and then another number of axes."""
    shape = [dim if dim is None or dim <= LARGEST else LARGEST for dim in tensor.shape]
    for axis in range(1, len(shape)):
        if draw(st.integers(0, 2)) == 0:
            shape[axis] = draw(st.integers(1, LARGEST))
        shape[axis] = shape[axis] or draw(st.integers(1, LARGEST))
    odd = draw(st.integers(0, 19))
    if odd == 0:
        shape.append(draw(st.integers(1, 4)))
    elif odd == 1 and len(shape) > 1:
        shape.pop()
    return Tensor(tuple(shape), tensor.dtype)
