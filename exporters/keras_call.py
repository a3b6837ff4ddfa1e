"""How a Keras file says that a layer is called: on which tensors, and with what besides.

Keras 3 writes ``{"args": [...], "kwargs": {...}}`` with tensors as objects; Keras 2 wrote lists of
``[layer, call, tensor, kwargs]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NoReturn, TypeAlias

from layers.diagnostics import GraphError, Problem, diagnose

MALFORMED = Problem(
    "keras.malformed",
    "This Keras model cannot be read: {reason}.",
    "Write it again with model.to_json().",
)

History: TypeAlias = tuple[str, int, int]
"""A tensor as Keras names it: (layer, which of its calls, which of its outputs)."""


@dataclass
class Inbound:
    """One call of a layer.

    Attributes:
        tensors: what it is called on, in order.
        masks: the masks that were handed over, with the arguments' names. Most are what Keras
            derives by itself.
        extras: further arguments by name (positional ones by their number).
        template: for an unknown layer, the whole call with ``{"tensor": n}`` in place of tensors,
            where it is not simply a tensor or a list of several; so it can be written back as it
            was.
    """

    tensors: list[History] = field(default_factory=list)
    masks: list[tuple[str, History]] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    template: dict[str, Any] | None = None

    def walked(self, name: str, value: Any, is_known: bool) -> Any:
        """An argument with its tensors taken out of it: as inputs, or as masks of a layer that is
        known.
        """
        if not is_known or not name.endswith("mask"):
            return _walk(value, self.tensors)
        found: list[History] = []
        shown = _walk(value, found)
        self.masks.extend((name, tensor) for tensor in found)
        return shown


def refuse(reason: str) -> NoReturn:
    """Give up on a file. Raises GraphError."""
    raise GraphError([diagnose(MALFORMED, reason=reason)])


def history(value: Any) -> History:
    """A tensor's name. Raises GraphError."""
    if isinstance(value, list) and len(value) >= 3:
        name, call, tensor = value[:3]
        if isinstance(name, str) and _is_count(call) and _is_count(tensor):
            return name, call, tensor
    refuse(f"{value!r:.80} names no tensor")


def histories(value: Any) -> list[History]:
    """The tensors of `input_layers` or `output_layers`: one, or several in lists and dictionaries.
    Raises GraphError.
    """
    if not isinstance(value, dict | list) or not value:
        refuse("it does not say which tensors go in and come out")
    return list(_flat(value))


def _flat(value: Any) -> Iterator[History]:
    if isinstance(value, dict):
        for item in in_order(value):
            yield from _flat(item)
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for item in value:
            yield from _flat(item)
    else:
        yield history(value)


def in_order(value: dict[str, Any]) -> list[Any]:
    """What a dictionary holds, in the order in which Keras counts it: by keys."""
    return [value[key] for key in sorted(value, key=str)]


def by_names(calls: list[Any], config: Any) -> list[Any]:
    """The calls of a model by this configuration; those on a dictionary of its inputs' names are
    calls on a list, where the model has one.
    """
    inputs = config.get("input_layers") if isinstance(config, dict) else None
    if not isinstance(inputs, list) or not any(isinstance(call, dict) for call in calls):
        return calls
    names = [name for name, _, _ in histories(inputs)]

    def listed(given: Any) -> Any:
        is_named = isinstance(given, dict) and given.keys() >= set(names)
        return [given[name] for name in names] if is_named else given

    made: list[Any] = []
    for call in calls:
        args = call.get("args") if isinstance(call, dict) else None
        if isinstance(args, list):
            call = {**call, "args": [listed(item) for item in args]}
        made.append(listed(call))
    return made


def inbound(value: Any, *, is_known: bool, names: tuple[str, ...] = ()) -> Inbound:
    """One member of `inbound_nodes`, of a layer known here or not, whose inputs may have names.
    Raises GraphError.
    """
    if isinstance(value, dict) and "args" in value:
        return _keras_3(value, is_known, names)
    if isinstance(value, dict):
        value = in_order(value)
    if isinstance(value, list) and value:
        made = _keras_2([value] if isinstance(value[0], str) else value)
        if not is_known and made.extras:
            # The arguments of an unknown layer are kept as they are.
            places = [{"tensor": number} for number in range(len(made.tensors))]
            made.template = {"args": places, "kwargs": dict(made.extras)}
            made.extras.clear()
        return made
    refuse(f"{value!r:.80} does not say how a layer is called")


def _keras_3(value: dict[str, Any], is_known: bool, names: tuple[str, ...]) -> Inbound:
    args, kwargs = value.get("args"), value.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        refuse("a layer is called with something that is no list of arguments")
    made = Inbound()
    by_position = zip_longest(args, names[: len(args)])
    shown = [made.walked(name or "", item, is_known) for item, name in by_position]
    places: list[Any] = [{"tensor": number} for number in range(len(made.tensors))]
    is_usual = shown == (places if len(places) < 2 else [places])
    for number, item in enumerate(shown, 1):
        if item is not None and not _holds_tensor(item):
            made.extras[f"argument {number}"] = item
    named: dict[str, Any] = {}
    ports = {name: place for place, name in enumerate(names)}
    for key, item in sorted(kwargs.items(), key=lambda pair: ports.get(pair[0], len(ports))):
        if item is None or (item is False and key != "training"):
            continue
        named[key] = made.walked(key, item, is_known)
        if not _holds_tensor(named[key]):
            made.extras[key] = item
    if not is_known:
        made.extras.clear()
        if named or not is_usual:
            made.template = {"args": shown, "kwargs": named}
    return made


def _keras_2(value: list[Any]) -> Inbound:
    made = Inbound()
    for item in value:
        if isinstance(item, list) and item and item[0] == "_CONSTANT_VALUE":
            made.extras["constant"] = item[2:3]
            continue
        made.tensors.append(history(item))
        kwargs = item[3] if len(item) > 3 and isinstance(item[3], dict) else {}
        for key, extra in kwargs.items():
            found = _references(extra)
            if key.endswith("mask"):
                made.masks.extend((key, tensor) for tensor in found)
            else:
                made.tensors.extend(found)
            is_said = extra not in (None, False) or (extra is False and key == "training")
            if not found and is_said and not _is_empty(extra):
                made.extras[key] = extra
    return made


def _references(value: Any) -> list[History]:
    """The tensors that Keras 2 names in an argument: one, or a list of them; else none."""
    if not isinstance(value, list) or not value:
        return []
    items = [value] if isinstance(value[0], str) else value
    are_all = all(
        isinstance(item, list) and len(item) >= 3 and isinstance(item[0], str) for item in items
    )
    return [history(item) for item in items] if are_all else []


def _walk(value: Any, found: list[History]) -> Any:
    """The value with tensors replaced by their place in the list, to which they are added."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            found.append(history(config.get("keras_history") if isinstance(config, dict) else None))
            return {"tensor": len(found) - 1}
        return {key: _walk(value[key], found) for key in sorted(value, key=str)}
    return [_walk(item, found) for item in value] if isinstance(value, list) else value


def _is_empty(value: object) -> bool:
    """Whether nothing is handed over: a mask for each of several inputs, and none is there."""
    return isinstance(value, list) and all(item is None for item in value)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() == {"tensor"} or any(_holds_tensor(item) for item in value.values())
    return isinstance(value, list) and any(_holds_tensor(item) for item in value)
