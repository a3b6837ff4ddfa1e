"""Borders around tensors: zeros, another number, or what is there once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.tensors import Tensors, Term

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
    count = term.rank - 2
    if not 1 <= count <= 3 or any(own[0]) or any(own[term.rank - 1]):
        # With channels last in the file the other order may be meant; zeros between layers of
        # other kinds have no layer.
        raise Unreadable("it pads samples or channels")
    pairs = [own[axis] for axis in range(1, term.rank - 1)]
    if min(min(pair) for pair in pairs) < 0:
        params = {"cropping": [max(-n, 0) for pair in pairs for n in pair]}
        name = f"{op.name}_crop"
        (term,) = made.layer(f"Cropping{count}D", [term], params, name, axes=[term.axes])
        pairs = [(max(one, 0), max(two, 0)) for one, two in pairs]
    params = {"padding": [n for pair in pairs for n in pair]}
    if value:
        term = made.one("Rescaling", term, {"scale": 1.0, "offset": -value}, f"{op.name}_lowered")
    (found,) = made.layer(f"ZeroPadding{count}D", [term], params, op.name, axes=[term.axes])
    if value:
        found = made.one("Rescaling", found, {"scale": 1.0, "offset": value}, f"{op.name}_raised")
    return [found]


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
        term = _joined(made, op, term, axis, places)
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


def _joined(
    made: Reader, op: Operation, term: Term, axis: int, places: Sequence[tuple[int, int, int]]
) -> Term:
    """Parts of an axis, one behind the other."""
    size = places[0][1] if not term.tensor else term.tensor.shape[axis] or 0
    own = axis if axis < term.rank - 1 else -1
    points = sorted({end for part in places for end in part[:2]} - {0, size})
    cuts = made.layer(
        "Slice",
        [term],
        {"axis": own, "slice_points": points},
        f"{op.name}_parts",
        axes=[term.axes] * (len(points) + 1),
    )
    bounds = [0, *points, size]
    parts: list[Term] = []
    for start, end, times in places:
        if (start, end) == (0, size):
            parts.append(term)
            continue
        part = cuts[bounds.index(start) : bounds.index(end)]
        if times > 1:
            tiles = {"axis": own, "tiles": times}
            part = made.layer("Tile", part, tiles, f"{op.name}_edge", axes=[term.axes])
        parts.extend(part)
    return made.layer("Concatenate", parts, {"axis": own}, op.name, axes=[term.axes])[0]
