"""Parameters that are one number, flag, word or choice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from layers.diagnostics import Invalid, Problem
from layers.params.base import LIMIT, NOT_A_CHOICE, REQUIRED, Param, short, within

UNKNOWN_FUNCTION = Problem(
    "param.function",
    "{param} is {value}, a function that this program does not know; it is kept as it is.",
    "Choose another function, or keep it for export to Keras.",
)


class Int(Param[int]):
    """A whole number within limits."""

    kind = "int"
    expected = "a whole number"

    def __init__(
        self,
        default: object = REQUIRED,
        *,
        minimum: int = -LIMIT,
        maximum: int = LIMIT,
        help: str,
        unit: str = "",
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(default, help=help, unit=unit, advanced=advanced, preset=preset)

    def take(self, value: object) -> int:
        if type(value) is not int:
            if not isinstance(value, float) or not value.is_integer():
                raise self.wrong(value)
            value = int(value)
        return within(self, value, self.minimum, self.maximum)

    def example(self) -> object:
        return self.preset if self.preset is not None else max(self.minimum, 1)

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"minimum": self.minimum, "maximum": self.maximum}


class Float(Param[float]):
    """A number within limits, both included."""

    kind = "float"
    expected = "a number"

    def __init__(
        self,
        default: object = REQUIRED,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        help: str,
        unit: str = "",
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(default, help=help, unit=unit, advanced=advanced, preset=preset)

    def take(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(value)
        try:
            number = float(value)
        except OverflowError:  # JSON has whole numbers of any length
            raise self.wrong(value) from None
        if not math.isfinite(number):
            raise self.wrong(value)
        return within(self, number, self.minimum, self.maximum)

    def example(self) -> object:
        return self.preset if self.preset is not None else self.minimum or 0.5

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"minimum": self.minimum, "maximum": self.maximum}


class Bool(Param[bool]):
    """Yes or no."""

    kind = "bool"
    expected = "true or false"

    def take(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(value)
        return value


class Text(Param[str]):
    """A short text."""

    kind = "text"
    expected = "a text of at most 1,000 characters"

    def take(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > 1000:
            raise self.wrong(value)
        return value


class Choice(Param[str]):
    """One of a few names."""

    kind = "choice"
    expected = "one of the choices"

    def __init__(
        self,
        choices: Sequence[str],
        default: object = REQUIRED,
        *,
        help: str,
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.choices = tuple(choices)
        super().__init__(default, help=help, advanced=advanced, preset=preset)

    def take(self, value: object) -> str:
        if value not in self.choices:
            raise Invalid(
                NOT_A_CHOICE, param=self.name, choices=", ".join(self.choices), value=short(value)
            )
        return str(value)

    def example(self) -> object:
        return self.preset or self.choices[0]

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"choices": list(self.choices)}


class Function(Choice):
    """A function by its name. One that is not known stays as a file has it, for Keras to find: its
    name, or an object with a class; nothing else here can compute it.
    """

    def take(self, value: object) -> str:
        called = name_of_function(value)
        if called and called not in self.choices:
            raise Invalid(UNKNOWN_FUNCTION, param=self.name, value=called[:60])
        return super().take(value)


def name_of_function(value: object) -> str:
    """What a function is called that a file of Keras names or describes; empty where it does
    neither.
    """
    if isinstance(value, dict):
        value = value.get("registered_name") or value.get("class_name")
    return value if isinstance(value, str) else ""
