"""Arithmetic with constants, within bounds: see :mod:`exporters.onnx.folding`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.register import Unreadable
from exporters.weights import Array

MAX_COMPUTED = 1_000_000
"""Numbers that an operation other than a turn may compute."""

Fold = Callable[[Operation, list[Array]], list[Array]]
"""Computes the results of an operation on constants. Raises Unreadable."""


def bounded(arrays: Sequence[Array]) -> None:
    """Refuse arrays that are large together. Raises Unreadable."""
    room(sum(array.size for array in arrays))


def together(arrays: Sequence[Array]) -> None:
    """Refuse what would come of arrays number by number, before it is there. Raises Unreadable."""
    bounded(arrays)
    room(math.prod(np.broadcast_shapes(*(array.shape for array in arrays))))


def room(count: int) -> None:
    """Refuse so many numbers where they are too many. Raises Unreadable."""
    if count > MAX_COMPUTED:
        raise Unreadable("its constants are too large to compute with")


def arithmetic(function: Callable[[Array, Array], Array]) -> Fold:
    """Of two arrays, number by number."""

    def compute(op: Operation, arrays: list[Array]) -> list[Array]:
        together(arrays)
        one, two = arrays
        return [np.asarray(function(one, two), one.dtype)]

    return compute


def each(function: Callable[[Array], Array]) -> Fold:
    """Of every number for itself."""

    def compute(op: Operation, arrays: list[Array]) -> list[Array]:
        bounded(arrays)
        with np.errstate(all="ignore"):
            return [np.asarray(function(arrays[0]), arrays[0].dtype)]

    return compute


def divide(one: Array, two: Array) -> Array:
    """A quotient; of whole numbers towards 0. Raises Unreadable."""
    if one.dtype.kind in "iu":
        if not np.all(two):
            raise Unreadable("it divides by 0")
        return np.asarray(np.trunc(one / two))
    with np.errstate(all="ignore"):
        return np.asarray(one / two)


def whether(function: Callable[..., Array]) -> Fold:
    """Of one or two arrays, true or false."""

    def compute(op: Operation, arrays: list[Array]) -> list[Array]:
        together(arrays)
        return [np.asarray(function(*arrays))]

    return compute


def modulo(op: Operation, arrays: list[Array]) -> list[Array]:
    """A remainder. Raises Unreadable."""
    together(arrays)
    one, two = arrays
    if one.dtype.kind in "iu" and not np.all(two):
        raise Unreadable("it divides by 0")
    with np.errstate(all="ignore"):
        made = np.fmod(one, two) if op.whole("fmod", 0) else np.mod(one, two)
    return [np.asarray(made, one.dtype)]


def reduced(function: Callable[..., Array]) -> Fold:
    """Of all numbers along some axes."""

    def compute(op: Operation, arrays: list[Array]) -> list[Array]:
        bounded(arrays)
        axes = op.values(1, "axes")
        keeps = bool(op.whole("keepdims", 1))
        made = function(arrays[0], axis=None if axes is None else tuple(axes), keepdims=keeps)
        return [np.asarray(made, arrays[0].dtype)]

    return compute


def length(array: Array, **along: Any) -> Array:
    """The root of the sum of squares."""
    return np.asarray(np.sqrt(np.sum(np.square(array), **along)))


def of_all(function: Callable[[Array, Array], Array]) -> Fold:
    """Of as many as there are, one after the other."""

    def compute(op: Operation, arrays: list[Array]) -> list[Array]:
        together(arrays)
        return [np.asarray(reduce(function, arrays), arrays[0].dtype)]

    return compute


def multiplied(op: Operation, arrays: list[Array]) -> list[Array]:
    """A product of matrices, or of stacks of them. Raises Unreadable."""
    bounded(arrays)
    one, two = arrays
    stack = np.broadcast_shapes(one.shape[:-2], two.shape[:-2])
    room(math.prod(stack) * math.prod(one.shape[-2:]) * (two.shape[-1] if two.ndim > 1 else 1))
    return [np.asarray(one @ two, one.dtype)]


def summed(op: Operation, arrays: list[Array]) -> list[Array]:
    """Sums up to each place. Raises Unreadable."""
    bounded(arrays)
    if op.whole("exclusive", 0) or op.whole("reverse", 0):
        raise Unreadable("it adds up from the end")
    return [np.cumsum(arrays[0], axis=int(arrays[1].ravel()[0]), dtype=arrays[0].dtype)]


def limited(op: Operation, arrays: list[Array]) -> list[Array]:
    """Numbers within limits. Raises Unreadable."""
    bounded(arrays)
    low, high = op.scalar(1, "min", None), op.scalar(2, "max", None)
    if low is None and high is None:
        return arrays[:1]
    return [np.asarray(np.clip(arrays[0], low, high), arrays[0].dtype)]
