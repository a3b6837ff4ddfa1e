"""Transposed convolutions of a file: the full result, cut at both ends by layers where Keras would
cut otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exporters.onnx.operation import Operation
from exporters.onnx.ops.convolution import kernel_window, padded
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.tensors import Const, Tensors, first_axes
from layers.tensor import Dim


@reads("ConvTranspose")
def read_transposed(made: Reader, op: Operation) -> Tensors:
    """Groups, and holes beside strides, only our own layer has."""
    given = op.const(1)
    kernel = given.array
    window = kernel_window(op, kernel)
    rank, count = kernel.ndim, len(window)
    term = made.last(op.term(), op.name, rank)
    dilation = op.ints("dilations") or [1] * count
    strides = op.ints("strides") or [1] * count
    groups = op.whole("group", 1)
    if len(dilation) != count or len(strides) != count or min([*dilation, *strides, groups]) < 1:
        raise Unreadable("its numbers do not fit its window")
    spans = [(length - 1) * apart + 1 for length, apart in zip(window, dilation, strict=True)]
    spatial = term.tensor.shape[1:-1] if term.tensor else [None] * count
    before, ends = _cut(op, spatial, spans, strides)
    params: dict[str, Any] = {
        "filters": kernel.shape[1] * groups,
        "kernel_size": window,
        "strides": strides,
        "dilation_rate": dilation,
        "use_bias": op.given(2) is not None,
    }
    weights = {"kernel": Const(kernel.transpose(*range(2, rank), 1, 0), given.known, given.name)}
    if params["use_bias"]:
        weights["bias"] = op.const(2)
    axes = [first_axes(rank)]
    own = groups > 1 or (max(strides) > 1 and max(dilation) > 1)
    if own and count != 2:
        raise Unreadable("it has groups, or holes beside strides, along other axes than two")
    kind = "CaffeConv2DTranspose" if own else f"Conv{count}DTranspose"
    pairs = list(zip(spans, strides, strict=True))
    if own:
        params["groups"] = groups
        if before == ends:
            params["pad"] = before
            return list(made.layer(kind, [term], params, op.name, weights=weights, axes=axes))
    else:
        same = [max(span - step, 0) // 2 for span, step in pairs]
        rest = [span - step - begin for (span, step), begin in zip(pairs, same, strict=True)]
        if before == same and ends == rest:
            params["padding"] = "same"
            return list(made.layer(kind, [term], params, op.name, weights=weights, axes=axes))
        # Keras' valid result is at least as long as a stride for each step.
        ends = [end + max(step - span, 0) for end, (span, step) in zip(ends, pairs, strict=True)]
    cropping = [max(n, 0) for pair in zip(before, ends, strict=True) for n in pair]
    lacking = [max(-end, 0) for end in ends]
    bias = weights.pop("bias", None) if any(lacking) else None
    params["use_bias"] = "bias" in weights
    name = f"{op.name}_full" if any([*cropping, *lacking]) else op.name
    (found,) = made.layer(kind, [term], params, name, weights=weights, axes=axes)
    if any(cropping):
        name = f"{op.name}_cut" if any(lacking) else op.name
        params = {"cropping": cropping}
        (found,) = made.layer(f"Cropping{count}D", [found], params, name, axes=axes)
    if any(lacking):
        # Behind what the last window reaches there is nothing but the bias.
        found = padded(made, found, [0] * count, lacking, op.name)
    if bias is not None:
        own_bias = {"bias": bias}
        (found,) = made.layer("Bias", [found], {}, f"{op.name}_bias", weights=own_bias, axes=axes)
    return [found]


def _cut(
    op: Operation, spatial: Sequence[Dim], spans: Sequence[int], strides: Sequence[int]
) -> tuple[list[int], list[int]]:
    """How much of the full result is cut off at the begin and at the end of each axis; less than 0
    where it is made longer. Raises Unreadable.

    Source: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
    """
    count = len(spans)
    extra = op.ints("output_padding") or [0] * count
    given = op.ints("pads") or [0] * (2 * count)
    auto, wanted = op.attribute("auto_pad", "NOTSET"), op.ints("output_shape")
    if len(given) != 2 * count or len(extra) != count or min([*given, *extra]) < 0:
        raise Unreadable("its numbers do not fit its window")
    if wanted is None and auto not in ("SAME_UPPER", "SAME_LOWER"):
        return given[:count], [end - more for end, more in zip(given[count:], extra, strict=True)]
    # The length of the full result, less that of as many strides as there are steps.
    over = [span - step for span, step in zip(spans, strides, strict=True)]
    if wanted is None:
        totals = [more + one for more, one in zip(over, extra, strict=True)]
    else:
        if len(wanted) < count or None in spatial:
            raise Unreadable("its padding follows from the size of its output")
        totals = [
            (size or 0) * step + more + one - target
            for size, step, more, one, target in zip(
                spatial, strides, over, extra, wanted[-count:], strict=True
            )
        ]
    if min(totals) < 0:
        raise Unreadable("its output is padded beyond what its window reaches")
    halves = [total // 2 for total in totals]
    others = [total - half for total, half in zip(totals, halves, strict=True)]
    begin, end = (halves, others) if auto == "SAME_UPPER" else (others, halves)
    return begin, [one - more for one, more in zip(end, extra, strict=True)]
