"""Calls of models inside a model that are written twice each, so that Keras 2 and 3 find them.

Keras 2 counts the calls of a model inside another from 1 on, since making it is call 0; Keras 3, in
the spelling of Keras 2 that HDF5 files have, counts them from 0. Where call n is written at the
places 2n and 2n + 1, number 2n + 1 means it in either counting. The call that nothing uses is
dropped by whoever reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from typing import Any

from exporters.generations.detection import MODELS

Count = Callable[[int], int]


def twice(number: int) -> int:
    """The number of a call where each is written twice."""
    return 2 * number + 1


def recounted(value: Any, names: Collection[str], count: Count) -> Any:
    """Calls or ends with another number for each tensor of one of these models."""
    if isinstance(value, dict):
        return {key: recounted(item, names, count) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if _is_tensor(value) and value[0] in names:
        name, number, *rest = value
        return [name, count(number), *rest]
    return [recounted(item, names, count) for item in value]


def without_twins(config: dict[str, Any], generation: int) -> dict[str, Any]:
    """The configuration of a model with every call of those in it once, counted as this Keras
    does.
    """
    layers = config.get("layers")
    if not isinstance(layers, list):
        return config
    names = {
        str(item.get("name"))
        for item in layers
        if isinstance(item, dict) and item.get("class_name") in MODELS and _has_twins(item)
    }
    if not names:
        return config
    ends = config.get("output_layers")
    calls = [item.get("inbound_nodes") for item in layers if isinstance(item, dict)]
    names -= {name for name, number in _tensors([calls, ends]) if number % 2 == 0}
    first = 0 if generation > 2 else 1

    def once(item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        made = item.get("inbound_nodes")
        if str(item.get("name")) in names and isinstance(made, list):
            made = made[::2]
        return {**item, "inbound_nodes": recounted(made, names, lambda n: n // 2 + first)}

    ends = recounted(ends, names, lambda n: n // 2 + 1)
    return {**config, "layers": [once(item) for item in layers], "output_layers": ends}


def _has_twins(item: dict[str, Any]) -> bool:
    """Whether every call is written twice."""
    calls = item.get("inbound_nodes")
    if not isinstance(calls, list) or not calls or len(calls) % 2:
        return False
    return all(one == other for one, other in list(pairwise(calls))[::2])


def _tensors(value: Any) -> Iterator[tuple[str, int]]:
    """The name and number of every tensor that is named."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return
    if _is_tensor(value):
        yield value[0], value[1]
        value = value[3:]
    for item in value:
        yield from _tensors(item)


def _is_tensor(value: list[Any]) -> bool:
    return len(value) > 2 and isinstance(value[0], str) and type(value[1]) is type(value[2]) is int
