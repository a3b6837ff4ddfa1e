"""Taking apart what a program has in one: lists, and the outputs of a layer that gives its states
too.
"""

from __future__ import annotations

import ast
from typing import Any

from exporters.code.reader.values import Tensor
from layers.layer import LAYERS


def outputs(tensor: Tensor) -> list[Tensor] | None:
    """All outputs of the call that a tensor stands for; None where their number is not known."""
    count = _count(tensor.layer.item)
    if count is None:
        return None
    return [Tensor(tensor.layer, tensor.call, port) for port in range(count)]


def _count(item: dict[str, Any]) -> int | None:
    """How many outputs a recurrent layer has."""
    kind, config = LAYERS.get(item["class_name"]), item.get("config", {})
    inner = config.get("layer")
    if kind is not None and isinstance(inner, dict) and "merge_mode" in kind.params:
        states = _count(inner)
        ends = 2 if config.get("merge_mode", "concat") is None else 1
        return None if states is None else ends + 2 * (states - 1)
    if kind is None or not kind.states:
        return None
    return 1 + (kind.states if config.get("return_state") is True else 0)


def unpacked(targets: list[ast.expr], value: Any) -> list[Any] | None:
    """What each target of an assignment gets; None where that is not known."""
    starred = [at for at, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if isinstance(value, Tensor):
        if not starred:
            return [Tensor(value.layer, value.call, at) for at in range(len(targets))]
        value = outputs(value)
    if not isinstance(value, list | tuple):
        return None
    items = list(value)
    if starred and len(items) >= len(targets) - 1:
        at, more = starred[0], len(items) - len(targets) + 1
        items[at : at + more] = [items[at : at + more]]
    return items if len(items) == len(targets) else None


def sliced(value: Any, start: Any, end: Any) -> list[Any] | tuple[Any, ...] | None:
    """A part of a list or of a layer's outputs; None where that is not known."""
    if isinstance(value, Tensor):
        value = outputs(value)
    ends = (start, end)
    if isinstance(value, list | tuple) and all(one is None or type(one) is int for one in ends):
        return value[start:end]
    return None
