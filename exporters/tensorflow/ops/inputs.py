"""Where tensors come from: placeholders, constants and variables."""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.ops.dense import PRODUCTS
from exporters.tensorflow.problems import NO_SHAPE
from exporters.tensorflow.program import PASSING, Op
from exporters.tensorflow.reader import (
    Constant,
    NotKnown,
    Reader,
    Signal,
    Value,
    reads,
    unknown_array,
)
from exporters.tensorflow.tensors import MAX_ELEMENTS
from layers.diagnostics import diagnose
from layers.tensor import DTYPE_BYTES, Shape, shape_text


@reads("Placeholder", "PlaceholderV2")
def placeholder(reader: Reader, op: Op) -> Value:
    """An input; without a shape in the file it gets one from what takes it."""
    shape: Shape | None = op.attr("shape")
    listed = op.attr("_output_shapes")
    if not shape and isinstance(listed, list) and listed and listed[0]:
        shape = listed[0]
    dtype = op.attr("dtype", "float32")
    if dtype not in DTYPE_BYTES:
        raise NotKnown
    if shape == () and _is_scalar(reader, op):
        raise NotKnown
    if not shape:
        shape = _wanted(reader, op)
        note = diagnose(NO_SHAPE, name=op.name[:80], shape=shape_text(shape))
        signal = _input(reader, op, shape, dtype)
        reader.draft(signal).note = note
        return signal
    return _input(reader, op, shape, dtype)


def _input(reader: Reader, op: Op, shape: Shape, dtype: str) -> Signal:
    params = {"shape": list(shape[1:]), "dtype": dtype, "batch_size": shape[0] or None}
    return reader.layer(op, "InputLayer", params, [])


def _is_scalar(reader: Reader, op: Op) -> bool:
    """Whether an input without axes is a switch or a rate and not one whose shape is missing."""
    takers = [item.kind for item in reader.program.ops.values() if (op.name, 0) in item.inputs]
    return not any(kind.startswith(("Conv", "MatMul", "Reshape", "ExpandDims")) for kind in takers)


def _wanted(reader: Reader, op: Op) -> Shape:
    """A shape that fits the first layer behind an input."""
    for item in reader.program.ops.values():
        if (op.name, 0) not in item.inputs[:1]:
            continue
        kernel = reader.program.source(item.inputs[1]) if len(item.inputs) > 1 else None
        known = kernel.attr("value") if kernel is not None and kernel.kind == "Const" else None
        variable = kernel.attr("shape") if kernel is not None else None
        dims: tuple[int, ...] = known.shape if known is not None else (variable or ())
        if item.kind in PRODUCTS and len(dims) == 2:
            return (None, dims[1] if item.attr("transpose_b") or item.attr("adj_y") else dims[0])
        if item.kind in ("Conv2D", "DepthwiseConv2dNative") and len(dims) == 4:
            if item.attr("data_format") == "NCHW":
                return (None, dims[2], None, None)
            return (None, None, None, dims[2])
        if item.kind == "visualnn.Conv1D" and len(dims) >= 3:
            return (None, None, dims[-2])
    return (None, None)


@reads("PlaceholderWithDefault")
def placeholder_with_default(reader: Reader, op: Op) -> Value:
    """An input that may be left open: what it is then, where that is computed."""
    found = reader.value(op, 0)
    if isinstance(found, Signal) or found.array.ndim == 0:
        return found
    return placeholder(reader, op)


@reads("Const")
def constant(reader: Reader, op: Op) -> Value:
    array = op.attr("value")
    if not isinstance(array, np.ndarray):
        raise NotKnown
    is_known = reader.program.has_values or array.ndim == 0 or array.dtype.kind in "iub"
    return Constant(array, is_known, op.name)


@reads("VariableV2", "Variable", "VarHandleOp", "AutoReloadVariable")
def variable(reader: Reader, op: Op) -> Value:
    """A variable, with its values where they came along."""
    shape = op.attr("shape")
    if shape is None or any(dim is None for dim in shape):
        raise NotKnown
    stored = reader.variables.get(op.name)
    if stored is not None and tuple(stored.shape) == tuple(shape):
        return Constant(stored, True, op.name)
    size = 1
    for dim in shape:
        size *= dim
    if size > MAX_ELEMENTS:
        raise NotKnown
    return Constant(unknown_array(tuple(shape)), False, op.name)


def passing(reader: Reader, op: Op) -> Value:
    return reader.value(op, 0)


reads(*sorted(PASSING - {"PlaceholderWithDefault"}))(passing)


@reads("IdentityN")
def passing_several(reader: Reader, op: Op) -> list[Value]:
    return [reader.value(op, place) for place in range(len(op.inputs))]


@reads("Cast")
def cast(reader: Reader, op: Op) -> Value:
    """To floating point: Rescaling by 1 does that where the input is not already."""
    found = reader.value(op, 0)
    target = op.attr("DstT", "float32")
    if isinstance(found, Constant):
        if found.array.dtype == object or target not in DTYPE_BYTES or target == "string":
            raise NotKnown
        if found.array.dtype.kind == "f" and found.array.size and np.isnan(found.array).any():
            return found
        stored = "float32" if target == "bfloat16" else target
        return Constant(np.asarray(found.array).astype(stored), found.is_known, found.origin)
    if found.dtype == target:
        return found
    if target == "float32" and found.dtype != "string":
        made = reader.layer(op, "Rescaling", {"scale": 1.0}, [found], order=found.order)
        return made
    raise NotKnown
