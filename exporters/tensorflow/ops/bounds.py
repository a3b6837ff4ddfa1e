"""Tensors that are no less, or no more, than a number."""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads

MAX_SHIFT = 16.0
"""What may be added to values and taken away again: more would cost them their last digits."""


def bounded(reader: Reader, op: Op, signal: Signal, number: float) -> Value:
    """A tensor that is no less, or no more, than a number."""
    if op.kind == "Minimum" and number > 0 and _takes_limit(reader, op, signal):
        reader.draft(signal).params["max_value"] = number
        return signal
    inner = _before(reader, op, signal)
    if inner is not None:
        # The other bound comes first: both are one layer.
        tensor, other = inner
        least, most = sorted((number, other))
        if least < most and (number == least) == (op.kind == "Maximum"):
            return clipped(reader, op, tensor, least, most)
    return _one_bound(reader, op, signal, number, op.kind == "Maximum")


def _one_bound(reader: Reader, op: Op, signal: Signal, number: float, is_least: bool) -> Signal:
    """A tensor that is no less, or no more, than a number; where that is far from the values, they
    lose no digits.
    """
    if number and (number > 0) != is_least:
        # A bound on the far side of nought: all below it stays as it is.
        limit = {"max_value": abs(number), "negative_slope": 1.0}
        turned = _line(reader, op, signal, -1.0, 0.0, "turned") if is_least else signal
        name = f"{op.name}_bound" if is_least else ""
        made = reader.layer(
            None if is_least else op, "ReLU", limit, [turned], name=name, order=signal.order
        )
        return _line(reader, op, made, -1.0, 0.0, "") if is_least else made
    side = 1.0 if is_least else -1.0
    is_plain = is_least and not number
    moved = signal if is_plain else _line(reader, op, signal, side, -side * number, "moved")
    name = "" if is_plain else f"{op.name}_bound"
    made = reader.layer(
        op if is_plain else None, "ReLU", {}, [moved], name=name, order=signal.order
    )
    return made if is_plain else _line(reader, op, made, side, number, "")


def _before(reader: Reader, op: Op, signal: Signal) -> tuple[Signal, float] | None:
    """What a tensor is before its other bound, and that bound."""
    place = 0 if signal is reader.value(op, 0) else 1
    source = reader.program.source(op.inputs[place])
    if source is None or source.kind != {"Maximum": "Minimum", "Minimum": "Maximum"}[op.kind]:
        return None
    left, right = reader.value(source, 0), reader.value(source, 1)
    tensor, bound = (left, right) if isinstance(left, Signal) else (right, left)
    if not isinstance(tensor, Signal) or not isinstance(bound, Constant) or bound.array.size != 1:
        return None
    number = float(bound.array.reshape(-1)[0])
    return (tensor, number) if bound.is_known and np.isfinite(number) else None


def clipped(reader: Reader, op: Op, signal: Signal, least: float, most: float) -> Value:
    """A tensor between two numbers."""
    if (least, most) == (-1.0, 1.0):
        given = {"activation": "hard_tanh"}
        return reader.layer(op, "Activation", given, [signal], order=signal.order)
    if least < -MAX_SHIFT:
        below = _one_bound(reader, Op(f"{op.name}_most", "Minimum", []), signal, most, False)
        return _one_bound(reader, op, below, least, True)
    limit = most - least
    moved = _line(reader, op, signal, 1.0, -least, "moved") if least else signal
    name = "" if not least else f"{op.name}_bound"
    params = {"max_value": limit}
    made = reader.layer(
        None if least else op, "ReLU", params, [moved], name=name, order=signal.order
    )
    return _line(reader, op, made, 1.0, least, "") if least else made


@reads("ClipByValue")
def clip_by_value(reader: Reader, op: Op) -> Value:
    signal, bounds = reader.value(op, 0), [reader.constant(op, place) for place in (1, 2)]
    if not isinstance(signal, Signal) or signal.dtype != "float32" or signal.rows is not None:
        raise NotKnown
    if any(item.array.size != 1 or not item.is_known for item in bounds):
        raise NotKnown
    least, most = (float(item.array.reshape(-1)[0]) for item in bounds)
    if not -np.inf < least < most < np.inf:
        raise NotKnown
    return clipped(reader, op, signal, least, most)


def _line(reader: Reader, op: Op, signal: Signal, scale: float, offset: float, name: str) -> Signal:
    """A factor and a shift, by the operation's own name where it has no other."""
    params = {"scale": scale, "offset": offset}
    given = f"{op.name}_{name}" if name else ""
    maker = None if name else op
    return reader.layer(maker, "Rescaling", params, [signal], name=given, order=signal.order)


def _takes_limit(reader: Reader, op: Op, signal: Signal) -> bool:
    """Whether the layer before is a ReLU that nothing else sees and that has no upper limit."""
    params = reader.draft(signal).params
    is_only_use = reader.is_only_use(op, 0 if signal is reader.value(op, 0) else 1)
    is_plain = params.get("max_value") is None and params.get("negative_slope") == 0
    return reader.draft(signal).type == "ReLU" and is_plain and is_only_use
