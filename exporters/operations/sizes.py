"""Sizes that programs take from tensors and hand on as numbers: worked out while a file is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from exporters.operations.operation import Operation, Place
from layers.tensor import Tensor

End: TypeAlias = tuple[str, int]
Sizes: TypeAlias = "int | float | list[int | None] | None"
"""A number, or a shape; None stands for the size of the batch."""

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "floordiv": lambda x, y: x // y,
    "floor_divide": lambda x, y: x // y,
    "divide": lambda x, y: x / y,
}
LIMIT = 2**31


class Unsized(Exception):
    """What is not a size that is known."""


def sizes_of(
    operation: Operation,
    ends: list[End],
    tensors: Mapping[End, Tensor],
    known: Mapping[End, Sizes],
) -> Sizes:
    """What an operation gives, where that follows from the shapes of tensors.

    Args:
        operation: the operation.
        ends: its inputs.
        tensors: what is known of the tensors of the network.
        known: sizes that are worked out already.

    Raises:
        Unsized: where it gives something else.
    """
    x = operation.get("x")
    if operation.name == "shape" and isinstance(x, Place):
        tensor = tensors.get(ends[x.number])
        if tensor is None or None in tensor.shape[1:]:
            raise Unsized
        return [None, *tensor.shape[1:]]
    given = {name: filled(value, ends, known) for name, value in operation.given.items()}
    if not any(is_size(value, ends, known) for value in operation.given.values()):
        raise Unsized
    x, y = given.get("x"), given.get("y")
    if operation.name == "get_item":
        return _item(x, given.get("spec"))
    if operation.name in ("stack", "pack", "cast", "convert_to_tensor") and _is_plain(x):
        same: Sizes = x
        return same
    if operation.name in ARITHMETIC and isinstance(x, int | float) and isinstance(y, int | float):
        made: int | float = ARITHMETIC[operation.name](x, y)
        if not math.isfinite(made) or abs(made) > LIMIT:
            raise Unsized
        return made
    raise Unsized


def _is_plain(value: Any) -> bool:
    """Whether a value is a size, or a list of them."""
    items = value if isinstance(value, list) else [value]
    return all(item is None or type(item) in (int, float) for item in items)


def is_size(value: Any, ends: list[End], known: Mapping[End, Sizes]) -> bool:
    """Whether an argument is, or holds, a size that is worked out."""
    if isinstance(value, Place):
        return ends[value.number] in known
    return isinstance(value, list) and any(is_size(item, ends, known) for item in value)


def filled(value: Any, ends: list[End], known: Mapping[End, Sizes]) -> Any:
    """An argument with the sizes that are worked out in their places."""
    if isinstance(value, Place) and ends[value.number] in known:
        return known[ends[value.number]]
    return [filled(item, ends, known) for item in value] if isinstance(value, list) else value


def _item(shape: Any, spec: Any) -> Sizes:
    """``shape[1]`` or ``shape[1:3]``. Raises Unsized."""
    if isinstance(spec, list) and len(spec) == 1:
        (spec,) = spec
    if not isinstance(shape, list) or not isinstance(spec, int | slice):
        raise Unsized
    try:
        found: Sizes = shape[spec]
    except (IndexError, TypeError, ValueError):
        raise Unsized from None
    return found
