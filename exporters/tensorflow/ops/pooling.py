"""Pooling in windows and over whole images; resizing."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.tensorflow.ops.convolution import order_of, spatial
from exporters.tensorflow.ops.steps import without
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from layers.tensor import product

_KINDS = {
    "MaxPool": ("MaxPooling", 4),
    "MaxPoolWithArgmax": ("MaxPooling", 4),
    "AvgPool": ("AveragePooling", 4),
    "MaxPool3D": ("MaxPooling", 5),
    "AvgPool3D": ("AveragePooling", 5),
}


def pooling(reader: Reader, op: Op) -> Value:
    stem, rank = _KINDS[op.kind]
    order = order_of(op, rank)
    padding = op.attr("padding", "VALID")
    if padding not in ("VALID", "SAME") or reader.uses.keys() & {(op.name, 1)}:
        # Nobody else gives the places of the largest values.
        raise NotKnown
    params = {
        "pool_size": spatial(op, "ksize", rank),
        "strides": spatial(op, "strides", rank),
        "padding": padding.lower(),
    }
    signal = reader.signal(op, 0, order)
    return reader.layer(op, f"{stem}{rank - 2}D", params, [signal], order=order)


reads(*_KINDS)(pooling)


@reads("visualnn.Pooling1D")
def pooling_1d(reader: Reader, op: Op) -> Value:
    """A pooling over an axis that was put in for it."""
    axis, stem = op.attr("axis"), op.attr("stem")
    size, strides = spatial(op, "ksize", 4), spatial(op, "strides", 4)
    padding = op.attr("padding", "VALID")
    if padding not in ("VALID", "SAME") or size[axis - 1] != 1 or order_of(op, 4):
        raise NotKnown
    params = {
        "pool_size": size[2 - axis],
        "strides": strides[2 - axis],
        "padding": padding.lower(),
    }
    return reader.layer(op, f"{stem}1D", params, [reader.signal(op, 0)])


@reads("visualnn.GlobalPooling")
def global_pooling(reader: Reader, op: Op) -> Value:
    """The mean or maximum over all spatial axes."""
    found, axes = _along(reader, op)
    rank = len(found.shape or ())
    keepdims = bool(op.attr("keep_dims"))
    if op.attr("stem") == "Average" and "int" in found.dtype:
        # A mean of whole numbers is one, too.
        raise NotKnown
    if axes != list(range(1, rank - 1)) or rank not in (3, 4, 5):
        if op.attr("stem") != "Average":
            return _largest(reader, op, found, axes, is_kept=keepdims)
        return reduced(reader, op, found, axes, "MEAN", is_kept=keepdims)
    kind = f"Global{op.attr('stem')}Pooling{rank - 2}D"
    kept = found.order if keepdims else None
    return reader.layer(op, kind, {"keepdims": keepdims}, [found], order=kept)


def _largest(reader: Reader, op: Op, signal: Signal, axes: list[int], *, is_kept: bool) -> Value:
    """The maximum along some of our axes, as that of the steps of a sequence. Raises NotKnown."""
    shape = signal.shape or ()
    rank = len(shape)
    rest = [axis for axis in range(1, rank) if axis not in axes]
    kept, along = (product(shape[axis] for axis in group) for group in (rest, axes))
    if not axes or 0 in axes or not (rest or is_kept) or kept is None or along is None:
        raise NotKnown
    made = signal
    if [*axes, *rest] != list(range(1, rank)):
        dims = {"dims": [*axes, *rest]}
        made = reader.layer(None, "Permute", dims, [made], name=f"{op.name}_first")
    steps = {"target_shape": [along, kept]}
    made = reader.layer(None, "Reshape", steps, [made], name=f"{op.name}_steps")
    made = reader.layer(op, "GlobalMaxPooling1D", {}, [made])
    own = [1 if axis in axes else shape[axis] for axis in range(1, rank)]
    target = own if is_kept else [shape[axis] for axis in rest]
    order = signal.order if is_kept else without(signal.order or tuple(range(rank)), set(axes))
    if target == [kept]:
        return Signal(made.end, made.shape, made.dtype, order)
    name = f"{op.name}_axes"
    return reader.layer(None, "Reshape", {"target_shape": target}, [made], name=name, order=order)


@reads("Sum")
def total(reader: Reader, op: Op) -> Value:
    """The sum along some axes."""
    found, axes = _along(reader, op)
    return reduced(reader, op, found, axes, "SUM", is_kept=bool(op.attr("keep_dims")))


def _along(reader: Reader, op: Op) -> tuple[Signal, list[int]]:
    """What is reduced, and along which of our axes. Raises NotKnown."""
    found = reader.value(op, 0)
    if not isinstance(found, Signal) or found.shape is None or found.rows is not None:
        raise NotKnown
    rank = len(found.shape)
    order = found.order or tuple(range(rank))
    return found, sorted(order[axis % rank] for axis in reader.whole(op, 1))


def reduced(
    reader: Reader, op: Op, signal: Signal, axes: list[int], operation: str, *, is_kept: bool
) -> Value:
    """What is left when some of our axes are added up; with axes of one in their places."""
    shape = signal.shape or ()
    rank = len(shape)
    rest = [axis for axis in range(rank) if axis not in axes]
    target = [1 if axis in axes else shape[axis] for axis in range(1, rank)]
    if not axes or 0 in axes or signal.dtype != "float32" or (is_kept and None in target):
        raise NotKnown
    last = signal
    if [*rest, *axes] != list(range(rank)):
        dims = [*rest[1:], *axes]
        last = reader.layer(None, "Permute", {"dims": dims}, [signal], name=f"{op.name}_last")
    order = without(signal.order or tuple(range(rank)), set(axes))
    params = {"operation": operation, "axis": len(rest)}
    made = reader.layer(op, "Reduction", params, [last], order=order)
    if not is_kept:
        return made
    name = f"{op.name}_kept"
    return reader.layer(
        None, "Reshape", {"target_shape": target}, [made], name=name, order=signal.order
    )


@reads("visualnn.UnitNormalization")
def of_length_1(reader: Reader, op: Op) -> Value:
    """Along one axis, which a pattern has found."""
    found = reader.value(op, 0)
    if isinstance(found, Constant) and found.is_known:
        squares = np.sum(np.square(found.array), tuple(reader.whole(op, 1)), keepdims=True)
        made = found.array / np.sqrt(np.maximum(squares, 1e-12))
        return Constant(made.astype(found.array.dtype), True, op.name)
    if not isinstance(found, Signal) or found.shape is None or found.rows is not None:
        raise NotKnown
    rank = len(found.shape)
    axes = [(found.order or tuple(range(rank)))[axis % rank] for axis in reader.whole(op, 1)]
    if len(axes) != 1 or axes[0] == 0:
        raise NotKnown
    params = {"axis": -1 if axes[0] == rank - 1 else axes[0]}
    return reader.layer(op, "UnitNormalization", params, [found], order=found.order)


@reads("ResizeBicubic")
def bicubic(reader: Reader, op: Op) -> Value:
    """Between pixel centres, as Keras has it."""
    signal, (height, width) = reader.signal(op, 0), reader.numbers(op, 1)
    if height is None or width is None or not op.attr("half_pixel_centers"):
        raise NotKnown
    params = {"height": height, "width": width, "interpolation": "bicubic"}
    return reader.layer(op, "Resizing", params, [signal])


@reads("ResizeBilinear", "ResizeNearestNeighbor")
def resize(reader: Reader, op: Op) -> Value:
    """To a size that is known, or by factors: between pixel centres, or repeated a whole number of
    times, as in Keras; by corners or origins, as TensorFlow 1 did.
    """
    signal = reader.signal(op, 0)
    interpolation = "bilinear" if op.kind == "ResizeBilinear" else "nearest"
    params: dict[str, Any]
    told = op.attr("visualnn_factors")
    align = "corners" if op.attr("align_corners") else "origin"
    if op.attr("half_pixel_centers"):
        align = "centers"
    # Whole multiples of the nearest value are the same by centres and by origins.
    is_centred = align == "centers" or (align == "origin" and interpolation == "nearest")
    if told and min(told) > 0:
        if is_centred:
            params = {"size": told, "interpolation": interpolation}
            return reader.layer(op, "UpSampling2D", params, [signal])
        params = {"scale": told, "interpolation": interpolation, "align": align}
        return reader.layer(op, "Interpolation2D", params, [signal])
    height, width = reader.numbers(op, 1)
    if signal.shape is None or height is None or width is None:
        raise NotKnown
    own = signal.shape[1:3]
    if None not in own and (height, width) == tuple(own):
        return signal
    factors = [
        target // length if length and target % length == 0 else 0
        for length, target in zip(own, (height, width), strict=True)
    ]
    if all(factors) and is_centred:
        enlarging: dict[str, Any] = {"size": factors, "interpolation": interpolation}
        return reader.layer(op, "UpSampling2D", enlarging, [signal])
    if align != "centers":
        params = {"target_size": [height, width], "interpolation": interpolation, "align": align}
        return reader.layer(op, "Interpolation2D", params, [signal])
    params = {"height": height, "width": width, "interpolation": interpolation}
    return reader.layer(op, "Resizing", params, [signal])
