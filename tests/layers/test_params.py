"""What each kind of parameter takes, refuses and shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from layers.declared import Declared
from layers.diagnostics import Invalid
from layers.params import (
    Axis,
    Bool,
    Choice,
    DType,
    Float,
    Inner,
    Int,
    Ints,
    Nullable,
    Of,
    Param,
    ShapeOf,
    Text,
)
from layers.variants import Initializer, Regularizer

TAKEN: list[tuple[Param[Any], object, object]] = [
    (Int(help="."), 3, 3),
    (Int(help="."), 3.0, 3),
    (Int(minimum=2, maximum=4, help="."), 4, 4),
    (Float(help="."), 1, 1.0),
    (Float(minimum=0, help="."), 0.25, 0.25),
    (Bool(help="."), True, True),
    (Text(help="."), "words", "words"),
    (Choice(("a", "b"), help="."), "b", "b"),
    (DType(help="."), "int32", "int32"),
    (Ints(2, help="."), 3, (3, 3)),
    (Ints(2, help="."), [3, 5], (3, 5)),
    (Ints(1, help="."), [3.0], (3,)),
    (Axis(help="."), -1, -1),
    (ShapeOf(help="."), [28, None, 1], (28, None, 1)),
    (ShapeOf(help="."), [], ()),
    (ShapeOf(inferred=True, help="."), [-1, 3], (-1, 3)),
    (Nullable(Int(minimum=1, help=".")), None, None),
    (Nullable(Int(minimum=1, help=".")), 5, 5),
]

REFUSED: list[tuple[Param[Any], object, str]] = [
    (Int(help="."), 2.5, "param.type"),
    (Int(help="."), True, "param.type"),
    (Int(help="."), "3", "param.type"),
    (Int(help="."), None, "param.type"),
    (Int(minimum=1, help="."), 0, "param.minimum"),
    (Int(maximum=9, help="."), 10, "param.maximum"),
    (Int(help="."), 2**31, "param.maximum"),
    (Float(help="."), float("nan"), "param.type"),
    (Float(help="."), float("inf"), "param.type"),
    (Float(help="."), False, "param.type"),
    (Float(minimum=0, maximum=1, help="."), 1.5, "param.maximum"),
    (Float(help="."), 10**400, "param.type"),
    (Float(help="."), float("inf"), "param.type"),
    (Bool(help="."), 1, "param.type"),
    (Text(help="."), "x" * 1001, "param.type"),
    (Choice(("a", "b"), help="."), "c", "param.choice"),
    (Choice(("a", "b"), help="."), ["a"], "param.choice"),
    (DType(help="."), "float31", "param.choice"),
    (Ints(2, help="."), [3], "param.type"),
    (Ints(2, help="."), [3, 2.5], "param.type"),
    (Ints(2, help="."), [3, True], "param.type"),
    (Ints(2, help="."), [0, 1], "param.minimum"),
    (ShapeOf(help="."), 784, "param.type"),
    (ShapeOf(help="."), [2] * 8, "param.type"),
    (ShapeOf(help="."), [-1], "param.minimum"),
    (ShapeOf(help="."), ["3"], "param.type"),
    (ShapeOf(inferred=True, help="."), [None], "param.type"),
    (Nullable(Int(minimum=1, help=".")), 0, "param.minimum"),
    (Of(Initializer, help="."), "Nonesuch", "param.type"),
    (Of(Initializer, help="."), 7, "param.type"),
    (Of(Initializer, help="."), {"type": "RandomNormal", "stddev": -1}, "param.minimum"),
    (Of(Initializer, help="."), {"type": "Zeros", "seed": 1}, "param.unknown"),
    (Inner("LSTM", preset={}, help="."), {"type": "Dense", "units": 3}, "param.type"),
    (Inner(preset={}, help="."), {"type": "Dense", "units": 0}, "param.minimum"),
    (Inner(preset={}, help="."), {"type": "Dense"}, "param.missing"),
]


@pytest.mark.parametrize(("param", "given", "typed"), TAKEN)
def test_a_legal_value_becomes_its_type(param: Param[Any], given: object, typed: object) -> None:
    param.__set_name__(object, "value")
    taken = param.take(given)
    assert taken == typed
    assert type(taken) is type(typed)
    assert param.take(param.plain(taken)) == taken


@pytest.mark.parametrize(("param", "given", "code"), REFUSED)
def test_an_illegal_value_is_refused_by_name(param: Param[Any], given: object, code: str) -> None:
    param.__set_name__(object, "value")
    with pytest.raises(Invalid) as caught:
        param.take(given)
    assert caught.value.problem.code == code
    diagnostic = caught.value.diagnostic("n1")
    assert diagnostic.node == "n1"
    assert diagnostic.param == "value" or code == "param.unknown"
    assert not re.search(r"\{\w+\}", diagnostic.message + diagnostic.hint)


class Recipe(Declared):
    """Something with parameters. And more about it."""

    size = Int(minimum=1, preset=8, help="How large.")
    rate = Float(0.5, unit="s", help="How fast.")
    start = Of(Initializer, "Zeros", help="How it starts.")
    penalty = Nullable(Of(Regularizer, help="What is punished."))


class Shorter(Recipe):
    """One parameter less."""

    rate = None  # type: ignore[assignment]


def test_defaults_are_written_out() -> None:
    assert Recipe(size=2).to_json() == {
        "size": 2,
        "rate": 0.5,
        "start": {"type": "Zeros"},
        "penalty": None,
    }


def test_a_nested_value_reads_as_its_type_and_back() -> None:
    made = Recipe(size=2, penalty={"type": "L2", "l2": 0.5})
    assert made.penalty is not None
    assert made.penalty.values == {"l2": 0.5}
    assert Recipe(**made.to_json()) == made
    assert hash(Recipe(**made.to_json())) == hash(made)


def test_every_mistake_is_reported_and_the_rest_is_usable() -> None:
    taken, mistakes = Recipe.check({"rate": "fast", "colour": "red"})
    assert [mistake.problem.code for mistake in mistakes] == [
        "param.missing",
        "param.type",
        "param.unknown",
    ]
    assert taken["rate"] == 0.5


def test_replacing_checks_the_new_value() -> None:
    made = Recipe(size=2)
    assert made.replace(size=3).size == 3
    assert made.size == 2
    with pytest.raises(Invalid):
        made.replace(size=0)


def test_a_subclass_can_drop_a_parameter() -> None:
    assert list(Shorter.params) == ["size", "start", "penalty"]


def test_a_schema_says_what_a_form_needs() -> None:
    size, rate, start, penalty = Recipe.schema()
    assert size["required"]
    assert size["preset"] == 8
    assert "default" not in size
    assert (rate["default"], rate["unit"]) == (0.5, "s")
    assert {"name": "Zeros", "params": []} in start["variants"]
    assert (penalty["kind"], penalty["nullable"], penalty["default"]) == ("object", True, None)
    assert Recipe.summary() == "Something with parameters. And more about it."


def test_a_variant_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        type("Zeros", (Initializer,), {})
