"""Sums and products: of known numbers at once, of a tensor and a weight as a layer, of tensors as a
merging layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from exporters.tensorflow.ops.bounds import bounded
from exporters.tensorflow.ops.dense import bias_layer, taken_up
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from exporters.tensorflow.tensors import MAX_ELEMENTS
from exporters.weights import Array
from layers.tensor import product

_MERGES = {
    "Add": "Add",
    "AddV2": "Add",
    "AddN": "Add",
    "Sub": "Subtract",
    "Mul": "Multiply",
    "Maximum": "Maximum",
    "Minimum": "Minimum",
}
_COMPUTED: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "RealDiv": np.divide,
    "Div": np.divide,
    "FloorDiv": np.floor_divide,
    "FloorMod": np.mod,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Pow": np.power,
}
_COMPARED: dict[str, Callable[..., Any]] = {
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "Equal": np.equal,
}
_COMPUTED_OF_ONE: dict[str, Callable[..., Any]] = {
    "Rsqrt": lambda values: 1 / np.sqrt(values),
    "Sqrt": np.sqrt,
    "Neg": np.negative,
    "Square": np.square,
    "Exp": np.exp,
    "Abs": np.abs,
    "Reciprocal": np.reciprocal,
    "Floor": np.floor,
    "Ceil": np.ceil,
}


def known(reader: Reader, op: Op) -> Constant | None:
    """The result where all inputs are weights or numbers. Raises NotKnown."""
    if not op.inputs:
        return None
    values = [reader.values.get(ref) for ref in op.inputs]
    constants = [value for value in values if isinstance(value, Constant)]
    if len(constants) < len(values) or any(item.array.dtype == object for item in constants):
        return None
    arrays = [item.array for item in constants]
    made = _reduced(op, arrays) if len(arrays) == 2 else None
    made = _result(op.kind, arrays) if made is None else made
    if made is None:
        return None
    return Constant(
        made.astype(arrays[0].dtype) if made.dtype == np.float64 and _are_single(arrays) else made,
        all(item.is_known for item in constants),
        op.name,
    )


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Sum": np.sum,
    "Mean": np.mean,
    "Max": np.max,
    "Min": np.min,
}


def _reduced(op: Op, arrays: list[Array]) -> Array | None:
    """A sum of a weight along axes, and its kin. Raises NotKnown."""
    kind = str(op.values.get("was") or op.kind)
    function = _REDUCTIONS.get(kind)
    if function is None:
        return None
    if kind == "Mean" and arrays[0].dtype.kind in "iu":
        raise NotKnown
    axes = tuple(int(axis) for axis in arrays[1].reshape(-1)[:8])
    try:
        return np.asarray(function(arrays[0], axis=axes, keepdims=bool(op.attr("keep_dims"))))
    except ValueError:
        raise NotKnown from None


def _are_single(arrays: list[Array]) -> bool:
    return all(array.dtype != np.float64 for array in arrays) and arrays[0].dtype.kind == "f"


def _result(kind: str, arrays: list[Array]) -> Array | None:
    with np.errstate(all="ignore"):
        try:
            if kind in _COMPARED and any(np.isnan(array).any() for array in arrays):
                # A size that is not known is neither more nor less than another.
                raise NotKnown
            if (kind in _COMPUTED or kind in _COMPARED) and len(arrays) == 2:
                shape = np.broadcast_shapes(*(array.shape for array in arrays))
                if np.prod(shape, dtype=float) > MAX_ELEMENTS:
                    raise NotKnown
                return np.asarray((_COMPUTED.get(kind) or _COMPARED[kind])(*arrays))
            if kind in _COMPUTED_OF_ONE and len(arrays) == 1:
                return np.asarray(_COMPUTED_OF_ONE[kind](arrays[0]))
        except (ValueError, TypeError):
            raise NotKnown from None
    return None


@reads("Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum")
def pair(reader: Reader, op: Op) -> Value:
    left, right = reader.value(op, 0), reader.value(op, 1)
    if isinstance(left, Signal) and isinstance(right, Signal):
        return merged(reader, op)
    if isinstance(left, Constant) and isinstance(right, Constant):
        raise NotKnown
    signal = left if isinstance(left, Signal) else right
    weight = left if isinstance(left, Constant) else right
    assert isinstance(signal, Signal)
    assert isinstance(weight, Constant)
    return with_weight(reader, op, signal, weight)


def with_weight(reader: Reader, op: Op, signal: Signal, weight: Constant) -> Value:
    """A tensor and a weight: one number, or one for each channel."""
    is_left = reader.value(op, 0) is signal
    if signal.dtype != "float32" or signal.rows is not None:
        raise NotKnown
    takes_any = reader.draft(signal).type == "EinsumDense"
    if op.kind in ("Add", "AddV2") and (weight.array.shape == (1,) or takes_any):
        taken = taken_up(reader, op, signal, weight)
        if taken is not None:
            return taken
    if weight.array.size == 1 and weight.is_known and weight.array.ndim <= 1:
        number = float(weight.array.reshape(-1)[0])
        return _scaled(reader, op, signal, number, is_left)
    if signal.shape is None or weight.array.ndim > len(signal.shape):
        raise NotKnown
    rank = len(signal.shape)
    order = signal.order or tuple(range(rank))
    wide = [place for place, dim in enumerate(weight.array.shape) if dim != 1]
    if len(wide) > 1:
        return _table(reader, op, signal, weight, is_left=is_left)
    axis = order[wide[0] - weight.array.ndim + rank] if len(wide) == 1 else None
    if axis is None and weight.array.size == 1:
        axis = rank - 1 if signal.shape[-1] == 1 else None
    if axis is None or signal.shape[axis] != weight.array.size:
        raise NotKnown
    flat = Constant(weight.array.reshape(-1), weight.is_known, weight.origin)
    if op.kind in ("Add", "AddV2") or (op.kind == "Sub" and is_left):
        if op.kind == "Sub":
            flat = Constant(-flat.array, flat.is_known, flat.origin)
        taken = taken_up(reader, op, signal, flat) if axis == rank - 1 else None
        if taken is not None:
            return taken
        if axis == rank - 1:
            return bias_layer(reader, op, signal, flat, signal.order)
        return reader.layer(
            op, "Bias", {"axis": axis}, [signal], {"bias": flat}, order=signal.order
        )
    if op.kind == "Mul":
        params = {"axis": -1 if axis == rank - 1 else axis}
        return reader.layer(op, "Scale", params, [signal], {"gamma": flat}, order=signal.order)
    raise NotKnown


def _table(reader: Reader, op: Op, signal: Signal, weight: Constant, *, is_left: bool) -> Value:
    """A tensor and a weight with numbers for several axes, as positions of a sequence have them."""
    shape = signal.shape or ()
    rank, array = len(shape), weight.array
    order = signal.order or tuple(range(rank))
    array = array.reshape((1,) * (rank - array.ndim) + array.shape)
    array = array.transpose([order.index(axis) for axis in range(rank)])
    wide = [axis for axis, dim in enumerate(array.shape) if dim != 1]
    first, last = wide[0], wide[-1]
    dims = shape[first : last + 1]
    if op.kind not in ("Add", "AddV2", "Sub", "Mul") or (op.kind == "Sub" and not is_left):
        raise NotKnown
    if not first or any(dim not in (1, own) for dim, own in zip(array.shape, shape, strict=True)):
        raise NotKnown
    size = product(dims)
    if size is None:
        raise NotKnown
    if size != array.size:
        reader.makes(size)
    array = np.broadcast_to(
        array.reshape(array.shape[first : last + 1]), [dim or 0 for dim in dims]
    )
    kind, name = ("Scale", "gamma") if op.kind == "Mul" else ("Bias", "bias")
    given = Constant(-array if op.kind == "Sub" else array, weight.is_known, weight.origin)
    params = {"axis": first, "num_axes": len(dims)}
    return reader.layer(op, kind, params, [signal], {name: given}, order=signal.order)


def _scaled(reader: Reader, op: Op, signal: Signal, number: float, is_left: bool) -> Value:
    """A tensor and one number."""
    scale, offset = 1.0, 0.0
    if op.kind in ("Add", "AddV2"):
        offset = number
    elif op.kind == "Sub":
        scale, offset = (1.0, -number) if is_left else (-1.0, number)
    elif op.kind == "Mul":
        scale = number
    elif op.kind in ("RealDiv", "Div") and is_left and number:
        scale = 1 / number
    elif op.kind in ("Maximum", "Minimum") and np.isfinite(number):
        return bounded(reader, op, signal, number)
    else:
        raise NotKnown
    if (scale, offset) == (1.0, 0.0):
        return signal
    params = {"scale": scale, "offset": offset}
    return reader.layer(op, "Rescaling", params, [signal], order=signal.order)


@reads("RealDiv", "Div")
def quotient(reader: Reader, op: Op) -> Value:
    """Of a tensor and numbers, or a product with the inverse of a tensor."""
    left, right = reader.value(op, 0), reader.value(op, 1)
    if isinstance(right, Signal):
        inverse = powered(reader, None, right, -1.0, f"{op.name}_inverse")
        times = Op(op.name, "Mul", [op.inputs[0], op.inputs[1]])
        if isinstance(left, Constant):
            return with_weight(reader, times, inverse, left)
        return _merged(reader, times, [left, inverse])
    if not isinstance(left, Signal) or not right.is_known:
        raise NotKnown
    if right.array.size == 1:
        return with_weight(reader, op, left, right)
    with np.errstate(all="ignore"):
        factor = Constant(1 / right.array, True, right.origin)
    return with_weight(reader, Op(op.name, "Mul", op.inputs), left, factor)


@reads("Pow")
def power(reader: Reader, op: Op) -> Value:
    left, right = reader.value(op, 0), reader.constant(op, 1)
    if not isinstance(left, Signal) or right.array.size != 1 or not right.is_known:
        raise NotKnown
    return powered(reader, op, left, float(right.array.reshape(-1)[0]))


@reads("Sqrt", "Rsqrt", "Reciprocal", "Inv")
def root(reader: Reader, op: Op) -> Value:
    signal = reader.value(op, 0)
    if not isinstance(signal, Signal):
        raise NotKnown
    return powered(reader, op, signal, _POWERS[op.kind])


_POWERS = {"Sqrt": 0.5, "Rsqrt": -0.5, "Reciprocal": -1.0, "Inv": -1.0}


def powered(reader: Reader, op: Op | None, signal: Signal, number: float, name: str = "") -> Signal:
    """A tensor to a power. Raises NotKnown."""
    if signal.dtype != "float32" or signal.rows is not None:
        raise NotKnown
    return reader.layer(op, "Power", {"power": number}, [signal], name=name, order=signal.order)


@reads("SquaredDifference")
def squared_difference(reader: Reader, op: Op) -> Value:
    less = pair(reader, Op(f"{op.name}_difference", "Sub", op.inputs))
    if not isinstance(less, Signal):
        raise NotKnown
    return powered(reader, op, less, 2.0)


@reads("AddN")
def merged(reader: Reader, op: Op) -> Value:
    """Tensors, value by value, in one order of axes."""
    return _merged(reader, op, [reader.value(op, place) for place in range(len(op.inputs))])


def _merged(reader: Reader, op: Op, found: list[Value]) -> Value:
    signals = [value for value in found if isinstance(value, Signal)]
    if len(signals) < len(found) or any(signal.rows is not None for signal in signals):
        raise NotKnown
    if len(signals) == 1:
        return signals[0]
    ranks = {len(signal.shape) for signal in signals if signal.shape is not None}
    if len(ranks) > 1:
        raise NotKnown
    order = signals[0].order
    made = [reader.ordered(signal, order) for signal in signals]
    return reader.layer(op, _MERGES[op.kind], {}, made, order=order)
