"""Places along axes: cut out, chosen by number, turned around, and mirrored at the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from exporters.tensorflow.ops.steps import place_of, without
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads

MAX_RUNS = 256
"""Parts that are put together one behind the other."""


@reads("StridedSlice")
def strided_slice(reader: Reader, op: Op) -> Value:
    """Of known numbers or of a tensor, with all masks."""
    found = reader.value(op, 0)
    begin, end, strides = (reader.whole(op, place) for place in (1, 2, 3))
    masks = {
        name: int(op.attr(f"{name}_mask", 0) or 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    return _taken(reader, op, found, (begin, end, strides), masks)


@reads("Slice")
def slice_by_sizes(reader: Reader, op: Op) -> Value:
    """From where on and how many along each axis, -1 for all that follow."""
    found, begin, sizes = reader.value(op, 0), reader.whole(op, 1), reader.whole(op, 2)
    if len(begin) != len(sizes) or min([*begin, 0]) < 0 or min([*sizes, 0]) < -1:
        raise NotKnown
    masks = dict.fromkeys(("begin", "ellipsis", "new_axis", "shrink_axis"), 0)
    masks["end"] = sum(1 << place for place, size in enumerate(sizes) if size == -1)
    end = [start + size for start, size in zip(begin, sizes, strict=True)]
    return _taken(reader, op, found, (begin, end, [1] * len(begin)), masks)


def _taken(
    reader: Reader,
    op: Op,
    found: Value,
    spans: tuple[list[int], list[int], list[int]],
    masks: dict[str, int],
) -> Value:
    begin, end, strides = spans
    if isinstance(found, Constant):
        return Constant(found.array[_index(begin, end, strides, masks)], found.is_known)
    if found.shape is None or found.rows is not None or 0 in strides:
        raise NotKnown
    axis = _only_place(len(begin), masks)
    if axis is not None and set(strides) == {1}:
        return place_of(reader, op, found, axis, begin[axis])
    if masks["new_axis"]:
        found = reader.ordered(found, None)
    return _sliced(reader, op, found, _wanted(found, begin, end, strides, masks))


def _only_place(count: int, masks: dict[str, int]) -> int | None:
    """The axis of which one place is taken, where the others stay whole."""
    axis = masks["shrink_axis"].bit_length() - 1
    if axis < 0 or masks["shrink_axis"] != 1 << axis or masks["ellipsis"] | masks["new_axis"]:
        return None
    others = sum(1 << place for place in range(count) if place != axis)
    return axis if masks["begin"] & masks["end"] & others == others else None


@dataclass(slots=True)
class _Wanted:
    """What is taken of a tensor.

    Attributes:
        runs: by our axis, from where to where (None: to the end) and with which step.
        gone: our axes of which one place is left, and no axis.
        fresh: axes of one that are put in, by the number of axes of the graph before them.
    """

    runs: dict[int, tuple[int, int | None, int]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    fresh: list[int] = field(default_factory=list)


def _wanted(
    found: Signal, begin: list[int], end: list[int], strides: list[int], masks: dict[str, int]
) -> _Wanted:
    """The masks worked out, axis by axis. Raises NotKnown."""
    shape = found.shape or ()
    order = found.order or tuple(range(len(shape)))
    made = _Wanted()
    axis = 0
    for place, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        if masks["ellipsis"] >> place & 1:
            after = range(place + 1, len(begin))
            axis = len(shape) - sum(1 for item in after if not masks["new_axis"] >> item & 1)
            continue
        if masks["new_axis"] >> place & 1:
            made.fresh.append(axis)
            continue
        if not 0 <= axis < len(shape):
            raise NotKnown
        own = order[axis]
        axis += 1
        length = shape[own]
        if masks["shrink_axis"] >> place & 1:
            if length is None or not -length <= start < length:
                raise NotKnown
            made.gone.add(own)
            made.runs[own] = (start % length, start % length + 1, 1)
            continue
        first = None if masks["begin"] >> place & 1 else start
        last = None if masks["end"] >> place & 1 else stop
        if length is not None:
            made.runs[own] = _within(slice(first, last, step), length)
        elif step == 1 and (first or 0) >= 0 and (last is None or last < 0):
            made.runs[own] = (first or 0, last, 1)
        else:
            raise NotKnown
    return made


def _within(given: slice, length: int) -> tuple[int, int | None, int]:
    """A slice of an axis of known length. Raises NotKnown where nothing is left of it."""
    start, stop, step = given.indices(length)
    if not len(range(start, stop, step)):
        raise NotKnown
    return start, stop, step


def _sliced(reader: Reader, op: Op, signal: Signal, wanted: _Wanted) -> Signal:
    shape = signal.shape or ()
    rank = len(shape)
    cuts: dict[int, tuple[int, int]] = {}
    chosen: dict[int, range] = {}
    for own, (start, stop, step) in wanted.runs.items():
        length = shape[own]
        if step != 1 and length is not None:
            chosen[own] = range(start, -1 if stop is None else stop, step)
            continue
        after = -(stop or 0) if length is None else length - (length if stop is None else stop)
        if start or after:
            cuts[own] = (start, after)
    if 0 in cuts or 0 in chosen or 0 in wanted.gone:
        raise NotKnown
    made = signal
    inner = {own: sides for own, sides in cuts.items() if rank <= 5 and 0 < own < rank - 1}
    if inner:
        is_last = len(inner) == len(cuts) and not (wanted.gone or wanted.fresh or chosen)
        flat = [side for own in range(1, rank - 1) for side in inner.get(own, (0, 0))]
        kind, name = f"Cropping{rank - 2}D", "" if is_last else f"{op.name}_cut"
        made = reader.layer(
            op if is_last else None, kind, {"cropping": flat}, [made], name=name, order=signal.order
        )
    for own in cuts.keys() - inner.keys():
        length = shape[own]
        if length is None:
            raise NotKnown
        chosen[own] = range(cuts[own][0], length - cuts[own][1])
    for own, span in chosen.items():
        made = selected(reader, op, made, own, [span])
    if not (wanted.gone or wanted.fresh):
        return made
    return _reshaped(reader, op, made, wanted)


def _reshaped(reader: Reader, op: Op, signal: Signal, wanted: _Wanted) -> Signal:
    """With fewer axes, and with axes of one. Raises NotKnown."""
    shape = signal.shape or ()
    order = signal.order or tuple(range(len(shape)))
    dims: list[int | None] = []
    for axis in range(len(shape) + 1):
        dims += [1] * wanted.fresh.count(axis)
        if axis < len(shape) and axis not in wanted.gone:
            dims.append(shape[axis])
    if 0 in wanted.fresh or len(dims) < 2 or dims[1:].count(None) > 1:
        raise NotKnown
    target = [-1 if dim is None else dim for dim in dims[1:]]
    made = reader.layer(op, "Reshape", {"target_shape": target}, [signal])
    left = None if wanted.fresh else without(order, wanted.gone)
    return Signal(made.end, made.shape, made.dtype, left)


def selected(reader: Reader, op: Op, signal: Signal, own: int, spans: Sequence[range]) -> Signal:
    """Places along one of our axes, span by span in any order. Raises NotKnown."""
    shape = signal.shape or ()
    rank, length = len(shape), shape[own]
    if own == 0 or length is None:
        raise NotKnown
    if list(spans) == [range(length)]:
        return signal
    if len(spans) == 1 and spans[0].step > 1 and rank in (3, 4, 5) and own < rank - 1:
        return _paced(reader, op, signal, own, spans[0])
    runs = _runs(spans)
    if any(not 0 <= start < stop <= length for start, stop in runs):
        raise NotKnown
    points = sorted({end for run in runs for end in run} - {0, length})
    axis = -1 if own == rank - 1 else own
    given = {"axis": axis, "slice_points": points, "count": len(points) + 1}
    whole = reader.layer(None, "Slice", given, [signal], name=f"{op.name}_parts")
    bounds = [0, *points, length]
    parts: list[Signal] = []
    for start, stop in runs:
        if (start, stop) == (0, length):
            parts.append(signal)
            continue
        for port in range(bounds.index(start), bounds.index(stop)):
            dims = (*shape[:own], bounds[port + 1] - bounds[port], *shape[own + 1 :])
            parts.append(Signal((whole.end[0], port), dims, whole.dtype, signal.order))
    if len(parts) == 1:
        return parts[0]
    if len(parts) > MAX_RUNS:
        raise NotKnown
    made = reader.layer(None, "Concatenate", {"axis": axis}, parts, name=f"{op.name}_chosen")
    return Signal(made.end, made.shape, made.dtype, signal.order)


def _paced(reader: Reader, op: Op, signal: Signal, own: int, span: range) -> Signal:
    """Every so many places of a spatial axis: a pooling of one place."""
    first, last, step = span[0], span[-1], span.step
    shape = signal.shape or ()
    count, length = len(shape) - 2, shape[own] or 0
    made = signal
    # What is left behind the last place may stay, where it makes no place more.
    after = length - 1 - last if last + step < length else 0
    if first or after:
        flat = [0] * (2 * count)
        flat[2 * own - 2 : 2 * own] = [first, after]
        kind, name = f"Cropping{count}D", f"{op.name}_cut"
        made = reader.layer(None, kind, {"cropping": flat}, [made], name=name)
    strides = [step if axis == own else 1 for axis in range(1, count + 1)]
    params: dict[str, Any] = {"pool_size": [1] * count, "strides": strides, "padding": "valid"}
    if count == 1:
        params = {"pool_size": 1, "strides": step, "padding": "valid"}
    name = f"{op.name}_paced"
    made = reader.layer(None, f"MaxPooling{count}D", params, [made], name=name)
    return Signal(made.end, made.shape, made.dtype, signal.order)


def _runs(spans: Sequence[range]) -> list[tuple[int, int]]:
    """Spans as runs of places that follow one another. Raises NotKnown where there are too many."""
    runs: list[tuple[int, int]] = []
    for span in spans:
        if span.step != 1 and len(span) > MAX_RUNS:
            raise NotKnown
        for run in [span] if span.step == 1 else [range(at, at + 1) for at in span]:
            if not run:
                continue
            if runs and runs[-1][1] == run.start:
                runs[-1] = (runs[-1][0], run.stop)
            else:
                runs.append((run.start, run.stop))
    if not 0 < len(runs) <= MAX_RUNS:
        raise NotKnown
    return runs


def axes_of(reader: Reader, signal: Signal, axes: Sequence[int]) -> list[int]:
    """Our axes for those of the graph's tensor. Raises NotKnown."""
    rank = len(signal.shape or ())
    if not rank or signal.rows is not None or any(not -rank <= axis < rank for axis in axes):
        raise NotKnown
    order = signal.order or tuple(range(rank))
    return [order[axis % rank] for axis in axes]


