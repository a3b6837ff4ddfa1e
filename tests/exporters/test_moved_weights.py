"""Weights follow a layer into a block, out of one, and through its copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from exporters.weights import declared, fit, is_complete
from layers.graph import Graph, Node
from tests.exporters.judging import random_weights
from tests.exporters.nested_networks import block, dense, network, use


def chain(*nodes: Node, **blocks: tuple[Node, ...]) -> Graph:
    """Layers behind four numbers, with chains as blocks."""
    stored = {name: block(list(inner), *wires("x", inner)) for name, inner in blocks.items()}
    return network(list(nodes), *wires("in", nodes), shape=[4], **stored)


def wires(first: str, nodes: Sequence[Node]) -> list[str]:
    return [f"{one}>{other}" for one, other in pairwise([first, *(node.id for node in nodes)])]


A, B, C = dense("a"), dense("b"), dense("c")

MOVES: Mapping[str, tuple[Graph, Graph, dict[str, str]]] = {
    "into a block": (
        chain(A, B, C),
        chain(A, use("u", "one"), one=(B, C)),
        {"a": "a", "u-b": "b", "u-c": "c"},
    ),
    "into a block of a block": (
        chain(A, use("u", "one"), one=(B, C)),
        chain(A, use("u", "one"), one=(use("v", "two"), C), two=(B,)),
        {"a": "a", "u-v-b": "u-b", "u-c": "u-c"},
    ),
    "into a block of a block used twice": (
        chain(use("u", "one"), use("w", "one"), one=(B, C)),
        chain(use("u", "one"), use("w", "one"), one=(use("v", "two"), C), two=(B,)),
        {"u-v-b": "u-b", "u-c": "u-c", "w-v-b": "w-b", "w-c": "w-c"},
    ),
    "out of a block": (
        chain(A, use("u", "one"), one=(B, C)),
        chain(A, B, C),
        {"a": "a", "b": "u-b", "c": "u-c"},
    ),
    "into the first of several copies": (
        chain(use("u", "one"), one=(B,)),
        chain(use("u", "one", repeat=3), one=(B,)),
        {"u-1-b": "u-b"},
    ),
    "out of the first of several copies": (
        chain(use("u", "one", repeat=3), one=(B,)),
        chain(use("u", "one"), one=(B,)),
        {"u-b": "u-1-b"},
    ),
    "nowhere, being changed": (
        chain(A, B),
        chain(A, use("u", "one"), one=(dense("b", 5),)),
        {"a": "a"},
    ),
    "nowhere, being still there": (
        chain(A, B),
        chain(A, B, use("u", "one"), one=(B,)),
        {"a": "a", "b": "b"},
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_weights_go_along(name: str) -> None:
    before, after, expected = MOVES[name]
    weights = random_weights(before)
    fitted = fit(after, weights)
    assert fitted.weights.keys() == expected.keys()
    for new, old in expected.items():
        assert fitted.weights[new]["kernel"] is weights[old]["kernel"]
    codes = [item.code for item in fitted.diagnostics]
    has_moved = any(new != old for new, old in expected.items())
    assert codes.count("weights.moved") == has_moved
    rest = set(weights) - set(expected.values())
    assert codes.count("weights.left_over") == len(rest)
    assert is_complete(after, weights) == (set(expected) == set(declared(after)))
