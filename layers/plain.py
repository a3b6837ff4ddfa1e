"""The type of plain JSON data, and one check that a value is such data of bounded size."""

from __future__ import annotations

import math
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def is_plain(value: object, depth: int = 16, items: int = 10_000) -> bool:
    """Whether a value is JSON data of bounded depth and size, with only finite numbers."""
    left = items
    stack: list[tuple[object, int]] = [(value, depth)]
    while stack:
        item, room = stack.pop()
        left -= 1
        if left < 0 or room < 0:
            return False
        if isinstance(item, dict):
            if not all(isinstance(key, str) for key in item):
                return False
            stack.extend((member, room - 1) for member in item.values())
        elif isinstance(item, list):
            stack.extend((member, room - 1) for member in item)
        elif isinstance(item, float):
            if not math.isfinite(item):
                return False
        elif not (item is None or isinstance(item, bool | int | str)):
            return False
    return True