@reads("ReverseV2")
def turned(reader: Reader, op: Op) -> Value:
    signal = reader.value(op, 0)
    if not isinstance(signal, Signal):
        raise NotKnown
    made = signal
    for own in axes_of(reader, signal, reader.whole(op, 1)):
        length = (signal.shape or ())[own] or 0
        made = selected(reader, op, made, own, [range(length - 1, -1, -1)])
    return made


@reads("MirrorPad")
def mirrored(reader: Reader, op: Op) -> Value:
    """Borders that are the mirror image of what is there."""
    signal, sides = reader.value(op, 0), reader.constant(op, 1).array
    rank = len(signal.shape or ()) if isinstance(signal, Signal) else 0
    if not isinstance(signal, Signal) or sides.shape != (rank, 2):
        raise NotKnown
    made, edge = signal, int(op.attr("mode") == "REFLECT")
    for own, (before, after) in zip(
        axes_of(reader, signal, range(rank)), sides.tolist(), strict=True
    ):
        length = (signal.shape or ())[own]
        if not before and not after:
            continue
        if length is None or not 0 <= min(before, after) <= max(before, after) <= length - edge:
            raise NotKnown
        first = range(before - 1 + edge, edge - 1, -1)
        last = range(length - 1 - edge, length - 1 - edge - after, -1)
        made = selected(reader, op, made, own, [first, range(length), last])
    return made


def _index(begin: list[int], end: list[int], strides: list[int], masks: dict[str, int]) -> Any:
    """NumPy's index for a slice as TensorFlow has it."""
    made: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        if masks["ellipsis"] >> place & 1:
            made.append(Ellipsis)
        elif masks["new_axis"] >> place & 1:
            made.append(None)
        elif masks["shrink_axis"] >> place & 1:
            made.append(start)
        else:
            first = None if masks["begin"] >> place & 1 else start
            made.append(slice(first, None if masks["end"] >> place & 1 else stop, step))
    return tuple(made)
