"""Convolutions: plain, grouped, depthwise, separable, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.ops.activation import activated
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term, first_axes
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


@writes("CaffeConv2DTranspose")
def write_grouped(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """ONNX cuts a border and keeps groups apart as Caffe does."""
    return _transposed(tape, use, inputs, {"group": use.layer.groups, "pads": [*use.layer.pad] * 2})


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
    return _transposed(tape, use, inputs, border)


def _transposed(tape: Tape, use: Use, inputs: list[Value], border: dict[str, Any]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])

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


AS_KERAS = -1
"""A padding that depends on a size that is not known, as that of Keras does."""


def window_pads(
    op: Operation, spatial: Sequence[Dim], window: Sequence[int], dilation: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """Strides, and how much is padded before and after each axis. Raises Unreadable."""
    count = len(window)
    strides = op.ints("strides") or [1] * count
    given = op.ints("pads") or [0] * (2 * count)
    if op.opset == 1 and len(strides) == count + 1 and len(given) == 2 * count + 2:
        # The first PyTorch wrote the numbers of an image for a sequence.
        strides, given = strides[1:], [*given[1 : count + 1], *given[count + 2 :]]
    if op.opset == 1 and len(given) == count:
        given = [*given, *given]
    auto = op.attribute("auto_pad", "NOTSET")
    if len(strides) != count or len(given) != 2 * count or any(n < 0 for n in given):
        raise Unreadable("its numbers do not fit its window")
    if any(step < 1 for step in [*strides, *dilation, *window]):
        raise Unreadable("its numbers do not fit its window")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        rest = []
        for size, length, step, apart in zip(spatial, window, strides, dilation, strict=True):
            span = (length - 1) * apart + 1
            if size is None and step > 1:
                if auto == "SAME_UPPER":
                    return strides, [AS_KERAS] * count, [AS_KERAS] * count
                raise Unreadable("its padding depends on a size that is not known")
            rest.append(max((-(-(size or 1) // step) - 1) * step + span - (size or 1), 0))
        halves = [n // 2 for n in rest]
        others = [n - n // 2 for n in rest]
        pair = (halves, others) if auto == "SAME_UPPER" else (others, halves)
        return strides, *pair
    return strides, given[:count], given[count:]


def is_same(
    spatial: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    before: Sequence[int],
    after: Sequence[int],
) -> bool:
    """Whether paddings are what Keras calls same."""
    if AS_KERAS in before:
        return True
    try:
        wanted = pads(spatial, window, strides, "same", dilation).get("pads")
    except Unwritable:
        return False
    return wanted == [*before, *after] and any([*before, *after])


def padded(
    made: Reader, term: Term, before: Sequence[int], after: Sequence[int], name: str
) -> Term:
    """A tensor with channels last and zeros around it."""
    params = {"padding": [n for pair in zip(before, after, strict=True) for n in pair]}
    kind = f"ZeroPadding{len(before)}D"
    return made.layer(kind, [term], params, f"{name}_pad", axes=[term.axes])[0]


def kernel_window(op: Operation, kernel: Array) -> list[int]:
    window = list(kernel.shape[2:])
    if not 1 <= len(window) <= 3:
        raise Unreadable(f"its kernel has {kernel.ndim} axes")
    if (op.ints("kernel_shape") or window) != window:
        raise Unreadable("its kernel has another shape than it says")
    return window


@reads("Conv")
def read_convolution(made: Reader, op: Operation) -> Tensors:
    given = op.const(1)
    kernel = given.array
    window = kernel_window(op, kernel)
    rank, count = kernel.ndim, len(window)
    term = made.last(op.term(), op.name, rank)
    spatial = term.tensor.shape[1:-1] if term.tensor else [None] * count
    dilation = (op.ints("dilations") or [1] * count)[-count:]
    strides, before, after = window_pads(op, spatial, window, dilation)
    groups = op.whole("group", 1)
    filters, channels = kernel.shape[0], kernel.shape[1] * groups
    if groups < 1 or filters % groups:
        raise Unreadable("its groups do not divide its filters")
    params: dict[str, Any] = {
        "kernel_size": window,
        "strides": strides,
        "dilation_rate": dilation,
        "use_bias": op.given(2) is not None,
    }
    # Keras has no strides beside holes; of all places, a pooling of one place leaves every n-th.
    left = strides if max(strides) > 1 and max(dilation) > 1 else None
    if left is not None:
        if AS_KERAS in before:
            raise Unreadable("its padding depends on a size that is not known")
        params["strides"] = strides = [1] * count
    if left is None and is_same(spatial, window, strides, dilation, before, after):
        params["padding"] = "same"
    elif any([*before, *after]):
        causal = count == 1 and before == [(window[0] - 1) * dilation[0]] and not after[0]
        causal = causal and left is None
        if causal:
            params["padding"] = "causal"
        else:
            term = padded(made, term, before, after, op.name)
    # Only one or two dimensions of depthwise layers exist, and Keras wants equal strides there.
    depthwise = groups == channels > 1 and count < 3 and len(set(strides)) == 1
    depthwise = depthwise and params.get("padding") != "causal"
    if depthwise:
        kind, params["depth_multiplier"] = f"DepthwiseConv{count}D", filters // channels
        moved = kernel.reshape(channels, filters // channels, *window)
        own = moved.transpose(*range(2, count + 2), 0, 1)
    else:
        kind = f"Conv{count}D"
        params |= {"filters": filters, "groups": groups}
        own = kernel.transpose(*range(2, rank), 1, 0)
    weights = {"kernel": Const(own, given.known, given.name)}
    if params["use_bias"]:
        weights["bias"] = op.const(2)
    axes = [first_axes(rank)]
    result = made.layer(kind, [term], params, op.name, weights=weights, axes=axes)
    if left is None:
        return list(result)
    step = {"pool_size": [1] * count, "strides": left}
    return list(made.layer(f"MaxPooling{count}D", result, step, f"{op.name}_strides", axes=axes))
