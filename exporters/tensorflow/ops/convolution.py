"""Convolutions of every kind, with the padding that the graph says."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads


def channels_first(rank: int) -> tuple[int, ...]:
    """The order of axes of a tensor with channels first."""
    return (0, rank - 1, *range(1, rank - 1))


def order_of(op: Op, rank: int) -> tuple[int, ...] | None:
    """How the axes of an operation's tensors lie in ours."""
    return channels_first(rank) if str(op.attr("data_format", "")).startswith("NC") else None


def spatial(op: Op, name: str, rank: int, default: int = 1) -> list[int]:
    """The numbers for the spatial axes of an attribute with one for each axis. Raises NotKnown."""
    values = op.attr(name) or [default] * rank
    if not isinstance(values, list) or len(values) != rank:
        raise NotKnown
    order = order_of(op, rank) or tuple(range(rank))
    if values[order.index(0)] != 1 or values[order.index(rank - 1)] != 1:
        raise NotKnown
    return [int(values[order.index(axis)]) for axis in range(1, rank - 1)]


def padded(reader: Reader, op: Op, signal: Signal, rank: int) -> tuple[Signal, str]:
    """The input with explicit padding put before it, and the padding that is left to the layer."""
    padding = op.attr("padding", "VALID")
    if padding in ("VALID", "SAME"):
        return signal, padding.lower()
    explicit = op.attr("explicit_paddings") or []
    if padding != "EXPLICIT" or len(explicit) != 2 * rank or rank != 4:
        raise NotKnown
    order = order_of(op, rank) or tuple(range(rank))
    pads = [explicit[2 * order.index(axis) : 2 * order.index(axis) + 2] for axis in (1, 2)]
    flat = [int(side) for pair in pads for side in pair]
    if not any(flat):
        return signal, "valid"
    made = reader.layer(None, "ZeroPadding2D", {"padding": flat}, [signal], name=f"{op.name}_pad")
    return Signal(made.end, made.shape, made.dtype, signal.order), "valid"


def convolve(
    reader: Reader, op: Op, rank: int, kind: str, kernel: Constant, params: dict[str, Any]
) -> Value:
    order = order_of(op, rank)
    signal = reader.signal(op, 0, order)
    signal, padding = padded(reader, op, signal, rank)
    strides = spatial(op, "strides", rank)
    dilations = op.attr("visualnn_dilation") or spatial(op, "dilations", rank)
    if max(strides) > 1 and max(dilations) > 1:
        raise NotKnown
    if op.attr("visualnn_same"):
        padding = "same"
    given = {"strides": strides, "padding": padding, "dilation_rate": dilations, "use_bias": False}
    weights = {"kernel": kernel}
    return reader.layer(op, kind, params | given, [signal], weights, order=order, takes_bias=True)


@reads("Conv2D", "Conv3D")
def convolution(reader: Reader, op: Op) -> Value:
    rank = 4 if op.kind == "Conv2D" else 5
    kernel = reader.constant(op, 1)
    if kernel.array.ndim != rank:
        raise NotKnown
    *size, channels, filters = kernel.array.shape
    signal = reader.value(op, 0)
    groups = 1
    if isinstance(signal, Signal) and signal.shape and len(signal.shape) == rank:
        order = order_of(op, rank) or tuple(range(rank))
        foreign = signal.foreign_shape
        given = foreign[order.index(rank - 1)] if foreign else None
        groups = given // channels if given and channels and given % channels == 0 else 1
    params = {"filters": filters, "kernel_size": list(size), "groups": groups}
    return convolve(reader, op, rank, f"Conv{rank - 2}D", kernel, params)


@reads("DepthwiseConv2dNative", "DepthwiseConv2d")
def depthwise(reader: Reader, op: Op) -> Value:
    kernel = reader.constant(op, 1)
    if kernel.array.ndim != 4:
        raise NotKnown
    height, width, _, multiplier = kernel.array.shape
    strides = spatial(op, "strides", 4)
    if strides[0] != strides[1]:
        raise NotKnown
    params = {"kernel_size": [height, width], "depth_multiplier": multiplier}
    return convolve(reader, op, 4, "DepthwiseConv2D", kernel, params)


