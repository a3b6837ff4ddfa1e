"""Borders around tensors: zeros, another number, or what is there once more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.ops.limits import MAX_SHIFT
from exporters.onnx.ops.picking import joined
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.tensors import Const, Tensors, Term

MAX_BORDER = 32
"""Places of a mirrored border, each of which is cut out for itself."""


@reads("Pad")
def read_pad(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    given = op.values(1, "pads") or op.ints("paddings") or []
    value = op.scalar(2, "value", 0.0) or 0.0
    mode = op.attribute("mode", "constant")
    if op.given(3) is not None:
        axes = op.values(3) or []
        count = len(axes)
        full = [0] * (2 * term.rank)
        for place, axis in enumerate(axes):
            full[axis % term.rank] = given[place]
            full[axis % term.rank + term.rank] = given[place + count]
        given = full
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
    if not term.axes or len(given) != 2 * term.rank:
        raise Unreadable("its numbers do not fit its input")
    own = {axis: (given[at], given[at + term.rank]) for at, axis in enumerate(term.axes)}
    if not any(given):
        return [term]
    if mode != "constant":
        return [_continued(made, op, term, own, mode)]
    if any(own[0]):
        raise Unreadable("it pads samples")
    if term.rank == 2:
        (row,) = made.layer("Reshape", [term], {"target_shape": [-1, 1]}, f"{op.name}_row")
        row = _bordered(made, row, [own[1]], value, op.name)
        return list(made.layer("Flatten", [row], {}, f"{op.name}_flat"))
    last = term.rank - 1
    pairs = [own[axis] for axis in range(1, last)]
    name = f"{op.name}_inside" if any(own[last]) else op.name
    if any(map(any, pairs)):
        term = _bordered(made, term, pairs, value, name)
    if any(own[last]):
        # The last axis as the first of those that layers pad.
        order = [last, *range(1, last)]
        (moved,) = made.layer("Permute", [term], {"dims": order}, f"{op.name}_permute")
        places = tuple([0, *order].index(axis) for axis in term.axes)
        moved = Term(moved.node, moved.port, moved.tensor, places)
        term = _bordered(made, moved, [own[last], *[(0, 0)] * (last - 2)], value, op.name)
    return [term]


def _bordered(
    made: Reader, term: Term, pairs: Sequence[tuple[int, int]], value: float, name: str
) -> Term:
    """A tensor with a number around it along all axes but the first and the last; less of it where
    there are fewer than 0. Raises Unreadable.
    """
    count = len(pairs)
    if not 1 <= count <= 3:
        raise Unreadable("it pads along more axes than three")
    axes = [term.axes]
    if min(min(pair) for pair in pairs) < 0:
        cropping = {"cropping": [max(-n, 0) for pair in pairs for n in pair]}
        (term,) = made.layer(f"Cropping{count}D", [term], cropping, f"{name}_crop", axes=axes)
        pairs = [(max(one, 0), max(two, 0)) for one, two in pairs]
    params = {"padding": [n for pair in pairs for n in pair]}
    if 0 < abs(value) <= MAX_SHIFT:
        term = made.one("Rescaling", term, {"scale": 1.0, "offset": -value}, f"{name}_lowered")
    (found,) = made.layer(f"ZeroPadding{count}D", [term], params, name, axes=axes)
    if not value:
        return found
    if abs(value) <= MAX_SHIFT:
        return made.one("Rescaling", found, {"scale": 1.0, "offset": value}, f"{name}_raised")
    sizes = [size or 0 for size in found.tensor.shape[1:-1]] if found.tensor else [0]
    if not all(sizes):
        raise Unreadable("its border is too large a number where sizes are not known")
    made.makes(math.prod(sizes))
    border = np.full(sizes, np.float32(value))
    border[tuple(slice(one, size - two) for (one, two), size in zip(pairs, sizes, strict=True))] = 0
    weights = {"bias": Const(border)}
    shift = {"axis": 1, "num_axes": count}
    return made.layer("Bias", [found], shift, f"{name}_border", weights=weights, axes=axes)[0]


def _continued(
    made: Reader, op: Operation, term: Term, own: Mapping[int, tuple[int, int]], mode: str
) -> Term:
    """Borders that repeat what is there: its edge, its mirror image, or its other end. Raises
    Unreadable.
    """
    for axis, (before, after) in sorted(own.items()):
        if not (before or after):
            continue
        size = term.tensor.shape[axis] if term.tensor else None
        if axis == 0 or size is None or min(before, after) < 0:
            raise Unreadable("it pads samples, or an axis of unknown size")
        if max(before, after) > min(MAX_BORDER, size - 1) and mode != "edge":
            raise Unreadable("its borders are too wide")
        places = _places(mode, before, after, size)
        term = joined(made, term, axis, places, op.name)
    return term


def _places(mode: str, before: int, after: int, size: int) -> list[tuple[int, int, int]]:
    """The parts of an axis with its borders: first place, place behind the last, how often."""
    whole = (0, size, 1)
    match mode:
        case "edge":
            parts = [(0, 1, before), whole, (size - 1, size, after)]
        case "reflect":
            one = [(place, place + 1, 1) for place in range(before, 0, -1)]
            two = [(place, place + 1, 1) for place in range(size - 2, size - 2 - after, -1)]
            parts = [*one, whole, *two]
        case "wrap":
            parts = [(size - before, size, min(before, 1)), whole, (0, after, min(after, 1))]
        case _:
            raise Unreadable(f"its mode {mode!s:.30} is not known")
    return [part for part in parts if part[2]]
