"""Recurrent layers on top of each other within one loop: each takes at a step what the one below
gives at that step.
"""

from __future__ import annotations

from dataclasses import dataclass

from exporters.tensorflow.cells import Cell, Expression, Unlike, cell_of


@dataclass(frozen=True, slots=True)
class Layer:
    """A cell and what comes in at each step: of a list, or what the cell below gives."""

    cell: Cell
    new: Expression


def chain_of(states: dict[int, Expression], output: Expression | None) -> list[Layer]:
    """The layers of a loop from the first to the last. Raises Unlike.

    Args:
        states: each state after a step, by its place; that of another is ``("next", place)``.
        output: what the loop gives at each step; None where nothing takes it.
    """
    taken = {place: _taken(after) for place, after in states.items()}
    memories = {place for _, inner in taken.values() for place in inner}
    by_input: dict[Expression, Layer] = {}
    for place, after in states.items():
        if place in memories:
            continue
        news, inner = taken[place]
        own = {place: after}
        for memory in inner:
            if memory not in states:
                raise Unlike
            own[memory] = states[memory]
            own[place] = _with(own[place], ("next", memory), states[memory])
            news |= taken[memory][0]
        if len(news) != 1:
            raise Unlike
        (new,) = news
        if new in by_input:
            raise Unlike
        by_input[new] = Layer(cell_of(own[place], own, new), new)
    firsts = [new for new in by_input if new[0] == "step"]
    if len(firsts) != 1:
        raise Unlike
    chain = [by_input.pop(firsts[0])]
    while by_input:
        above = by_input.pop(_given(chain[-1]), None)
        if above is None:
            raise Unlike
        chain.append(above)
    if output is not None and output != _given(chain[-1]):
        raise Unlike
    return chain


def _given(layer: Layer) -> Expression:
    return "next", layer.cell.states[0]


def _taken(expression: Expression) -> tuple[set[Expression], set[int]]:
    """What a state takes: factors of weights that come from a list or from another state, and
    states that it is computed from as they are, as an LSTM's is from its memory.
    """
    news: set[Expression] = set()
    inner: set[int] = set()
    stack: list[object] = [expression]
    while stack:
        item = stack.pop()
        if not isinstance(item, tuple) or not item:
            continue
        if item[0] == "step":
            news.add(item)
        elif item[0] == "next":
            inner.add(item[1])
        elif item[0] == "times" and item[1][0] == "next":
            news.add(item[1])
        elif item[0] != "weight":
            stack.extend(item)
    return news, inner


def _with(expression: Expression, old: Expression, new: Expression) -> Expression:
    """An expression with a part of it replaced."""
    if expression == old:
        return new
    return tuple(_with(part, old, new) if isinstance(part, tuple) else part for part in expression)