@reads("visualnn.Conv1D")
def convolution_1d(reader: Reader, op: Op) -> Value:
    """What tf.nn.conv1d makes: a Conv2D over an axis put in for it, with a kernel of height 1."""
    kernel = reader.constant(op, 1)
    axis = op.attr("axis")
    if kernel.array.ndim != 4 or kernel.array.shape[axis - 1] != 1:
        raise NotKnown
    flat = Constant(np.squeeze(kernel.array, axis - 1), kernel.is_known, kernel.origin)
    kept = 2 - axis
    strides = spatial(op, "strides", 4)
    dilations = op.attr("visualnn_dilation") or spatial(op, "dilations", 4)
    if strides[kept] > 1 and dilations[kept] > 1:
        raise NotKnown
    padding = op.attr("padding", "VALID")
    if padding not in ("VALID", "SAME"):
        raise NotKnown
    size, channels, filters = flat.array.shape
    signal = reader.signal(op, 0)
    given = signal.shape[-1] if signal.shape else None
    params = {
        "filters": filters,
        "kernel_size": size,
        "strides": strides[kept],
        "padding": "same" if op.attr("visualnn_same") else padding.lower(),
        "dilation_rate": dilations[kept],
        "groups": given // channels if given and given % channels == 0 else 1,
        "use_bias": False,
    }
    return reader.layer(op, "Conv1D", params, [signal], {"kernel": flat}, takes_bias=True)


@reads("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def transposed(reader: Reader, op: Op) -> Value:
    """A transposed convolution, whose kernel lies as Keras has it."""
    rank = 4 if op.kind == "Conv2DBackpropInput" else 5
    kernel = reader.constant(op, 1)
    order = order_of(op, rank)
    signal = reader.signal(op, 2, order)
    if kernel.array.ndim != rank or signal.shape is None:
        raise NotKnown
    *size, filters, _ = kernel.array.shape
    strides = spatial(op, "strides", rank)
    padding = str(op.attr("padding", "VALID"))
    if padding not in ("VALID", "SAME") or max(spatial(op, "dilations", rank)) > 1:
        raise NotKnown
    params: dict[str, Any] = {
        "filters": filters,
        "kernel_size": list(size),
        "strides": strides,
        "padding": padding.lower(),
        "use_bias": False,
    }
    wanted = reader.numbers(op, 0)
    if len(wanted) != rank:
        raise NotKnown
    places = order or tuple(range(rank))
    for axis in range(1, rank - 1):
        length, target = signal.shape[axis], wanted[places.index(axis)]
        if length is None or target is None:
            continue
        if target != usual_size(length, strides[axis - 1], size[axis - 1], padding):
            raise NotKnown
    made = reader.layer(
        op,
        f"Conv{rank - 2}DTranspose",
        params,
        [signal],
        {"kernel": kernel},
        order=order,
        takes_bias=True,
    )
    return made


def usual_size(length: int, stride: int, size: int, padding: str) -> int:
    """How long Keras makes an axis by default."""
    return length * stride + (max(size - stride, 0) if padding == "VALID" else 0)


@reads("_FusedConv2D")
def fused(reader: Reader, op: Op) -> Value:
    """A convolution with what was folded into it when the graph was optimised."""
    made = convolution(reader, Op(op.name, "Conv2D", op.inputs, op.attrs, op.values))
    return fused_tail(reader, op, made)


def fused_tail(reader: Reader, op: Op, made: Value) -> Value:
    """The bias and activation of a fused operation."""
    assert isinstance(made, Signal)
    draft = reader.draft(made)
    for item in op.attr("fused_ops") or []:
        if item == "BiasAdd":
            draft.params["use_bias"] = True
            draft.weights["bias"] = reader.constant(op, 2)
        elif item in ("Relu", "Relu6", "Elu", "Tanh", "Sigmoid", "Softmax"):
            draft.params["activation"] = item.lower()
        else:
            raise NotKnown
    draft.takes_bias = False
    return made
