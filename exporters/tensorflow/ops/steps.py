"""One step of a sequence, or all of them: what is left when an axis is cut to one place."""

from __future__ import annotations

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import NotKnown, Reader, Signal, Value, reads

MAX_STEPS = 256


@reads("Unpack")
def taken_apart(reader: Reader, op: Op) -> list[Value]:
    """Every place along an axis; a layer is made for each that is used."""
    signal = reader.value(op, 0)
    count = int(op.attr("num", 0))
    if not isinstance(signal, Signal) or signal.shape is None or not 0 < count <= MAX_STEPS:
        raise NotKnown
    axis = int(op.attr("axis", 0) or 0) % len(signal.shape)
    used = set(reader.ports.get(op.name, ()))
    return [
        place_of(reader, op, signal, axis, place) if place in used else signal
        for place in range(count)
    ]


def place_of(reader: Reader, op: Op, signal: Signal, axis: int, place: int) -> Signal:
    """One place along an axis of the graph's tensor, which is gone then. Raises NotKnown."""
    shape = signal.shape
    if shape is None or len(shape) < 3 or signal.rows is not None:
        raise NotKnown
    order = signal.order or tuple(range(len(shape)))
    own = order[axis]
    length, rest = shape[own], (*shape[1:own], *shape[own + 1 :])
    if own == 0 or length is None or not -length <= place < length or rest.count(None) > 1:
        raise NotKnown
    cut = signal
    if length > 1:
        first = place % length
        points = [point for point in (first, first + 1) if 0 < point < length]
        if len(shape) == 3 and own == 1:
            params = {"cropping": [first, length - 1 - first]}
            name = f"{op.name}_step"
            cut = reader.layer(None, "Cropping1D", params, [signal], name=name)
        else:
            given = {"axis": own, "slice_points": points, "count": len(points) + 1}
            name = f"{op.name}_slice"
            made = reader.layer(None, "Slice", given, [signal], name=name)
            dims = (*shape[:own], 1, *shape[own + 1 :])
            cut = Signal((made.end[0], int(first > 0)), dims, made.dtype)
    target = [-1 if dim is None else dim for dim in rest]
    made = reader.layer(op, "Reshape", {"target_shape": target}, [cut])
    return Signal(made.end, made.shape, made.dtype, without(order, {own}))


def without(order: tuple[int, ...], gone: set[int]) -> tuple[int, ...] | None:
    """How axes lie when some of ours are gone; None where they lie as in the graph."""
    kept = [axis for axis in order if axis not in gone]
    made = tuple(sorted(kept).index(axis) for axis in kept)
    return None if made == tuple(range(len(made))) else made
