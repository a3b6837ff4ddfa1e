"""Sums and products: of known numbers at once, of a tensor and a weight as a layer, of tensors as a
merging layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from exporters.tensorflow.ops.dense import bias_layer, taken_up
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from exporters.tensorflow.tensors import MAX_ELEMENTS
from exporters.weights import Array

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
    made = _result(op.kind, arrays)
    if made is None:
        return None
    return Constant(
        made.astype(arrays[0].dtype) if made.dtype == np.float64 and _are_single(arrays) else made,
        all(item.is_known for item in constants),
        op.name,
    )


def _are_single(arrays: list[Array]) -> bool:
    return all(array.dtype != np.float64 for array in arrays) and arrays[0].dtype.kind == "f"


def _result(kind: str, arrays: list[Array]) -> Array | None:
    with np.errstate(all="ignore"):
        try:
            if kind in _COMPUTED and len(arrays) == 2:
                shape = np.broadcast_shapes(*(array.shape for array in arrays))
                if np.prod(shape, dtype=float) > MAX_ELEMENTS:
                    raise NotKnown
                return np.asarray(_COMPUTED[kind](*arrays))
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
    elif op.kind == "Maximum" and number == 0:
        return reader.layer(op, "ReLU", {}, [signal], order=signal.order)
    elif op.kind == "Minimum" and number > 0 and _takes_limit(reader, op, signal):
        reader.draft(signal).params["max_value"] = number
        return signal
    else:
        raise NotKnown
    if (scale, offset) == (1.0, 0.0):
        return signal
    params = {"scale": scale, "offset": offset}
    return reader.layer(op, "Rescaling", params, [signal], order=signal.order)


def _takes_limit(reader: Reader, op: Op, signal: Signal) -> bool:
    """Whether the layer before is a ReLU that nothing else sees and that has no upper limit."""
    params = reader.draft(signal).params
    is_only_use = reader.is_only_use(op, 0 if signal is reader.value(op, 0) else 1)
    is_plain = params.get("max_value") is None and params.get("negative_slope") == 0
    return reader.draft(signal).type == "ReLU" and is_plain and is_only_use


@reads("RealDiv", "Div", "Pow")
def quotient(reader: Reader, op: Op) -> Value:
    left, right = reader.value(op, 0), reader.value(op, 1)
    if not isinstance(left, Signal) or not isinstance(right, Constant) or not right.is_known:
        raise NotKnown
    if op.kind == "Pow":
        if right.array.size != 1 or left.dtype != "float32":
            raise NotKnown
        power = float(right.array.reshape(-1)[0])
        return reader.layer(op, "Power", {"power": power}, [left], order=left.order)
    if right.array.size == 1:
        return with_weight(reader, op, left, right)
    with np.errstate(all="ignore"):
        inverse = Constant(1 / right.array, True, right.origin)
    return with_weight(reader, Op(op.name, "Mul", op.inputs), left, inverse)


@reads("AddN")
def merged(reader: Reader, op: Op) -> Value:
    """Tensors, value by value, in one order of axes."""
    found = [reader.value(op, place) for place in range(len(op.inputs))]
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
