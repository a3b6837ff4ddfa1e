"""Tensors within limits: from below, from above, or on both sides."""

from __future__ import annotations

from dataclasses import replace

from exporters.onnx.operation import Operation, scalar_of
from exporters.onnx.ops.activation import short
from exporters.onnx.ops.merge import merged
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.steps import step
from exporters.onnx.tensors import Const, Tensors, Term

LARGEST = 3e38
"""Beyond this a limit of 32 bits is none."""
MAX_LIMITS = 10_000_000
"""Limits that differ from place to place."""
MAX_SHIFT = 10.0
"""What small numbers may be shifted by and back without losing digits that count."""


@reads("Clip")
def read_clip(made: Reader, op: Operation) -> Tensors:
    low, high = op.scalar(1, "min", None), op.scalar(2, "max", None)
    return [limited(made, op.term(), low, high, op.name)]


def limited(made: Reader, term: Term, low: float | None, high: float | None, name: str) -> Term:
    """A tensor within limits. Raises Unreadable."""
    low = None if low is None or low < -LARGEST else low
    high = None if high is None or high > LARGEST else high
    if low is None and high is None:
        return term
    if (low, high) == (-1.0, 1.0):
        return made.one("Activation", term, {"activation": "hard_tanh"}, name)
    far = max(abs(one) for one in (low, high) if one is not None)
    if far > MAX_SHIFT and (low is None or low < 0) and (high is None or high > 0):
        return _within(made, term, low, high, name)
    if low is None:
        # The least of both: a limit from above alone is one from below of the negative.
        assert high is not None
        term = made.one("Rescaling", term, {"scale": -1.0, "offset": short(high)}, f"{name}_below")
        term = made.one("ReLU", term, {}, name)
        over = {"scale": -1.0, "offset": short(high)}
        return made.one("Rescaling", term, over, f"{name}_above")
    if high is not None and high < low:
        raise Unreadable("its limits are the wrong way round")
    limit = {"max_value": None if high is None else short(high - low)}
    if low == 0:
        return made.one("ReLU", term, limit, name)
    term = made.one("Rescaling", term, {"scale": 1.0, "offset": short(-low)}, f"{name}_below")
    term = made.one("ReLU", term, limit, name)
    above = {"scale": 1.0, "offset": short(low)}
    return made.one("Rescaling", term, above, f"{name}_above")


def _within(made: Reader, term: Term, low: float | None, high: float | None, name: str) -> Term:
    """Within limits on both sides of 0, so far off that small numbers would be lost beside them:
    what is above 0, less what is below it.
    """
    term = made.whole(term, name)
    most = {"max_value": None if high is None else short(high)}
    least = {"max_value": None if low is None else short(-low)}
    above = made.one("ReLU", term, most, f"{name}_above")
    turned_over = made.one("Rescaling", term, {"scale": -1.0}, f"{name}_negative")
    below = made.one("ReLU", turned_over, least, f"{name}_below")
    (found,) = made.layer("Subtract", [above, below], {}, name, axes=[above.axes])
    return replace(found, rows=above.rows, flat=above.flat)


@reads("Max", "Min")
def read_limited(made: Reader, op: Operation) -> Tensors:
    """Of several tensors, and constants, which are limits."""
    terms = [one for one in op.inputs if isinstance(one, Term)]
    consts = [one for one in op.inputs if isinstance(one, Const)]
    if not terms or not all(one.known for one in consts):
        raise Unreadable("it has limits without values")
    name, largest = op.name, op.type == "Max"
    if len(terms) > 1:
        kind = "Maximum" if largest else "Minimum"
        (found,) = merged(made, kind, terms, f"{name}_of_all" if consts else name)
        assert isinstance(found, Term)
        terms = [found]
    term = terms[0]
    for place, const in enumerate(consts):
        last = place == len(consts) - 1
        number = scalar_of(const.array) if const.array.size == 1 else None
        if number is not None and const.array.ndim <= max(term.rank, 1):
            own = name if last else f"{name}_{place}"
            low, high = (number, None) if largest else (None, number)
            term = limited(made, term, low, high, own)
            continue
        if const.array.size > MAX_LIMITS or abs(const.array).max(initial=0) > MAX_SHIFT:
            raise Unreadable("its limits differ from place to place, and are large")
        pair = (term, const) if largest else (const, term)
        rest = step(made, op, "Relu", step(made, op, "Sub", *pair))
        kind, pair = ("Add", (rest, const)) if largest else ("Sub", (const, rest))
        term = step(made, op, kind, *pair, last=last)
    return [term]
