"""Normalizations: by stored statistics, by the sample's own, and by neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.spelt import Normalizing
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array
from layers.tensor import product


@writes("BatchNormalization")
def write_batch(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    axis = layer.axis % value.rank
    size = value.shape[axis] or 0
    factor = tape.weight(use, "gamma") if layer.scale else tape.constant(np.ones(size))
    shift = tape.weight(use, "beta") if layer.center else tape.constant(np.zeros(size))
    mean, variance = tape.weight(use, "moving_mean"), tape.weight(use, "moving_variance")
    if axis == value.rank - 1 and value.rank > 2:
        x = tape.first(value)
    elif axis == 1:
        x = tape.last(value)
    else:
        raise Unwritable(f"its axis {axis} is neither the first nor the last")
    made = tape("BatchNormalization", x, factor, shift, mean, variance, epsilon=layer.epsilon)
    return tape.made(use, made, first=axis != 1 or value.rank == 2)


@writes("LayerNormalization")
def write_layer(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    given = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    axes = sorted(axis % value.rank for axis in given)
    x = tape.last(value)
    if axes == list(range(axes[0], value.rank)) and all(value.shape[axis] for axis in axes):
        shape = [value.shape[axis] or 0 for axis in axes]
        scale = tape.weight(use, "gamma") if layer.scale else tape.constant(np.ones(shape))
        shift = [tape.weight(use, "beta")] if layer.center else []
        made = tape("LayerNormalization", x, scale, *shift, axis=axes[0], epsilon=layer.epsilon)
        return tape.made(use, made)
    where = tape.ints(*axes)
    centred = tape("Sub", x, tape("ReduceMean", x, where, keepdims=1))
    variance = tape("ReduceMean", tape("Mul", centred, centred), where, keepdims=1)
    root = tape("Sqrt", tape("Add", variance, tape.constant(layer.epsilon)))
    made = tape("Div", centred, root)
    shape = [value.shape[axis] or 1 if axis in axes else 1 for axis in range(value.rank)]
    if layer.scale:
        made = tape("Mul", made, tape.weight(use, "gamma", lambda a: a.reshape(shape), "lined up"))
    if layer.center:
        made = tape("Add", made, tape.weight(use, "beta", lambda a: a.reshape(shape), "lined up"))
    return tape.made(use, made)


@writes("GroupNormalization")
def write_group(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    axis, groups = layer.axis % value.rank, layer.groups
    channels = value.shape[axis] or 0
    groups = channels if groups == -1 else groups
    if axis != value.rank - 1:
        raise Unwritable(f"its axis {axis} is not the last")
    x = tape.first(value)
    spatial = value.shape[1:-1]
    shape = (
        tape.ints(0, channels, *(-1 if dim is None else dim for dim in spatial))
        if sum(dim is None for dim in spatial) <= 1
        else tape("Shape", x)
    )
    # Groups become channels of a normalization of each channel: the operation of that name is a
    # function there, of which the checker infers no shapes.
    grouped = tape("Reshape", x, tape.ints(0, groups, -1))
    ones, zeros = tape.constant(np.ones(groups)), tape.constant(np.zeros(groups))
    made = tape("InstanceNormalization", grouped, ones, zeros, epsilon=layer.epsilon)
    made = tape("Reshape", made, shape)
    rest = [1] * len(spatial)

    def lined(weight: Array) -> Array:
        return weight.reshape(-1, *rest)

    if layer.scale:
        made = tape("Mul", made, tape.weight(use, "gamma", lined, "lined up"))
    if layer.center:
        made = tape("Add", made, tape.weight(use, "beta", lined, "lined up"))
    return tape.made(use, made, first=True)


@writes("RMSNormalization")
def write_rms(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x, axis = tape.last(value), layer.axis % value.rank
    square = tape("ReduceMean", tape("Mul", x, x), tape.ints(axis), keepdims=1)
    root = tape("Sqrt", tape("Add", square, tape.constant(layer.epsilon)))
    made = tape("Div", x, root)
    shape = [-1, *[1] * (value.rank - 1 - axis)]
    factor = tape.weight(use, "scale", lambda a: a.reshape(shape), f"axis{axis}")
    return tape.made(use, tape("Mul", made, factor))


@writes("UnitNormalization")
def write_unit(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    given = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    axes = tape.ints(*sorted(axis % value.rank for axis in given))
    x = tape.last(value)
    square = tape("ReduceSum", tape("Mul", x, x), axes, keepdims=1)
    root = tape("Sqrt", tape("Max", square, tape.constant(1e-12)))
    return tape.made(use, tape("Div", x, root))


@writes("LRN")
def write_response(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x = tape.first(value)
    if layer.norm_region == "ACROSS_CHANNELS":
        if layer.local_size % 2 == 0:
            raise Unwritable("an even number of channels is centred elsewhere there")
        further = tape.ints(*range(value.rank, 4))
        if value.rank < 4:
            x = tape("Unsqueeze", x, further)
        elif value.rank > 4:
            raise Unwritable("it has more than two spatial axes")
        made = tape(
            "LRN", x, size=layer.local_size, alpha=layer.alpha, beta=layer.beta, bias=layer.k
        )
        if value.rank < 4:
            made = tape("Squeeze", made, further)
        return tape.made(use, made, first=True)
    reach = layer.local_size // 2
    side = [layer.local_size] * (value.rank - 2)
    border = [reach] * (2 * (value.rank - 2))
    mean = tape(
        "AveragePool", tape("Mul", x, x), kernel_shape=side, pads=border, count_include_pad=1
    )
    scaled = tape("Add", tape("Mul", mean, tape.constant(layer.alpha)), tape.constant(layer.k))
    made = tape("Div", x, tape("Pow", scaled, tape.constant(layer.beta)))
    return tape.made(use, made, first=True)


@writes("MVN")
def write_mean_variance(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x = tape.last(value)
    axes = tape.ints(*range(1, value.rank - (0 if layer.across_channels else 1)))
    made = tape("Sub", x, tape("ReduceMean", x, axes, keepdims=1))
    if layer.normalize_variance:
        variance = tape("ReduceMean", tape("Mul", made, made), axes, keepdims=1)
        made = tape("Div", made, tape("Add", tape("Sqrt", variance), tape.constant(layer.eps)))
    return tape.made(use, made)


@reads("BatchNormalization")
def read_batch(made: Reader, op: Operation) -> Tensors:
    if op.whole("training_mode", 0) or (op.whole("is_test", 1) == 0 and op.opset < 7):
        raise Unreadable("it computes as in training")
    term = op.term()
    if term.rows is not None or term.view or not term.axes:
        term = made.plain(term, op.name, term.rank or 4)
    if term.rank < 2:
        raise Unreadable("it has no axis of channels")
    axis = term.axes[1]
    weights = {
        name: op.const(place)
        for place, name in enumerate(("gamma", "beta", "moving_mean", "moving_variance"), start=1)
    }
    if any(one.array.ndim != 1 for one in weights.values()):
        raise Unreadable("it has statistics for each place, not for each channel")
    params = {
        "axis": -1 if axis == term.rank - 1 else axis,
        "epsilon": float(str(np.float32(op.number("epsilon", 1e-5)))),
        "momentum": float(str(np.float32(op.number("momentum", 0.9)))),
    }
    found = made.layer(
        "BatchNormalization", [term], params, op.name, weights=weights, axes=[term.axes]
    )
    return list(found)


@reads("InstanceNormalization", "GroupNormalization")
def read_group(made: Reader, op: Operation) -> Tensors:
    """Each channel for itself is a group of one."""
    term = op.term()
    term = made.last(term, op.name, term.rank or 4)
    scale, shift = op.const(1), op.const(2)
    channels = term.tensor.shape[-1] if term.tensor else scale.array.size
    single = op.type == "InstanceNormalization"
    groups = scale.array.size if single else op.whole("num_groups", 1)
    if scale.array.size != channels:
        raise Unreadable("it has a factor for each group, not for each channel")
    params = {
        "groups": groups,
        "epsilon": float(str(np.float32(op.number("epsilon", 1e-5)))),
    }
    weights = {"gamma": scale, "beta": shift}
    axes = [term.axes]
    return list(
        made.layer("GroupNormalization", [term], params, op.name, weights=weights, axes=axes)
    )


def grouped(made: Reader, term: Term, spelt: tuple[Normalizing, int], name: str) -> Term:
    """A normalization of groups that was spelt out, of a tensor with its channels last."""
    found, groups = spelt
    given = {"gamma": found.factor, "beta": found.shift}
    params = {
        "groups": groups,
        "epsilon": float(str(np.float32(found.epsilon))),
        "scale": found.factor is not None,
        "center": found.shift is not None,
    }
    weights = {key: one for key, one in given.items() if one is not None}
    axes = [term.axes]
    return made.layer("GroupNormalization", [term], params, name, weights=weights, axes=axes)[0]


@reads("LayerNormalization")
def read_layer(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    if len(op.used) > 1 and any(op.used[1:]):
        raise Unreadable("the statistics it computes are used")
    rank = max(term.rank, 1)
    if op.whole("axis", -1) % rank == rank - 1 == term.axes[-1:][0] and not term.view:
        # The last axis stays where it is, in whatever order the others lie.
        term = made.plain(term, op.name) if term.rows is not None else term
    else:
        term = made.plain(term, op.name)
    axis = op.whole("axis", -1) % term.rank
    axes = list(range(axis, term.rank))
    shape = [term.tensor.shape[one] for one in axes] if term.tensor else []
    weights = {}
    for place, name in ((1, "gamma"), (2, "beta")):
        if op.given(place) is not None:
            const = op.const(place)
            if list(const.array.shape) != shape:
                raise Unreadable("its factors do not have the shape of its axes")
            weights[name] = const
    shape = list(term.tensor.shape) if term.tensor else []
    if len(axes) > 1:
        # Taken together as one axis, and apart again.
        sizes = [-1 if dim is None else dim for dim in shape[1:axis]]
        flat = {"target_shape": [*sizes, product(shape[axis:]) or 0]}
        weights = {
            name: Const(one.array.reshape(-1), one.known, one.name) for name, one in weights.items()
        }
        if axis == 1:
            (term,) = made.layer("Flatten", [term], {}, f"{op.name}_flat")
        else:
            (term,) = made.layer("Reshape", [term], flat, f"{op.name}_flat")
    params = {
        "axis": -1,
        "epsilon": float(str(np.float32(op.number("epsilon", 1e-5)))),
        "scale": "gamma" in weights,
        "center": "beta" in weights,
    }
    if len(axes) == 1:
        own = [term.axes]
        return list(
            made.layer("LayerNormalization", [term], params, op.name, weights=weights, axes=own)
        )
    (found,) = made.layer("LayerNormalization", [term], params, op.name, weights=weights)
    target = {"target_shape": [-1 if dim is None else dim for dim in shape[1:]]}
    return list(made.layer("Reshape", [found], target, f"{op.name}_apart"))


def normalized(made: Reader, kind: str, term: Term, found: Normalizing, name: str) -> Term:
    """A normalization along the last axis that was spelt out. Raises Unreadable."""
    width = term.tensor.shape[-1] if term.tensor else None
    if width is None:
        raise Unreadable("the axis it normalizes has no known size")
    params: dict[str, Any] = {"axis": -1, "epsilon": float(str(np.float32(found.epsilon)))}
    weights = {}
    names = (
        {"factor": "scale"} if kind == "RMSNormalization" else {"factor": "gamma", "shift": "beta"}
    )
    for key, own in names.items():
        const = getattr(found, key)
        if const is not None and const.array.shape != (width,):
            raise Unreadable("its factors do not have the shape of its axes")
        if const is None and kind == "RMSNormalization":
            const = Const(np.broadcast_to(np.float32(1), (width,)))
        if const is not None:
            weights[own] = const
    if kind == "LayerNormalization":
        params |= {"scale": "gamma" in weights, "center": "beta" in weights}
    return made.layer(kind, [term], params, name, weights=weights)[0]


@reads("RMSNormalization")
def read_root_mean_square(made: Reader, op: Operation) -> Tensors:
    term = made.plain(op.term(), op.name)
    if op.whole("axis", -1) not in (-1, term.rank - 1):
        raise Unreadable("it is along several axes")
    found = Normalizing([], op.number("epsilon", 1e-5), op.const(1))
    return [normalized(made, "RMSNormalization", term, found, op.name)]


@reads("LRN")
def read_response(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    term = made.last(term, op.name, term.rank or 4)
    size = op.whole("size", 0)
    if size % 2 == 0:
        raise Unreadable("it has an even number of neighbours")
    numbers = (("alpha", "alpha", 1e-4), ("beta", "beta", 0.75), ("k", "bias", 1.0))
    params: dict[str, float] = {
        key: float(str(np.float32(op.number(name, default)))) for key, name, default in numbers
    }
    params["local_size"] = size
    return list(made.layer("LRN", [term], params, op.name, axes=[term.axes]))
