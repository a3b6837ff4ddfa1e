"""What is true or false in a file, as ones and zeros: comparisons, and choices by them."""

from __future__ import annotations

import math

from exporters.onnx.operation import Operation, scalar_of
from exporters.onnx.ops.activation import short
from exporters.onnx.ops.attention import FAR
from exporters.onnx.ops.merge import merged
from exporters.onnx.reader import Reader
from exporters.onnx.register import Read, Unreadable, reads
from exporters.onnx.tensors import Const, Tensors, Term

MOVING = frozenset({"Add", "Cast", "Expand", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
"""Operations behind which what must not count still does not."""
MAX_FOLLOWED = 100
MAX_FILLED = 1_000_000


def _line(made: Reader, term: Term, scale: float, offset: float, name: str) -> Term:
    return made.one("Rescaling", term, {"scale": scale, "offset": offset}, name)


def _known(made: Reader, op: Operation, term: Term) -> Tensors:
    made.truths.update(op.node.output)
    return [term]


def _number(one: Const | Term | None, rank: int) -> float:
    """A constant that is a single number, with no more axes than a tensor. Raises Unreadable."""
    number = scalar_of(one.array) if isinstance(one, Const) and one.array.size == 1 else None
    if number is None or not isinstance(one, Const) or not one.known or one.array.ndim > rank:
        raise Unreadable("it compares with more than a number")
    return short(number)


@reads("Equal")
def read_equal(made: Reader, op: Operation) -> Tensors:
    """Of whole numbers: less than one away."""
    place = 0 if isinstance(op.given(0), Term) else 1
    term = op.term(place)
    number = _number(op.given(1 - place), term.rank)
    if term.tensor is None or not term.tensor.dtype.startswith(("int", "uint")):
        raise Unreadable("it compares other than whole numbers")
    away = made.one(
        "AbsVal", _line(made, term, 1.0, -number, f"{op.name}_away"), {}, f"{op.name}_by"
    )
    other = made.one("ReLU", away, {"max_value": 1.0}, f"{op.name}_not")
    return _known(made, op, _line(made, other, -1.0, 1.0, op.name))


def _compared(over: bool, equal: bool) -> Read:
    """The reader of a comparison with a number: above it or below, that itself perhaps included."""

    def read(made: Reader, op: Operation) -> Tensors:
        swapped = isinstance(op.given(0), Const)
        term = op.term(1 if swapped else 0)
        number = _number(op.given(0 if swapped else 1), term.rank)
        # x ≥ n is: not x < n.
        above = over ^ swapped ^ equal
        name = f"{op.name}_not" if equal else op.name
        if not above or (term.tensor and not term.tensor.dtype.startswith("float")):
            term = _line(made, term, 1.0 if above else -1.0, 0.0, f"{op.name}_sign")
        limit = {"threshold": number if above else -number}
        found = made.one("Threshold", term, limit, name)
        return _known(made, op, _line(made, found, -1.0, 1.0, op.name) if equal else found)

    return read


reads("Greater")(_compared(over=True, equal=False))
reads("GreaterOrEqual")(_compared(over=True, equal=True))
reads("Less")(_compared(over=False, equal=False))
reads("LessOrEqual")(_compared(over=False, equal=True))


def _truth(made: Reader, op: Operation, place: int) -> Term:
    """An input that is true or false, as ones and zeros. Raises Unreadable."""
    term = op.term(place)
    if term.tensor is None:
        raise Unreadable("its shape is unknown")
    if term.tensor.dtype == "bool":
        return _line(made, term, 1.0, 0.0, f"{op.name}_counts")
    return term


@reads("Not")
def read_not(made: Reader, op: Operation) -> Tensors:
    return _known(made, op, _line(made, _truth(made, op, 0), -1.0, 1.0, op.name))


@reads("And", "Or")
def read_both(made: Reader, op: Operation) -> Tensors:
    kind = "Multiply" if op.type == "And" else "Maximum"
    (found,) = merged(made, kind, [_truth(made, op, 0), _truth(made, op, 1)], op.name)
    assert isinstance(found, Term)
    return _known(made, op, found)


def chosen_by(made: Reader, op: Operation) -> Tensors:
    """A choice that a tensor makes: what is chosen times one, and the other times zero. Raises
    Unreadable.
    """
    counts = _truth(made, op, 0)
    first, second = (_choice(made, op, place, counts) for place in (1, 2))
    if isinstance(first, float) and isinstance(second, float):
        return [_line(made, counts, first - second, second, op.name)]
    rest = _line(made, counts, -1.0, 1.0, f"{op.name}_rest")
    parts: list[Term] = []
    for one, share, name in ((first, counts, "chosen"), (second, rest, "other")):
        if isinstance(one, float):
            part = _line(made, share, one, 0.0, f"{op.name}_{name}")
        else:
            (part,) = (
                found
                for found in merged(made, "Multiply", [one, share], f"{op.name}_{name}")
                if isinstance(found, Term)
            )
        parts.append(part)
    return merged(made, "Add", parts, op.name)


def stays_finite(made: Reader, term: Term) -> None:
    """Refuse to multiply by zero what a choice keeps out because it may be infinite or no number:
    a logarithm, a root, a quotient. Raises Unreadable.
    """
    kind = made.nodes[term.node].type
    given = [term.node]
    if kind in ("Multiply", "Rescaling"):
        given += [edge.source for edge in made.edges if edge.target == term.node]
    for node in (made.nodes[one] for one in given):
        power = node.params.get("power", 1.0) if node.type == "Power" else 1.0
        if node.type == "Log" or power < 0 or power % 1:
            raise Unreadable("it may choose against what is infinite or no number")


def _choice(made: Reader, op: Operation, place: int, counts: Term) -> float | Term:
    """What is chosen; perhaps a number, which may fill a tensor no larger than the choice."""
    one = op.given(place)
    if isinstance(one, Term):
        stays_finite(made, one)
        return one
    if (
        isinstance(one, Const)
        and 1 < one.array.size <= MAX_FILLED
        and one.array.ndim == counts.rank
    ):
        wanted = (made.batch_size, *(counts.shape or ())[1:])
        sizes = zip(one.array.shape, wanted, strict=False)
        if all(size in (1, own) for size, own in sizes) and (one.array == one.array.flat[0]).all():
            one = Const(one.array.ravel()[:1], one.known)
    number = _number(one, counts.rank)
    if math.isfinite(number):
        return number
    if number > 0 or not _is_left_out(made, op.node.output[0]):
        raise Unreadable("it chooses a number that is not finite")
    return FAR


def _is_left_out(made: Reader, output: str) -> bool:
    """Whether all that becomes of a tensor is the share of scores, of which the lowest has none."""
    waiting, seen = [output], set[str]()
    while waiting:
        end = waiting.pop()
        users = made.consumers.get(end, ())
        if end in made.outputs or not users or len(seen) > MAX_FOLLOWED:
            return False
        for user in users:
            if user.op_type in MOVING and user.output[0] not in seen:
                seen.add(user.output[0])
                waiting.append(user.output[0])
            elif user.op_type not in MOVING and user.op_type != "Softmax":
                return False
    return True
