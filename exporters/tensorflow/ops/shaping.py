"""Axes: reshaped, exchanged, padded, joined and taken apart; and the arithmetic of shapes that goes
with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from layers.tensor import Shape, product

_NAN = float("nan")
MAX_PARTS = 4096


@reads("Shape")
def shape(reader: Reader, op: Op) -> Value:
    """A shape as numbers, NaN for each that is not known."""
    found = reader.value(op, 0)
    if isinstance(found, Constant):
        return Constant(np.array(found.array.shape, np.int64))
    dims = (found.rows and found.rows) or found.foreign_shape
    if dims is None:
        raise NotKnown
    return Constant(np.array([_NAN if dim is None else dim for dim in dims], np.float64))


@reads("Rank")
def rank(reader: Reader, op: Op) -> Value:
    found = reader.value(op, 0)
    dims = found.array.shape if isinstance(found, Constant) else found.shape
    if dims is None:
        raise NotKnown
    return Constant(np.array(len(dims)))


@reads("Size")
def size(reader: Reader, op: Op) -> Value:
    return Constant(np.array(reader.constant(op, 0).array.size))


@reads("Pack")
def pack(reader: Reader, op: Op) -> Value:
    """Numbers or tensors side by side, along an axis of their own."""
    found = [reader.value(op, place) for place in range(len(op.inputs))]
    parts = [value for value in found if isinstance(value, Constant)]
    axis = int(op.attr("axis", 0))
    if len(parts) == len(found):
        return _joined(parts, axis, stacked=True)
    signals = [value for value in found if isinstance(value, Signal)]
    if len(signals) < len(found):
        raise NotKnown
    return _stacked(reader, op, signals, axis)


def _stacked(reader: Reader, op: Op, signals: list[Signal], axis: int) -> Value:
    """Tensors side by side; where that axis comes first in the graph, it is the second here."""
    plain = [reader.ordered(signal, None) for signal in signals]
    shapes = {signal.shape for signal in plain}
    if len(shapes) != 1 or any(signal.rows is not None for signal in plain):
        raise NotKnown
    shape = shapes.pop()
    rank = len(shape or ())
    place = axis % (rank + 1)
    if shape is None or rank < 2 or shape[1:].count(None) > 1:
        raise NotKnown
    own = place or 1
    rest = [-1 if dim is None else dim for dim in shape[1:]]
    params = {"target_shape": [*rest[: own - 1], 1, *rest[own - 1 :]]}
    parts = [
        reader.layer(None, "Reshape", params, [signal], name=f"{op.name}_part") for signal in plain
    ]
    order = None if place else (1, 0, *range(2, rank + 1))
    if len(parts) == 1:
        return Signal(parts[0].end, parts[0].shape, parts[0].dtype, order)
    axes = {"axis": -1 if own == rank else own}
    return reader.layer(op, "Concatenate", axes, parts, order=order)


def _joined(parts: list[Constant], axis: int, *, stacked: bool) -> Constant:
    arrays = [part.array for part in parts]
    try:
        made = np.stack(arrays, axis) if stacked else np.concatenate(arrays, axis)
    except ValueError:
        raise NotKnown from None
    return Constant(made, all(part.is_known for part in parts), parts[0].origin)


@reads("Prod")
def product_of(reader: Reader, op: Op) -> Value:
    found = reader.constant(op, 0)
    if not found.is_known or found.array.ndim != 1:
        raise NotKnown
    return Constant(np.prod(found.array, keepdims=bool(op.attr("keep_dims"))))


@reads("Range")
def numbers(reader: Reader, op: Op) -> Value:
    start, limit, delta = (reader.whole(op, place)[0] for place in range(3))
    if not delta or (limit - start) // delta > 1024:
        raise NotKnown
    return Constant(np.arange(start, limit, delta))


@reads("Fill")
def filled(reader: Reader, op: Op) -> Value:
    dims, value = reader.whole(op, 0), reader.constant(op, 1)
    if value.array.size != 1 or any(dim < 0 for dim in dims) or (product(dims) or 0) > 2**24:
        raise NotKnown
    return Constant(np.broadcast_to(value.array.reshape(()), dims), value.is_known)


@reads("Reshape")
def reshape(reader: Reader, op: Op) -> Value:
    found = reader.value(op, 0)
    target = reader.numbers(op, 1)
    if isinstance(found, Constant):
        try:
            made = found.array.reshape([-1 if dim is None else dim for dim in target])
        except ValueError:
            raise NotKnown from None
        return Constant(made, found.is_known, found.origin)
    if found.rows is not None:
        return _unmerged(found, target)
    signal = reader.ordered(found, None)
    if signal.shape is None:
        return _of_unknown(reader, op, signal, target)
    own = signal.shape[1:]
    rest: list[int | None] = list(target[1:])
    is_matrix = len(target) == 2 and len(own) >= 2 and target[0] in (-1, None)
    if is_matrix and target[1] == own[-1] and product(own) != own[-1]:
        return Signal(signal.end, signal.shape, signal.dtype, None, signal.shape)
    if not target or not keeps_batch(signal.shape, target):
        raise NotKnown
    if tuple(rest) == own:
        return signal
    if len(rest) == 1:
        return reader.layer(op, "Flatten", {}, [signal])
    dims = [-1 if dim is None else dim for dim in rest]
    if dims.count(-1) > 1:
        raise NotKnown
    return reader.layer(op, "Reshape", {"target_shape": dims}, [signal])


def keeps_batch(shape: Shape, target: list[int | None]) -> bool:
    """Whether a target leaves the first axis what it is."""
    own, rest = product(shape[1:]), [dim for dim in target[1:] if dim not in (-1, None)]
    known = product(rest)
    if target[0] in (-1, None) or target[0] == shape[0]:
        if len(rest) == len(target) - 1:
            return own == known if own is not None else target[0] is None
        return target[0] is None or (target[0] == shape[0] and shape[0] is not None)
    # A batch of one in the file, and no other way to lay out the rest.
    return (
        target[0] == 1
        and own is not None
        and known in (own, *([] if len(rest) == len(target) - 1 else [known]))
    )


def _of_unknown(reader: Reader, op: Op, signal: Signal, target: list[int | None]) -> Value:
    if len(target) < 2 or target[0] not in (-1, None, 1):
        raise NotKnown
    if len(target) == 2:
        return reader.layer(op, "Flatten", {}, [signal])
    dims = [-1 if dim is None else dim for dim in target[1:]]
    return reader.layer(op, "Reshape", {"target_shape": dims}, [signal])


def _unmerged(found: Signal, target: list[int | None]) -> Signal:
    """Back to the axes that were merged for a product of matrices."""
    rows = found.rows or ()
    fits = len(target) == len(rows) and all(
        dim in (None, -1) or own is None or dim == own
        for dim, own in zip(target, rows, strict=True)
    )
    if not fits:
        raise NotKnown
    return Signal(found.end, rows, found.dtype)


@reads("ExpandDims", "Squeeze")
def one_more_or_less(reader: Reader, op: Op) -> Value:
    found = reader.value(op, 0)
    axes = (
        reader.whole(op, 1)
        if op.kind == "ExpandDims"
        else list(op.attr("squeeze_dims") or op.attr("axis") or [])
    )
    if isinstance(found, Constant):
        return _of_constant(op, found, axes)
    signal = reader.ordered(found, None)
    if signal.shape is None:
        raise NotKnown
    dims: list[int | None] = list(signal.shape)
    if op.kind == "ExpandDims":
        axis = axes[0] % (len(dims) + 1)
        if axis == 0:
            raise NotKnown
        dims.insert(axis, 1)
    else:
        gone = (
            {axis % len(dims) for axis in axes}
            if axes
            else {axis for axis, dim in enumerate(dims) if dim == 1}
        )
        if 0 in gone or any(dims[axis] not in (1, None) for axis in gone):
            raise NotKnown
        dims = [dim for axis, dim in enumerate(dims) if axis not in gone]
    rest = dims[1:]
    if not rest or rest.count(None) > 1:
        raise NotKnown
    target = [-1 if dim is None else dim for dim in rest]
    return reader.layer(op, "Reshape", {"target_shape": target}, [signal])


def _of_constant(op: Op, found: Constant, axes: list[int]) -> Constant:
    try:
        if op.kind == "ExpandDims":
            made = np.expand_dims(found.array, axes[0])
        else:
            made = np.squeeze(found.array, tuple(axes) if axes else None)
    except (ValueError, IndexError):
        raise NotKnown from None
    return Constant(made, found.is_known, found.origin)


@reads("Transpose")
def transpose(reader: Reader, op: Op) -> Value:
    """Remembered, not computed: a layer that needs another order asks for it."""
    found, perm = reader.value(op, 0), reader.whole(op, 1)
    if sorted(perm) != list(range(len(perm))):
        raise NotKnown
    if isinstance(found, Constant):
        if found.array.ndim != len(perm):
            raise NotKnown
        return Constant(found.array.transpose(perm), found.is_known, found.origin)
    if found.shape is None or len(found.shape) != len(perm) or found.rows:
        raise NotKnown
    have = found.order or tuple(range(len(perm)))
    order = tuple(have[axis] for axis in perm)
    is_plain = order == tuple(range(len(perm)))
    return Signal(found.end, found.shape, found.dtype, None if is_plain else order)


@reads("ConcatV2", "Concat")
def concat(reader: Reader, op: Op) -> Value:
    place = len(op.inputs) - 1 if op.kind == "ConcatV2" else 0
    (axis,) = reader.whole(op, place)
    places = [other for other in range(len(op.inputs)) if other != place]
    found = [reader.value(op, other) for other in places]
    constants = [value for value in found if isinstance(value, Constant)]
    if len(constants) == len(found):
        return _joined(
            [Constant(np.atleast_1d(item.array), item.is_known, item.origin) for item in constants],
            axis,
            stacked=False,
        )
    signals = [value for value in found if isinstance(value, Signal)]
    if len(signals) < len(found):
        raise NotKnown
    order = signals[0].order
    made = [reader.ordered(signal, order) for signal in signals]
    if len(made) == 1:
        return made[0]
    if made[0].shape is None:
        if axis != -1 and axis != 3:
            raise NotKnown
        return reader.layer(op, "Concatenate", {"axis": -1}, made, order=order)
    rank = len(made[0].shape)
    own = (order or tuple(range(rank)))[axis % rank]
    if own == 0:
        raise NotKnown
    params = {"axis": -1 if own == rank - 1 else own}
    return reader.layer(op, "Concatenate", params, made, order=order)


@reads("Split", "SplitV")
def split(reader: Reader, op: Op) -> list[Value] | Value:
    first = 1 if op.kind == "Split" else 0
    found = reader.value(op, first)
    (axis,) = reader.whole(op, 0 if op.kind == "Split" else 2)
    count = int(op.attr("num_split", 1))
    if not 0 < count <= MAX_PARTS:
        raise NotKnown
    if isinstance(found, Constant):
        try:
            length = found.array.shape[axis]
            sizes = _sizes(reader, op, length, count)
            parts = np.split(found.array, np.cumsum(sizes)[:-1], axis)
        except (ValueError, IndexError):
            raise NotKnown from None
        return [Constant(part, found.is_known, f"{op.name}:{i}") for i, part in enumerate(parts)]
    if count == 1:
        return found
    if found.shape is None or found.rows is not None:
        raise NotKnown
    length_axis = (found.order or tuple(range(len(found.shape))))[axis % len(found.shape)]
    length = found.shape[length_axis]
    if length_axis == 0 or length is None:
        raise NotKnown
    sizes = _sizes(reader, op, length, count)
    points = [int(point) for point in np.cumsum(sizes)[:-1]]
    params: dict[str, Any] = {"axis": length_axis, "slice_points": points, "count": count}
    made = reader.layer(op, "Slice", params, [found], order=found.order)
    outputs: list[Value] = []
    for port, part in enumerate(sizes):
        dims = list(found.shape)
        dims[length_axis] = part
        outputs.append(Signal((made.end[0], port), tuple(dims), found.dtype, found.order))
    return outputs


def _sizes(reader: Reader, op: Op, length: int, count: int) -> list[int]:
    """The lengths of the parts of an axis. Raises NotKnown."""
    sizes = reader.whole(op, 1) if op.kind == "SplitV" else [length // count] * count
    if -1 in sizes:
        sizes[sizes.index(-1)] = length - sum(sizes) - 1
    if len(sizes) != count or sum(sizes) != length or min(sizes) < 1:
        raise NotKnown
    return sizes
