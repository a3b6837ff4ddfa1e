"""Operations on constants alone, computed while a file is read: shapes put together from parts, and
weights that are turned before they are used.

Sizes that are not known until the network runs are numbers here that no real size is; a shape that
such a number comes back in has an unknown axis there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from exporters.onnx.constant_arithmetic import (
    MAX_COMPUTED,
    Fold,
    arithmetic,
    bounded,
    divide,
    each,
    length,
    limited,
    modulo,
    multiplied,
    of_all,
    reduced,
    room,
    summed,
    together,
    whether,
)
from exporters.onnx.data import DTYPES
from exporters.onnx.operation import Operation
from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Const, Term
from exporters.weights import Array
from layers.tensor import Dim

UNKNOWN_SIZES = (99_999_989, 99_999_971, 99_999_959, 99_999_941, 99_999_931, 99_999_847)
"""What stands for the unknown sizes of a file, the batch first: primes, so that a product with one
of them is recognised.
"""

MEASURING = frozenset({"Shape", "Size"})
"""Operations whose result does not depend on the numbers."""
MOVING = frozenset(
    {"Cast", "Concat", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Unsqueeze"}
)
"""Operations that compute nothing."""

LEAST_GUESS = min(UNKNOWN_SIZES) // 1000
"""What a stand-in is not below, even where it was divided."""

MAX_WEIGHTS = 100_000_000
"""Numbers of a constant that are turned into floats."""


def known_dim(size: int) -> Dim:
    """A size, None where it stands for an unknown one."""
    return None if any(size % one == 0 for one in UNKNOWN_SIZES) and size else size


def is_made_up(one: Const | Term | None) -> bool:
    """Whether a constant has numbers that were made of stand-ins, and so mean nothing."""
    return isinstance(one, Const) and one.is_guess and _has_stand_ins(one.array)


def _has_stand_ins(array: Array) -> bool:
    """Whether there are numbers of their size; as floats they are no multiples of them any more."""
    # Large ones are filled with a number, and have no memory of their own.
    first = np.asarray(array.flat[:1000], "float64")
    return bool(np.any(np.abs(first) >= LEAST_GUESS))


def fold(op: Operation) -> list[Const]:
    """The result of an operation on constants. Raises Unreadable."""
    function = FOLDS.get(op.type)
    given = [one for one in op.inputs if isinstance(one, Const)]
    if function is None or len(given) != sum(one is not None for one in op.inputs):
        raise Unreadable("it is not one that is computed here")
    try:
        arrays = function(op, [one.array for one in given])
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError, MemoryError):
        raise Unreadable("its constants do not fit together") from None
    known = all(one.known for one in given)
    guessed = any(one.is_guess for one in given) and op.type not in MEASURING
    return [
        Const(array, known, name, guessed and _is_guess(op, array))
        for array, name in zip(arrays, op.node.output, strict=False)
    ]


def _is_guess(op: Operation, array: Array) -> bool:
    """Whether what comes of stand-ins has some in it; of what is computed with them, all is."""
    return op.type not in MOVING or _has_stand_ins(array)


def _is_repeated(array: Array) -> bool:
    """Whether an array has more numbers than it keeps; a copy would have them all."""
    return any(not step and size > 1 for step, size in zip(array.strides, array.shape, strict=True))


def filled(shape: Sequence[int], value: object, dtype: str) -> Array:
    """An array of one number without memory of its own. Raises Unreadable."""
    if any(dim < 0 for dim in shape) or len(shape) > 16 or math.prod(shape) > 2**40:
        raise Unreadable("its shape is impossible")
    return np.broadcast_to(np.asarray(value, dtype), tuple(shape))


def _cast(op: Operation, arrays: list[Array]) -> list[Array]:
    name = DTYPES.get(op.whole("to", 0))
    if name is None:
        raise Unreadable("its dtype is not known")
    array = arrays[0]
    if all(not step for step in array.strides) and array.size:
        return [filled(array.shape, array[(0,) * array.ndim], name)]
    if _is_repeated(array):
        bounded([array])
    with np.errstate(all="ignore"):
        return [array.astype(name, copy=False)]


def _concatenate(op: Operation, arrays: list[Array]) -> list[Array]:
    bounded(arrays)
    return [np.concatenate(arrays, axis=op.whole("axis", 0))]


def _gather(op: Operation, arrays: list[Array]) -> list[Array]:
    bounded(arrays)
    axis = op.whole("axis", 0)
    room(arrays[1].size * (arrays[0].size // max(arrays[0].shape[axis], 1)))
    made = np.take(arrays[0], arrays[1].astype("int64"), axis=axis)
    return [np.asarray(made)]


def _unsqueeze(op: Operation, arrays: list[Array]) -> list[Array]:
    axes = op.values(1, "axes") or []
    return [np.expand_dims(arrays[0], tuple(axes))]


def _squeeze(op: Operation, arrays: list[Array]) -> list[Array]:
    axes = op.values(1, "axes")
    return [np.squeeze(arrays[0], None if axes is None else tuple(axes))]


def _reshape(op: Operation, arrays: list[Array]) -> list[Array]:
    array, target = arrays[0], op.values(1, "shape") or []
    dims = [array.shape[axis] if dim == 0 else dim for axis, dim in enumerate(target)]
    if all(not step for step in array.strides) and array.size and -1 not in dims:
        return [filled(dims, array[(0,) * array.ndim], array.dtype.name)]
    if _is_repeated(array):
        bounded([array])
    return [array.reshape(dims)]


def _transpose(op: Operation, arrays: list[Array]) -> list[Array]:
    order = op.ints("perm")
    return [arrays[0].transpose(order)]


def _slice(op: Operation, arrays: list[Array]) -> list[Array]:
    array = arrays[0]
    starts, ends = op.values(1, "starts") or [], op.values(2, "ends") or []
    axes = op.values(3, "axes")
    axes = list(range(len(starts))) if axes is None else axes
    steps = op.values(4) or [1] * len(starts)
    cuts: list[slice] = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        last = None if step < 0 and end < -array.shape[axis] else end
        cuts[axis] = slice(start, last, step)
    return [array[tuple(cuts)]]


def _fill(op: Operation, arrays: list[Array]) -> list[Array]:
    value = next((item.t for item in op.node.attribute if item.name == "value"), None)
    shape = [int(dim) for dim in arrays[0].ravel()[:17]]
    if value is None:
        return [filled(shape, 0, "float32")]
    name = DTYPES.get(value.data_type, "float32")
    given = [*value.float_data, *value.int64_data, *value.int32_data, *value.double_data][:1]
    if value.raw_data:
        size = np.dtype(name).itemsize
        given = np.frombuffer(value.raw_data[:size], name).tolist()
    return [filled(shape, given[0] if given else 0, name)]


def _range(op: Operation, arrays: list[Array]) -> list[Array]:
    start, stop, step = (one.ravel()[0] for one in arrays)
    if not step or abs((stop - start) / step) > MAX_COMPUTED:
        raise Unreadable("it has too many numbers")
    return [np.arange(start, stop, step, dtype=arrays[0].dtype)]


def _expand(op: Operation, arrays: list[Array]) -> list[Array]:
    shape = np.broadcast_shapes(arrays[0].shape, tuple(int(dim) for dim in arrays[1].ravel()[:17]))
    return [np.broadcast_to(arrays[0], shape)]


def _where(op: Operation, arrays: list[Array]) -> list[Array]:
    together(arrays)
    return [np.where(arrays[0].astype(bool), arrays[1], arrays[2])]


def _triangle(op: Operation, arrays: list[Array]) -> list[Array]:
    bounded(arrays[:1])
    offset = int(arrays[1].ravel()[0]) if len(arrays) > 1 else 0
    return [(np.triu if op.whole("upper", 1) else np.tril)(arrays[0], offset)]


def _split(op: Operation, arrays: list[Array]) -> list[Array]:
    """Parts of an array, which are views of it."""
    array, count = arrays[0], len(op.node.output)
    axis = op.whole("axis", 0)
    lengths = op.values(1, "split")
    if lengths is None:
        part = -(-array.shape[axis] // count)
        lengths = [min(part, array.shape[axis] - part * place) for place in range(count)]
    if min(lengths) < 0 or sum(lengths) != array.shape[axis] or len(lengths) != count:
        raise Unreadable("its parts are not known")
    return list(np.split(array, np.cumsum(lengths)[:-1], axis))


def _tiled(op: Operation, arrays: list[Array]) -> list[Array]:
    bounded(arrays)
    times = op.values(1) or []
    if len(times) != arrays[0].ndim or min(times, default=0) < 0:
        raise Unreadable("its constants do not fit together")
    room(arrays[0].size * math.prod(times))
    return [np.tile(arrays[0], times)]


def _flattened(op: Operation, arrays: list[Array]) -> list[Array]:
    bounded(arrays)
    shape = arrays[0].shape
    axis = op.whole("axis", 1)
    axis = axis + len(shape) if axis < 0 else axis
    return [arrays[0].reshape(math.prod(shape[:axis]), -1 if axis < len(shape) else 1)]


def _shape(op: Operation, arrays: list[Array]) -> list[Array]:
    sizes = np.asarray(arrays[0].shape, "int64")
    return [sizes[op.whole("start", 0) : op.attribute("end")]]


def dequantized(
    whole: Array, scale: Array, zero: Array | None, op: Operation, axis: int = 1
) -> Array:
    """The numbers that whole ones stand for, with one factor or one for each place of an axis.

    Raises:
        Unreadable: where it does not say how, or they are too many.
    """
    if whole.size > MAX_WEIGHTS:
        raise Unreadable("its constants are too large to compute with")
    if _is_repeated(whole):
        bounded([whole])
    if op.whole("block_size", 0):
        raise Unreadable("its factors are those of blocks")
    shape = [1] * whole.ndim
    if scale.size > 1:
        axis = op.whole("axis", axis) % whole.ndim
        if scale.size != whole.shape[axis]:
            raise Unreadable("its factors do not fit its numbers")
        shape[axis] = scale.size
    made = whole.astype("float32")
    if zero is not None:
        made -= zero.astype("float32").reshape(shape if zero.size > 1 else [1] * whole.ndim)
    made *= scale.astype("float32").reshape(shape if scale.size > 1 else [1] * whole.ndim)
    return made


def _dequantized(op: Operation, arrays: list[Array]) -> list[Array]:
    return [dequantized(arrays[0], arrays[1], arrays[2] if len(arrays) > 2 else None, op)]


FOLDS: dict[str, Fold] = {
    "Add": arithmetic(np.add),
    "Sub": arithmetic(np.subtract),
    "Mul": arithmetic(np.multiply),
    "Div": arithmetic(divide),
    "DequantizeLinear": _dequantized,
    "And": whether(np.logical_and),
    "Cos": each(np.cos),
    "Exp": each(np.exp),
    "Greater": whether(np.greater),
    "GreaterOrEqual": whether(np.greater_equal),
    "Less": whether(np.less),
    "LessOrEqual": whether(np.less_equal),
    "Mod": modulo,
    "Not": whether(np.logical_not),
    "Or": whether(np.logical_or),
    "Pow": arithmetic(np.power),
    "Sin": each(np.sin),
    "Trilu": _triangle,
    "Neg": each(np.negative),
    "Sqrt": each(np.sqrt),
    "Floor": each(np.floor),
    "Ceil": each(np.ceil),
    "Abs": each(np.abs),
    "Cast": _cast,
    "Concat": _concatenate,
    "ConstantOfShape": _fill,
    "Equal": whether(np.equal),
    "Expand": _expand,
    "Gather": _gather,
    "Identity": lambda op, arrays: arrays[:1],
    "Range": _range,
    "Clip": limited,
    "CumSum": summed,
    "Flatten": _flattened,
    "Log": each(np.log),
    "MatMul": multiplied,
    "Max": of_all(np.maximum),
    "Min": of_all(np.minimum),
    "Reciprocal": each(np.reciprocal),
    "ReduceL2": reduced(length),
    "ReduceMax": reduced(np.max),
    "ReduceMean": reduced(np.mean),
    "ReduceMin": reduced(np.min),
    "ReduceProd": reduced(np.prod),
    "ReduceSum": reduced(np.sum),
    "Split": _split,
    "Sum": of_all(np.add),
    "Tanh": each(np.tanh),
    "Tile": _tiled,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Where": _where,
}
"""Operations that are computed, by type."""
