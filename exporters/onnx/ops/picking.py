"""Places of an axis picked out and put together in another order."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Term

MAX_PLACES = 100_000
MAX_PARTS = 64
"""Parts of an axis, each of which is cut out for itself."""


def picked_out(made: Reader, term: Term, axis: int, places: Sequence[int], name: str) -> Term:
    """Places of an axis of the network's, in any order. Raises Unreadable."""
    size = term.tensor.shape[axis] if term.tensor else None
    if size is None or axis == 0 or not places or len(places) > MAX_PLACES:
        raise Unreadable("it picks places of an axis without a known size, too many or none")
    if not all(0 <= one < size for one in places):
        raise Unreadable("it picks places that are not there")
    parts: list[tuple[int, int, int]] = []
    for place in places:
        if parts and parts[-1][1] == place:
            parts[-1] = parts[-1][0], place + 1, 1
        else:
            parts.append((place, place + 1, 1))
    if len(parts) > MAX_PARTS:
        raise Unreadable("it picks too many places apart from one another")
    if parts == [(0, size, 1)]:
        return term
    return joined(made, term, axis, parts, name)


def joined(
    made: Reader, term: Term, axis: int, places: Sequence[tuple[int, int, int]], name: str
) -> Term:
    """Parts of an axis of the network's, one behind the other.

    Args:
        places: of each part the first place, the place behind the last, and how often it comes.
    """
    size = places[0][1] if not term.tensor else term.tensor.shape[axis] or 0
    own = axis if axis < term.rank - 1 else -1
    points = sorted({end for part in places for end in part[:2]} - {0, size})
    cuts: Sequence[Term] = [term]
    if points:
        along = {"axis": own, "slice_points": points}
        order = [term.axes] * (len(points) + 1)
        cuts = made.layer("Slice", [term], along, f"{name}_parts", axes=order)
    bounds = [0, *points, size]
    parts: list[Term] = []
    for start, end, times in places:
        part = cuts[bounds.index(start) : bounds.index(end)]
        if (start, end) == (0, size):
            part = [term]
        if times > 1:
            tiles = {"axis": axis, "tiles": times}
            part = made.layer("Tile", part, tiles, f"{name}_edge", axes=[term.axes])
        parts.extend(part)
    if len(parts) == 1:
        return parts[0]
    return made.layer("Concatenate", parts, {"axis": own}, name, axes=[term.axes])[0]
