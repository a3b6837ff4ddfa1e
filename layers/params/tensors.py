"""Parameters that speak of tensors: sizes for each axis, an axis, a shape, a dtype."""

from __future__ import annotations

from typing import Any

from layers.params.base import LIMIT, REQUIRED, Param, within
from layers.params.scalars import Choice, Int
from layers.tensor import DTYPE_BYTES, Shape


class DType(Choice):
    """The name of a dtype."""

    kind = "dtype"

    def __init__(self, default: object = "float32", *, help: str, advanced: bool = True) -> None:
        super().__init__(tuple(DTYPE_BYTES), default, help=help, advanced=advanced)


class Ints(Param[tuple[int, ...]]):
    """One whole number for each spatial axis; a single number stands for all of them."""

    kind = "ints"

    def __init__(
        self,
        length: int,
        default: object = REQUIRED,
        *,
        minimum: int = 1,
        maximum: int = LIMIT,
        help: str,
        unit: str = "",
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.length = length
        self.minimum = minimum
        self.maximum = maximum
        self.expected = "a whole number" if length == 1 else f"{length} whole numbers"
        super().__init__(default, help=help, unit=unit, advanced=advanced, preset=preset)

    def take(self, value: object) -> tuple[int, ...]:
        items = [value] * self.length if isinstance(value, int | float) else value
        if not isinstance(items, list | tuple) or len(items) != self.length:
            raise self.wrong(value)
        taken = []
        for item in items:
            if type(item) is not int:
                if not isinstance(item, float) or not item.is_integer():
                    raise self.wrong(value)
                item = int(item)
            taken.append(within(self, item, self.minimum, self.maximum))
        return tuple(taken)

    def plain(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def example(self) -> object:
        return self.preset if self.preset is not None else [max(self.minimum, 1)] * self.length

    def schema(self) -> dict[str, Any]:
        limits = {"length": self.length, "minimum": self.minimum, "maximum": self.maximum}
        return super().schema() | limits


class Axis(Int):
    """An axis of the input, counted as Keras does: the batch is 0, -1 the last."""

    kind = "axis"
    expected = "the number of an axis"

    def __init__(self, default: object = -1, *, help: str, advanced: bool = True) -> None:
        super().__init__(default, minimum=-8, maximum=7, help=help, advanced=advanced)


class ShapeOf(Param[Shape]):
    """A shape without its batch axis; an unknown dimension is null (or -1 where ``inferred``).

    Args:
        inferred: dimensions may be -1 ("whatever is left") instead of null, as in Reshape.
    """

    kind = "shape"
    expected = "a list of dimensions"

    def __init__(
        self,
        default: object = REQUIRED,
        *,
        inferred: bool = False,
        help: str,
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.inferred = inferred
        super().__init__(default, help=help, advanced=advanced, preset=preset)

    def take(self, value: object) -> Shape:
        if not isinstance(value, list | tuple) or len(value) > 7:
            raise self.wrong(value)
        minimum = -1 if self.inferred else 0
        for dim in value:
            if dim is None and not self.inferred:
                continue
            if type(dim) is not int:
                raise self.wrong(value)
            within(self, dim, minimum, LIMIT)
        return tuple(value)

    def plain(self, value: Shape) -> list[int | None]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"inferred": self.inferred}
