"""Products of matrices, biases and tables of embeddings."""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.ops.convolution import channels_first, fused_tail
from exporters.tensorflow.ops.products import biased, matrices
from exporters.tensorflow.ops.slicing import axes_of, selected
from exporters.tensorflow.ops.steps import place_of
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads

PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")


@reads(*PRODUCTS)
def product(reader: Reader, op: Op) -> Value:
    """A Dense layer where the right factor is a weight, an Einsum where both are computed."""
    left = reader.value(op, 0)
    if isinstance(reader.value(op, 1), Signal):
        return matrices(reader, op)
    kernel = reader.constant(op, 1)
    if isinstance(left, Constant) or kernel.array.ndim != 2:
        raise NotKnown
    if op.attr("transpose_a") or op.attr("adj_x"):
        raise NotKnown
    if op.attr("transpose_b") or op.attr("adj_y"):
        kernel = Constant(kernel.array.T, kernel.is_known, kernel.origin)
    rows, left.rows = left.rows, None
    signal = reader.ordered(left, None)
    left.rows = rows
    params = {"units": kernel.array.shape[1], "use_bias": False}
    made = reader.layer(op, "Dense", params, [signal], {"kernel": kernel}, takes_bias=True)
    if rows is not None:
        made.rows = (*rows[:-1], kernel.array.shape[1])
    return made


@reads("_FusedMatMul")
def fused(reader: Reader, op: Op) -> Value:
    return fused_tail(reader, op, product(reader, op))


@reads("BiasAdd", "BiasAddV1")
def bias_add(reader: Reader, op: Op) -> Value:
    signal, bias = reader.value(op, 0), reader.constant(op, 1)
    if not isinstance(signal, Signal) or bias.array.ndim != 1:
        raise NotKnown
    taken = taken_up(reader, op, signal, bias)
    if taken is not None:
        return taken
    order = None
    if str(op.attr("data_format", "")).startswith("NC") and signal.shape:
        order = channels_first(len(signal.shape))
    return bias_layer(reader, op, reader.ordered(signal, order), bias, order)


def bias_layer(
    reader: Reader, op: Op, signal: Signal, bias: Constant, order: tuple[int, ...] | None
) -> Value:
    return reader.layer(op, "Bias", {}, [signal], {"bias": bias}, order=order)


def taken_up(reader: Reader, op: Op, signal: Signal, bias: Constant) -> Signal | None:
    """The layer before with the bias in it, where it can take one and nothing else sees it."""
    draft = reader.draft(signal)
    if not draft.takes_bias or not reader.is_only_use(
        op, 0 if signal is reader.value(op, 0) else 1
    ):
        return None
    if draft.type == "EinsumDense":
        axes = biased(draft.params["equation"], signal.shape or (), bias)
        if axes is None:
            return None
        draft.params["bias_axes"] = axes
        draft.weights["bias"] = bias
        draft.takes_bias = False
        return signal
    kernel = next(iter(draft.weights.values()), None)
    channels = draft.params.get("filters") or draft.params.get("units")
    if channels is None and kernel is not None:
        channels = kernel.array.shape[-1] * kernel.array.shape[-2]
    if bias.array.shape != (channels,):
        return None
    draft.takes_bias = False
    draft.params["use_bias"] = True
    draft.weights["bias"] = bias
    return signal


@reads("GatherV2", "Gather", "ResourceGather")
def embedding(reader: Reader, op: Op) -> Value:
    """Rows of a table by number."""
    table, places = reader.value(op, 0), reader.value(op, 1)
    if isinstance(table, Constant) and isinstance(places, Constant):
        if not (table.is_known and places.is_known):
            raise NotKnown
        axis = reader.whole(op, 2)[0] if len(op.inputs) > 2 else 0
        return Constant(np.take(table.array, places.array.astype(int), axis=axis, mode="clip"))
    if isinstance(table, Signal) and isinstance(places, Constant) and places.array.ndim == 0:
        (place,) = reader.whole(op, 1)
        axis = reader.whole(op, 2)[0] if len(op.inputs) > 2 else 0
        return place_of(reader, op, table, axis % len(table.shape or (0,)), place)
    if isinstance(table, Signal) and isinstance(places, Constant) and places.array.ndim == 1:
        axis = reader.whole(op, 2)[0] if len(op.inputs) > 2 else 0
        (own,) = axes_of(reader, table, [axis])
        return selected(reader, op, table, own, [range(at, at + 1) for at in reader.whole(op, 1)])
    if not isinstance(table, Constant) or table.array.ndim != 2 or op.attr("batch_dims"):
        raise NotKnown
    if len(op.inputs) > 2 and reader.whole(op, 2) != [0]:
        raise NotKnown
    count, width = table.array.shape
    params = {"input_dim": count, "output_dim": width}
    signal = reader.signal(op, 1)
    return reader.layer(op, "Embedding", params, [signal], {"embeddings": table})
