"""Convolutions in disguise: dilation by moving space into the batch, and one dimension by an axis
put in for it. Also means and maxima over whole images.
"""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.numbers import number_of
from exporters.tensorflow.program import Op, Program, Ref, ancestors


@ends("BatchToSpaceND")
def dilation(program: Program, op: Op) -> bool:
    """``SpaceToBatchND``, a convolution without padding, ``BatchToSpaceND``."""
    inner = program.op(op.inputs[0])
    kinds = ("Conv2D", "DepthwiseConv2dNative", "visualnn.Conv1D")
    if inner is None or inner.kind not in kinds:
        return False
    outer = program.op(inner.inputs[0])
    if outer is None or outer.kind != "SpaceToBatchND" or inner.attr("padding") != "VALID":
        return False
    rates = _numbers(program, outer.inputs[1])
    kernel = program.source(inner.inputs[1])
    is_flat = inner.kind == "visualnn.Conv1D"
    if is_flat and kernel is not None and kernel.kind == "ExpandDims":
        kernel = program.source(kernel.inputs[0])
    if rates is None or rates.size not in (1, 2) or kernel is None:
        return False
    if is_flat and rates.size != 1:
        return False
    dims = kernel.attr("value").shape if kernel.kind == "Const" else kernel.attr("shape") or ()
    if is_flat and len(dims) == 4:
        dims = dims[2 - inner.attr("axis") :]
    padding = _padding(program, op, outer.inputs[2], rates, dims)
    if padding is None:
        return False
    rate = [int(item) for item in rates.reshape(-1)]
    # A rate of one axis is for the first spatial one, which comes second where one was put in.
    is_second = is_flat and inner.attr("axis") == 1
    dilation = [1, *rate] if is_second else [*rate, 1][:2]
    values = {**inner.values, "visualnn_dilation": dilation, "visualnn_same": padding}
    op.kind, op.inputs, op.attrs = inner.kind, [outer.inputs[0], inner.inputs[1]], inner.attrs
    op.values = values
    return True


def _padding(
    program: Program, op: Op, ref: Ref, rates: np.ndarray, dims: tuple[int, ...]
) -> bool | None:
    """Whether the padding is that of `same`; None where it is neither that nor none."""
    given, crops = _numbers(program, ref), _numbers(program, op.inputs[2])
    if given is None:
        # What is worked out also fills up to a multiple of the rate, which is cut off again.
        base = [
            item.attr("value")
            for item in ancestors(program, [ref])
            if item.kind == "Const" and item.name.endswith("base_paddings")
        ]
        if len(base) != 1:
            return None
        given, crops = base[0], np.zeros_like(base[0])
    if crops is None or given.shape != (rates.size, 2) or crops.shape != given.shape:
        return None
    net = (given - crops).tolist()
    if crops[:, 0].any() or len(dims) < rates.size:
        return None
    if not any(map(any, net)):
        return False
    sides = [int(rate) * (dim - 1) for rate, dim in zip(rates.reshape(-1), dims, strict=False)]
    return True if net == [[side // 2, side - side // 2] for side in sides] else None


def _numbers(program: Program, ref: Ref) -> np.ndarray | None:
    op = program.source(ref)
    value = op.attr("value") if op is not None and op.kind == "Const" else None
    return value if isinstance(value, np.ndarray) and value.dtype.kind in "iu" else None


@ends("Squeeze")
def one_dimension(program: Program, op: Op) -> bool:
    """``ExpandDims``, a convolution or a pooling, ``Squeeze`` of the same axis."""
    inner = program.op(op.inputs[0])
    axes = op.attr("squeeze_dims") or []
    if inner is None or len(axes) != 1 or inner.attr("data_format", "NHWC") != "NHWC":
        return False
    axis = axes[0] % 4
    outer = program.op(inner.inputs[0]) if inner.inputs else None
    if outer is None or outer.kind != "ExpandDims" or axis not in (1, 2):
        return False
    place = _numbers(program, outer.inputs[1])
    if place is None or int(place.reshape(-1)[0]) % 4 != axis:
        return False
    if inner.kind in ("MaxPool", "AvgPool"):
        stem = "MaxPooling" if inner.kind == "MaxPool" else "AveragePooling"
        kind, inputs, more = "visualnn.Pooling1D", [outer.inputs[0]], {"axis": axis, "stem": stem}
    elif inner.kind == "Conv2D":
        kind, inputs = "visualnn.Conv1D", [outer.inputs[0], inner.inputs[1]]
        more = {"axis": axis}
    else:
        return False
    values = {**inner.values, **more}
    op.kind, op.inputs, op.attrs, op.values = kind, inputs, inner.attrs, values
    return True


@ends("Mean", "Max")
def whole_image(program: Program, op: Op) -> bool:
    stem = "Average" if op.kind == "Mean" else "Max"
    op.values = {"stem": stem, "keep_dims": bool(op.attr("keep_dims")), "was": op.kind}
    op.kind = "visualnn.GlobalPooling"
    return True


@ends("Mul")
def swish(program: Program, op: Op) -> bool:
    """A tensor times its sigmoid, before which TensorFlow may multiply by a factor of one."""
    for tensor, gate in (op.inputs, op.inputs[::-1]):
        inner = program.op(gate)
        if inner is None or inner.kind != "Sigmoid":
            continue
        times = program.op(inner.inputs[0])
        is_scaled = times is not None and times.kind == "Mul" and tensor in times.inputs
        factors = [ref for ref in times.inputs if ref != tensor] if is_scaled and times else []
        is_one = len(factors) == 1 and number_of(program, factors[0]) == 1
        if inner.inputs[0] == tensor or is_one:
            return become(op, "visualnn.Swish", [tensor])
    return False


@ends("Maximum")
def leaky(program: Program, op: Op) -> bool:
    """The larger of a tensor and a fraction of it."""
    for tensor, part in (op.inputs, op.inputs[::-1]):
        inner = program.op(part)
        if inner is None or inner.kind != "Mul" or tensor not in inner.inputs:
            continue
        factor = inner.inputs[1] if inner.inputs[0] == tensor else inner.inputs[0]
        number = program.source(factor)
        if number is not None and number.kind == "Const" and number.attr("value").size == 1:
            alpha = float(number.attr("value").reshape(-1)[0])
            if 0 <= alpha < 1:
                return become(op, "visualnn.LeakyRelu", [tensor], alpha=alpha)
    return False


@ends("ResizeNearestNeighbor", "ResizeBilinear")
def enlarged(program: Program, op: Op) -> bool:
    """To a multiple of its own height and width, as the graph works it out."""
    size = program.source(op.inputs[1])
    if size is None or size.kind != "Mul":
        return False
    for measured, factor in (size.inputs, size.inputs[::-1]):
        factors, cut = _numbers(program, factor), program.source(measured)
        if factors is None or cut is None or cut.kind != "StridedSlice":
            continue
        shape = program.source(cut.inputs[0])
        spans = [_numbers(program, ref) for ref in cut.inputs[1:4]]
        if shape is None or shape.kind != "Shape" or any(span is None for span in spans):
            continue
        told = [span.tolist() for span in spans if span is not None]
        if shape.inputs[0] == op.inputs[0] and told == [[1], [3], [1]] and factors.size in (1, 2):
            op.values["visualnn_factors"] = [int(item) for item in np.broadcast_to(factors, 2)]
            return True
    return False
