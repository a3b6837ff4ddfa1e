"""Parameters that hold several numbers, where how many is not one for each spatial axis."""

from __future__ import annotations

import math
from typing import Any

from layers.params.base import REQUIRED, Param, within

MAX_NUMBERS = 10_000


class Numbers(Param["float | tuple[float, ...]"]):
    """A list of numbers, or (where ``single``) one number alone.

    Args:
        length: how many; None for any number of them.
        single: whether one number alone is legal, too, and means something else than a list.
        whole: whether only whole numbers are legal.
    """

    kind = "numbers"

    def __init__(
        self,
        default: object = REQUIRED,
        *,
        length: int | None = None,
        single: bool = False,
        whole: bool = False,
        minimum: float | None = None,
        maximum: float | None = None,
        help: str,
        unit: str = "",
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.length = length
        self.single = single
        self.whole = whole
        self.minimum = minimum
        self.maximum = maximum
        many = "a list of" if length is None else str(length)
        listed = f"{many} {'whole ' if whole else ''}numbers"
        self.expected = f"a number or {listed}" if single else listed
        super().__init__(default, help=help, unit=unit, advanced=advanced, preset=preset)

    def take(self, value: object) -> float | tuple[float, ...]:
        if self.single and not isinstance(value, list | tuple):
            return self._number(value, value)
        if not isinstance(value, list | tuple) or len(value) > MAX_NUMBERS:
            raise self.wrong(value)
        if self.length is not None and len(value) != self.length:
            raise self.wrong(value)
        return tuple(self._number(item, value) for item in value)

    def _number(self, item: object, value: object) -> float:
        if isinstance(item, bool) or not isinstance(item, int | float) or not math.isfinite(item):
            raise self.wrong(value)
        if self.whole and not float(item).is_integer():
            raise self.wrong(value)
        number = int(item) if self.whole else float(item)
        return within(self, number, self.minimum, self.maximum)

    def plain(self, value: float | tuple[float, ...]) -> float | list[float]:
        return list(value) if isinstance(value, tuple) else value

    def example(self) -> object:
        if self.preset is not None or self.single:
            return self.preset if self.preset is not None else self.minimum or 0.0
        return [self.minimum or 0.0] * (self.length or 1)

    def schema(self) -> dict[str, Any]:
        return super().schema() | {
            "length": self.length,
            "single": self.single,
            "whole": self.whole,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


class Axes(Param[tuple[int, ...]]):
    """A list of axes, counted as Keras does: the batch is 0, -1 the last."""

    kind = "numbers"
    expected = "a list of axes"

    def take(self, value: object) -> tuple[int, ...]:
        items = [value] if isinstance(value, int) else value
        if not isinstance(items, list | tuple) or len(items) > 8:
            raise self.wrong(value)
        for item in items:
            if type(item) is not int:
                raise self.wrong(value)
            within(self, item, -8, 7)
        return tuple(items)

    def plain(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        limits = {"length": None, "single": False, "whole": True, "minimum": -8, "maximum": 7}
        return super().schema() | limits
