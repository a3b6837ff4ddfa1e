"""The type of plain JSON data, and one check that a value is such data of bounded size."""

from __future__ import annotations

import math
from typing import TypeAlias

_SIMPLE = (str, int, type(None))  # bool is an int

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def is_plain(value: object, depth: int = 16, items: int = 10_000) -> bool:
    """Whether a value is JSON data of bounded depth and size, with only finite numbers."""
    left, level = items, [value]
    while level:
        left -= len(level)
        if left < 0 or depth < 0:
            return False
        depth -= 1
        below: list[object] = []
        for item in level:
            if isinstance(item, _SIMPLE):
                continue
            if isinstance(item, dict):
                if not all(isinstance(key, str) for key in item):
                    return False
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif not (isinstance(item, float) and math.isfinite(item)):
                return False
        level = below
    return True


def is_same(one: object, other: object) -> bool:
    """Whether two values are written alike: 1, 1.0 and True are not."""
    return one is other or (one == other and repr(one) == repr(other))
