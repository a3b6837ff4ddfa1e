"""Normalization, in one operation or as patterns have put it together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exporters.tensorflow.ops.convolution import order_of
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from layers.tensor import product


@reads("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def fused(reader: Reader, op: Op) -> Value:
    rank = 5 if str(op.attr("data_format", "")) in ("NDHWC", "NCDHW") else 4
    order = order_of(op, rank)
    gamma, beta = reader.constant(op, 1), reader.constant(op, 2)
    size = gamma.array.shape
    scale, center = not _is_fixed(reader, op, 1, 1.0), not _is_fixed(reader, op, 2, 0.0)
    weights = ({"gamma": gamma} if scale else {}) | ({"beta": beta} if center else {})
    statistics = {"moving_mean": 3, "moving_variance": 4}
    for name, place in statistics.items():
        found = reader.values.get(op.inputs[place]) if place < len(op.inputs) else None
        # While training the operation gets none, or none that it uses.
        if isinstance(found, Constant) and found.array.shape == size:
            weights[name] = found
    params = {"epsilon": _short(op.attr("epsilon", 1e-4)), "scale": scale, "center": center}
    signal = reader.signal(op, 0, order)
    return reader.layer(op, "BatchNormalization", params, [signal], weights, order=order)


def _is_fixed(reader: Reader, op: Op, place: int, value: float) -> bool:
    """Whether a factor or shift is written into the operation, as where there is none: a weight is
    read from its variable, also once that is a constant.
    """
    source = reader.program.op(op.inputs[place])
    while source is not None and source.kind in ("Switch", "RefSwitch"):
        source = reader.program.op(source.inputs[0])
    found = reader.constant(op, place)
    is_const = source is not None and source.kind == "Const" and found.is_known
    return is_const and bool((found.array == value).all())


@reads("visualnn.BatchNormalization")
def unfused(reader: Reader, op: Op) -> Value:
    """Inputs: tensor, mean, variance, epsilon, then beta and gamma as far as `parts` says."""
    parts = op.attr("parts")
    signal = reader.value(op, 0)
    order = getattr(signal, "order", None)
    tensor = reader.signal(op, 0, order)
    epsilon = reader.constant(op, 3)
    if tensor.shape is None:
        raise NotKnown
    weights: dict[str, Constant] = {}
    places = [("gamma", parts.get("gamma")), ("beta", parts.get("beta")), ("moving_mean", 1)]
    size: int | None = None
    axis = -1 if order is None else order[-1]
    for name, place in [*places, ("moving_variance", 2)]:
        if place is None:
            continue
        found = reader.values.get(op.inputs[place])
        if not isinstance(found, Constant):
            continue
        wide = [(number, dim) for number, dim in enumerate(found.array.shape) if dim != 1]
        if len(wide) > 1:
            raise NotKnown
        if wide and found.array.ndim > 1:
            lies = wide[0][0] - found.array.ndim + len(tensor.shape)
            axis = (order or tuple(range(len(tensor.shape))))[lies]
        size = found.array.size
        weights[name] = Constant(found.array.reshape(-1), found.is_known, found.origin)
    last = len(tensor.shape) - 1
    left = set(range(last + 1)) - {place % (last + 1) for place in op.attr("axes") or ()}
    if size is None and len(left) == 1:
        # Of the batch, with nothing learnt.
        axis = (order or tuple(range(last + 1)))[left.pop()]
    elif size is None or tensor.shape[axis] != size:
        raise NotKnown
    params = {
        "axis": -1 if axis in (-1, last) else axis,
        "epsilon": _short(float(epsilon.array.reshape(-1)[0])) if epsilon.is_known else 1e-3,
        "center": parts.get("beta") is not None,
        "scale": parts.get("gamma") is not None,
    }
    return reader.layer(op, "BatchNormalization", params, [tensor], weights, order=order)


@reads("visualnn.LayerNormalization")
def of_each_example(reader: Reader, op: Op) -> Value:
    """Over the channels, over all others (each channel by itself), or over everything. Inputs:
    tensor, epsilon, then gamma and beta as far as `parts` says.
    """
    signal, epsilon = reader.value(op, 0), reader.constant(op, 1)
    if not isinstance(signal, Signal) or signal.rows is not None or not epsilon.is_known:
        raise NotKnown
    rank = len(signal.shape or ())
    order = signal.order or tuple(range(rank))
    axes = sorted(order[axis % rank] for axis in op.attr("axes")) if rank else []
    number = float(epsilon.array.reshape(-1)[0])
    if rank > 2 and axes == list(range(1, rank - 1)):
        return _rows(reader, op, signal, number, "GroupNormalization", {"groups": -1})
    if rank > 2 and axes == list(range(1, rank)):
        return _rows(reader, op, signal, number, "GroupNormalization", {"groups": 1})
    if rank > 3 and axes == [*range(1, rank - 2), rank - 1] and signal.order is None:
        return _groups(reader, op, signal, number)
    if not rank or axes != [rank - 1]:
        raise NotKnown
    return _rows(reader, op, signal, number)


@reads("visualnn.RowNormalization")
def of_rows(reader: Reader, op: Op) -> Value:
    """The same, where rows were laid out as channels: each as long as the last axis."""
    signal = reader.signal(op, 0)
    laid = reader.numbers(op, 1)
    if not signal.shape or len(laid) != 4 or laid[2] != signal.shape[-1] or laid[3] != 1:
        raise NotKnown
    return _rows(reader, op, signal, op.attr("epsilon"))


def _groups(reader: Reader, op: Op, signal: Signal, epsilon: float) -> Value:
    """Channels in groups, which have an axis of their own before that of their channels."""
    shape = signal.shape or ()
    if None in shape[1:]:
        raise NotKnown
    channels = product(shape[-2:])
    weights: dict[str, Constant] = {}
    for name, place in op.attr("parts").items():
        found = reader.constant(op, place)
        if found.array.shape[-2:] != shape[-2:] or found.array.size != channels:
            raise NotKnown
        weights[name] = Constant(found.array.reshape(-1), found.is_known, found.origin)
    flat = {"target_shape": [*shape[1:-2], channels]}
    made = reader.layer(None, "Reshape", flat, [signal], name=f"{op.name}_channels")
    params = {
        "groups": shape[-2],
        "epsilon": _short(epsilon),
        "center": "beta" in weights,
        "scale": "gamma" in weights,
    }
    made = reader.layer(op, "GroupNormalization", params, [made], weights)
    whole = {"target_shape": list(shape[1:])}
    return reader.layer(None, "Reshape", whole, [made], name=f"{op.name}_groups")


def _rows(
    reader: Reader,
    op: Op,
    signal: Signal,
    epsilon: float,
    kind: str = "LayerNormalization",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Value:
    weights: dict[str, Constant] = {}
    for name, place in op.attr("parts").items():
        found = reader.constant(op, place)
        shape = signal.shape or ()
        order = signal.order or tuple(range(len(shape)))
        # All its axes are of one, but for that of the channels.
        lies = order.index(len(shape) - 1) - len(shape) + found.array.ndim
        wide = found.array.size
        if wide != shape[-1] or lies < 0 or found.array.shape[lies] != wide:
            raise NotKnown
        weights[name] = Constant(found.array.reshape(-1), found.is_known, found.origin)
    params = {
        "axis": -1,
        "epsilon": _short(epsilon),
        "center": "beta" in weights,
        "scale": "gamma" in weights,
        **more,
    }
    return reader.layer(op, kind, params, [signal], weights, order=signal.order)


@reads("LRN")
def response(reader: Reader, op: Op) -> Value:
    size = 2 * int(op.attr("depth_radius", 5)) + 1
    params = {
        "local_size": size,
        "alpha": _short(float(op.attr("alpha", 1.0)) * size),
        "beta": _short(op.attr("beta", 0.5)),
        "k": _short(op.attr("bias", 1.0)),
    }
    return reader.layer(op, "LRN", params, [reader.signal(op, 0)])


def _short(value: float) -> float:
    return float(f"{value:.7g}")
