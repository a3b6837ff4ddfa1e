"""Convolutions: plain, grouped, depthwise, separable, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exporters.onnx.ops.activation import activated
from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.weights import Array
from layers.tensor import Dim


def pads(
    spatial: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> dict[str, Any]:
    """Attributes for Keras' padding: what a window needs at both ends of each axis, as TensorFlow
    counts it, where sizes are known.
    """
    if padding == "valid":
        return {}
    spans = [(size - 1) * step + 1 for size, step in zip(window, dilation, strict=True)]
    if padding == "causal":
        return {"pads": [spans[0] - 1, 0]}
    if any(size is None for size in spatial):
        if all(step == 1 for step in strides):
            rest = [span - 1 for span in spans]
        elif any(step > 1 for step in dilation):
            raise Unwritable("padding same with strides and dilation needs a known size")
        else:
            return {"auto_pad": "SAME_UPPER"}
    else:
        rest = [
            max((-(-(size or 0) // step) - 1) * step + span - (size or 0), 0)
            for size, span, step in zip(spatial, spans, strides, strict=True)
        ]
    return {"pads": [*(n // 2 for n in rest), *(n - n // 2 for n in rest)]}


def kernel_first(kernel: Array) -> Array:
    """Spatial axes, input channels, filters → filters, input channels, spatial axes."""
    rank = kernel.ndim
    return kernel.transpose(rank - 1, rank - 2, *range(rank - 2))


def _sizes(layer: Any) -> dict[str, Any]:
    return {
        "kernel_shape": list(layer.kernel_size),
        "strides": list(layer.strides),
        "dilations": list(layer.dilation_rate),
    }


def _bias(tape: Tape, use: Use) -> list[str]:
    return [tape.weight(use, "bias")] if use.layer.use_bias else []


@writes("Conv1D", "Conv2D", "Conv3D")
def write_convolution(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    border = pads(
        value.shape[1:-1], layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate
    )
    made = tape(
        "Conv",
        tape.first(value),
        tape.weight(use, "kernel", kernel_first, "first"),
        *_bias(tape, use),
        group=layer.groups,
        **_sizes(layer),
        **border,
    )
    return activated(tape, tape.made(use, made, first=True), layer.activation)


def depthwise_first(kernel: Array) -> Array:
    """Spatial axes, channels, multiplier → channels · multiplier, 1, spatial axes."""
    *window, channels, times = kernel.shape
    rank = kernel.ndim
    moved = kernel.transpose(rank - 2, rank - 1, *range(rank - 2))
    return moved.reshape(channels * times, 1, *window)


def _depthwise(tape: Tape, use: Use, value: Value, weight: str, bias: list[str]) -> str:
    layer, channels = use.layer, value.shape[-1]
    border = pads(
        value.shape[1:-1], layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate
    )
    kernel = tape.weight(use, weight, depthwise_first, "first")
    return tape("Conv", tape.first(value), kernel, *bias, group=channels, **_sizes(layer), **border)


@writes("DepthwiseConv1D", "DepthwiseConv2D")
def write_depthwise(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    made = _depthwise(tape, use, tape.floats(inputs[0]), "kernel", _bias(tape, use))
    return activated(tape, tape.made(use, made, first=True), use.layer.activation)


@writes("SeparableConv1D", "SeparableConv2D")
def write_separable(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    each = _depthwise(tape, use, tape.floats(inputs[0]), "depthwise_kernel", [])
    mixing = tape.weight(use, "pointwise_kernel", kernel_first, "first")
    made = tape("Conv", each, mixing, *_bias(tape, use))
    return activated(tape, tape.made(use, made, first=True), use.layer.activation)


@writes("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def write_transposed(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """ONNX' full result is cut as TensorFlow's gradient of a convolution is."""
    layer, value = use.layer, tape.floats(inputs[0])
    sizes, wanted = value.shape[1:-1], use.outputs[0].shape[1:-1]
    if layer.padding == "valid" and layer.output_padding is None:
        # The window's rest fills up what the strides leave open.
        spans = [
            (k - 1) * d + 1 for k, d in zip(layer.kernel_size, layer.dilation_rate, strict=True)
        ]
        extra = [max(s - n, 0) for s, n in zip(layer.strides, spans, strict=True)]
        border: dict[str, Any] = {"output_padding": extra} if any(extra) else {}
    elif None in sizes or None in wanted:
        if layer.padding != "same" or layer.output_padding is not None:
            raise Unwritable("its input needs a known size")
        # How much is cut does not depend on the size.
        border = _cut(layer, [1] * len(sizes), layer.strides)
    else:
        border = _cut(layer, sizes, wanted)

    def turned(kernel: Array) -> Array:
        """Spatial axes, filters, input channels → input channels, filters, spatial axes."""
        rank = kernel.ndim
        return kernel.transpose(rank - 1, rank - 2, *range(rank - 2))

    made = tape(
        "ConvTranspose",
        tape.first(value),
        tape.weight(use, "kernel", turned, "first"),
        *_bias(tape, use),
        **_sizes(layer),
        **border,
    )
    return activated(tape, tape.made(use, made, first=True), layer.activation)


def _cut(layer: Any, sizes: Sequence[Dim], wanted: Sequence[Dim]) -> dict[str, Any]:
    """How much of the full result is cut at both ends so that the wanted size is left."""
    before, after, extra = [], [], []
    for axis, (size, target) in enumerate(zip(sizes, wanted, strict=True)):
        assert size is not None
        assert target is not None
        step, span = (
            layer.strides[axis],
            (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1,
        )
        full = (size - 1) * step + span
        if layer.padding == "same":
            # The convolution that this is the gradient of padded the wanted size so.
            total = max((size - 1) * step + span - target, 0)
            begin = total // 2
        else:
            begin = 0
        end = full - begin - target
        before.append(begin)
        after.append(max(end, 0))
        extra.append(max(-end, 0))
    made: dict[str, Any] = {"pads": [*before, *after]}
    if any(extra):
        if any(np.asarray(extra) >= np.maximum(layer.strides, layer.dilation_rate)):
            raise Unwritable("its output_padding is larger than its strides")
        made["output_padding"] = extra
    return made
