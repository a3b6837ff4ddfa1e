"""What one step of a loop computes, as an expression in one normal form, and which recurrent cell
that is.

However a cell was written (one product for all gates or one for each, inputs and state joined or
not, kernels cut before or results after), its gates are here sums of products of the step's input
or the state with a part of a weight, and of parts of biases. Two expressions are equal where they
are the same tuple.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Expression: TypeAlias = tuple[Any, ...]
"""``("weight", source, rank, rows, columns)``, ``("times", expression, weight)``, ``("sum",
expressions)``, ``("product", expressions)``, ``("minus", left, right)``, ``("number", value)``,
``("argument", place)``, ``("step", list, place)``, ``("put", list, place, value)``, and an
activation's name with what it is of. Rows are all (None), one of so many, ``"head"`` (those of the
input) or ``"tail"`` (those of the state); columns are a span."""

ONE: Expression = ("number", 1.0)


class Unlike(Exception):
    """An expression that no recurrent cell has."""


def total(*parts: Expression) -> Expression:
    """A sum, flat and in one order."""
    return _flat("sum", parts)


def times(*parts: Expression) -> Expression:
    """A product value by value, flat and in one order."""
    return _flat("product", parts)


def _flat(kind: str, parts: tuple[Expression, ...]) -> Expression:
    flat: list[Expression] = []
    for part in parts:
        flat.extend(part[1] if part[0] == kind else (part,))
    if len(flat) > 16:
        raise Unlike
    return kind, tuple(sorted(flat, key=repr))


def width(expression: Expression) -> int:
    """How long the last axis is. Raises Unlike where nothing says."""
    kind = expression[0]
    if kind == "weight":
        return int(expression[4][1] - expression[4][0])
    if kind == "times":
        return width(expression[2])
    if kind in ("sum", "product"):
        for part in expression[1]:
            try:
                return width(part)
            except Unlike:
                continue
        raise Unlike
    if len(expression) == 2 and kind not in ("number", "argument"):
        return width(expression[1])
    raise Unlike


def cut(expression: Expression, start: int, stop: int) -> Expression:
    """Some of the columns, taken where they come from. Raises Unlike."""
    kind = expression[0]
    if kind == "weight":
        first, last = expression[4]
        if not 0 <= start < stop <= last - first:
            raise Unlike
        return (*expression[:4], (first + start, first + stop))
    if kind == "times":
        return kind, expression[1], cut(expression[2], start, stop)
    if kind in ("sum", "product"):
        return _flat(kind, tuple(cut(part, start, stop) for part in expression[1]))
    if kind == "number":
        return expression
    if len(expression) == 2 and kind != "argument":
        return kind, cut(expression[1], start, stop)
    raise Unlike


def matrix_product(left: Expression, weight: Expression) -> Expression:
    """A product with a weight; of two things joined, the sum of the products of each."""
    if weight[0] != "weight" or weight[2] != 2:
        raise Unlike
    if left[0] != "joined":
        return "times", left, weight
    if len(left[1]) != 2 or weight[3] is not None:
        raise Unlike
    return total(
        *(
            ("times", part, (*weight[:3], rows, weight[4]))
            for part, rows in zip(left[1], ("head", "tail"), strict=True)
        )
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate adds up: of the input, of the state, biases, and a number."""

    kernel: Expression
    recurrent: Expression
    biases: tuple[Expression, ...] = ()
    recurrent_biases: tuple[Expression, ...] = ()
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A recurrent cell.

    Attributes:
        kind: the layer that steps through it.
        states: the arguments of the loop that hold its states, the output's first.
        gates: in the order in which Keras keeps their weights.
    """

    kind: str
    states: tuple[int, ...]
    gates: tuple[Gate, ...]
    activation: str
    recurrent_activation: str = ""
    reset_after: bool | None = None
    params: dict[str, Any] = field(default_factory=dict)


def cell_of(output: Expression, states: dict[int, Expression], new: Expression) -> Cell:
    """The cell whose output and next states these are. Raises Unlike.

    Args:
        new: what comes in at each step.
    """
    place = next((place for place, value in states.items() if value == output), None)
    if place is None:
        raise Unlike
    others = [other for other in states if other != place]
    if len(others) == 1:
        return _lstm(output, place, others[0], states[others[0]], new)
    if others:
        raise Unlike
    if output[0] == "sum":
        return _gru(output, place, new)
    activation, inner = _activated(output)
    return Cell("SimpleRNN", (place,), (_gate(inner, new, ("argument", place)),), activation)


def _activated(expression: Expression) -> tuple[str, Expression]:
    if len(expression) != 2 or expression[0] in ("sum", "product", "number", "argument"):
        raise Unlike
    return expression[0], expression[1]


def _gate(expression: Expression, new: Expression, state: Expression) -> Gate:
    """A sum as a gate."""
    parts = expression[1] if expression[0] == "sum" else (expression,)
    kernels = [part[2] for part in parts if part[0] == "times" and part[1] == new]
    recurrent = [part[2] for part in parts if part[0] == "times" and part[1] == state]
    biases = tuple(part for part in parts if part[0] == "weight" and part[2] == 1)
    numbers = [part[1] for part in parts if part[0] == "number"]
    if len(kernels) != 1 or len(recurrent) != 1 or len(parts) != 2 + len(biases) + len(numbers):
        raise Unlike
    return Gate(kernels[0], recurrent[0], biases, (), sum(numbers))


def _pair(expression: Expression, kind: str) -> tuple[Expression, Expression]:
    if expression[0] != kind or len(expression[1]) != 2:
        raise Unlike
    left, right = expression[1]
    return left, right


def _lstm(
    output: Expression, place: int, memory: int, next_memory: Expression, new: Expression
) -> Cell:
    """``o * tanh(c')`` with ``c' = f * c + i * tanh(g)``."""
    state, before = ("argument", place), ("argument", memory)
    sides = [_activated(side) for side in _pair(output, "product")]
    outer = next((side for side in sides if side[1] == next_memory), None)
    if outer is None:
        raise Unlike
    recurrent, out = sides[1] if sides[0] is outer else sides[0]
    terms = _pair(next_memory, "sum")
    kept = next((term for term in terms if term[0] == "product" and before in term[1]), None)
    if kept is None:
        raise Unlike
    left, right = _pair(kept, "product")
    gates = {"f": _activated(right if left == before else left), "o": (recurrent, out)}
    fed = [
        _activated(side) for side in _pair(terms[1] if terms[0] is kept else terms[0], "product")
    ]
    if fed[0][0] != recurrent or fed[1][0] != outer[0]:
        fed.reverse()
    gates["i"], gates["c"] = fed
    if {gates[name][0] for name in "ifo"} != {recurrent} or gates["c"][0] != outer[0]:
        raise Unlike
    made = tuple(_gate(gates[name][1], new, state) for name in "ifco")
    return Cell("LSTM", (place, memory), made, outer[0], recurrent)


def _gru(output: Expression, place: int, new: Expression) -> Cell:
    """``z * h + (1 - z) * tanh(g)``, where r scales the state before its product or after it."""
    state = ("argument", place)
    terms = _pair(output, "sum")
    kept = next((term for term in terms if term[0] == "product" and state in term[1]), None)
    if kept is None:
        raise Unlike
    left, right = _pair(kept, "product")
    update = right if left == state else left
    recurrent, inner = _activated(update)
    sides = _pair(terms[1] if terms[0] is kept else terms[0], "product")
    rest = ("minus", ONE, update)
    if rest not in sides:
        raise Unlike
    activation, fresh = _activated(sides[1] if sides[0] == rest else sides[0])
    parts = fresh[1] if fresh[0] == "sum" else ()
    after = next((part for part in parts if part[0] == "product"), None)
    if after is not None:
        reset, sums = _reset(after, recurrent)
        scaled = _gate(total(("times", new, _first_kernel(parts, new)), sums), new, state)
        plain = _gate(
            total(
                *(part for part in parts if part is not after), ("times", state, scaled.recurrent)
            ),
            new,
            state,
        )
        candidate = Gate(plain.kernel, scaled.recurrent, plain.biases, scaled.biases, plain.shift)
        if scaled.shift:
            raise Unlike
    else:
        before = next((part for part in parts if part[0] == "times" and part[1] != new), None)
        if before is None:
            raise Unlike
        left, right = _pair(before[1], "product")
        if state not in (left, right):
            raise Unlike
        reset = right if left == state else left
        candidate = _gate(fresh, new, before[1])
    kind, reset_sum = _activated(reset)
    if kind != recurrent:
        raise Unlike
    gates = (_gate(inner, new, state), _gate(reset_sum, new, state), candidate)
    return Cell("GRU", (place,), gates, activation, recurrent, after is not None)


def _first_kernel(parts: tuple[Expression, ...], new: Expression) -> Expression:
    found: Expression | None = next((part[2] for part in parts if part[:2] == ("times", new)), None)
    if found is None:
        raise Unlike
    return found


def _reset(product: Expression, recurrent: str) -> tuple[Expression, Expression]:
    """The reset gate, and what it scales."""
    left, right = _pair(product, "product")
    return (left, right) if left[0] == recurrent else (right, left)
