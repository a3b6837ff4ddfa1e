"""Convolutions: plain, depthwise, separable, transposed. Kernels: (filters, channels, *window)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exporters.code.torch.families.activation import activated
from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule, sizes
from exporters.code.torch.windows import padded, same
from exporters.weights import Array


def _channels_first(kernel: Array) -> Array:
    """(*window, channels, filters) as (filters, channels, *window)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _bias(arrays: Mapping[str, Array], name: str = "bias") -> Arrays:
    return {name: arrays["bias"]} if "bias" in arrays else {}


def _window(use: Use) -> tuple[str, dict[str, tuple[object, object]]]:
    """The padded input, and the arguments of strides, padding and dilation."""
    spatial, padding = len(use.spatial), use["padding"]
    dilation, strides = use["dilation_rate"], use["strides"]
    pads = [(0, 0)] * spatial
    if padding == "causal":
        pads = [((use["kernel_size"][0] - 1) * dilation[0], 0)]
    elif padding == "same":
        pads = same(use.spatial, use["kernel_size"], strides, dilation)
    named: dict[str, tuple[object, object]] = {"stride": (sizes(strides), "1")}
    expression = "{0}"
    if all(before == after for before, after in pads):
        named["padding"] = (sizes(tuple(before for before, _ in pads)), "0")
    else:
        expression = padded(expression, pads)
    named["dilation"] = (sizes(dilation), "1")
    return expression, named


@rule("Conv1D", "Conv2D", "Conv3D")
def convolution(use: Use) -> Written:
    given, named = _window(use)
    make = called(
        f"nn.Conv{use.rank - 2}d",
        use.channels,
        use["filters"],
        sizes(use["kernel_size"]),
        **named,
        groups=(use["groups"], 1),
        bias=(use["use_bias"], True),
    )
    forward = activated(f"{{self}}({given})", use["activation"], 1)
    return Written(
        forward,
        make,
        wants=Layout.FIRST,
        state=lambda arrays: {"weight": _channels_first(arrays["kernel"])} | _bias(arrays),
    )


@rule("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(use: Use) -> Written:
    given, named = _window(use)
    make = called(
        f"nn.Conv{use.rank - 2}d",
        use.channels,
        use.channels * use["depth_multiplier"],
        sizes(use["kernel_size"]),
        **named,
        groups=(use.channels, 1),
        bias=(use["use_bias"], True),
    )
    forward = activated(f"{{self}}({given})", use["activation"], 1)
    return Written(
        forward,
        make,
        wants=Layout.FIRST,
        state=lambda arrays: {"weight": _each_channel(arrays["kernel"])} | _bias(arrays),
    )


def _each_channel(kernel: Array) -> Array:
    """(*window, channels, multiplier) as (channels * multiplier, 1, *window)."""
    window = kernel.shape[:-2]
    return np.moveaxis(kernel.reshape(*window, 1, -1), (-1, -2), (0, 1))


@rule("SeparableConv1D", "SeparableConv2D")
def separable(use: Use) -> Written:
    given, named = _window(use)
    width, kind = use.channels * use["depth_multiplier"], f"nn.Conv{use.rank - 2}d"
    window = sizes(use["kernel_size"])
    one = called(
        kind, use.channels, width, window, **named, groups=(use.channels, 1), bias=(False, True)
    )
    other = called(kind, width, use["filters"], 1, bias=(use["use_bias"], True))
    return Written(
        activated(f"{{self}}({given})", use["activation"], 1),
        f"nn.Sequential({one}, {other})",
        wants=Layout.FIRST,
        state=lambda arrays: (
            {
                "0.weight": _each_channel(arrays["depthwise_kernel"]),
                "1.weight": _channels_first(arrays["pointwise_kernel"]),
            }
            | _bias(arrays, "1.bias")
        ),
    )


@rule("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed(use: Use) -> Written:
    window, strides, dilation = use["kernel_size"], use["strides"], use["dilation_rate"]
    if use["output_padding"] is not None:
        raise Unwritable("output_padding")
    pads, extra = [], []
    for length, step, spread in zip(window, strides, dilation, strict=True):
        # Without padding PyTorch gives (size - 1) * step + span values; Keras size * step, and
        # what the windows reach beyond that where padding is valid.
        surplus = (length - 1) * spread + 1 - step
        cut = max(surplus, 0) if use["padding"] == "same" else 0
        pads.append((-(cut // 2), -(cut - cut // 2)))
        extra.append(max(-surplus, 0))
    make = called(
        f"nn.ConvTranspose{use.rank - 2}d",
        use.channels,
        use["filters"],
        sizes(window),
        stride=(sizes(strides), "1"),
        output_padding=(sizes(tuple(extra)), "0"),
        dilation=(sizes(dilation), "1"),
        bias=(use["use_bias"], True),
    )
    forward = padded("{self}({0})", pads)
    return Written(
        activated(forward, use["activation"], 1),
        make,
        wants=Layout.FIRST,
        # PyTorch keeps the kernel as (channels, filters, *window).
        state=lambda arrays: (
            {"weight": np.moveaxis(arrays["kernel"], (-1, -2), (0, 1))} | _bias(arrays)
        ),
    )
