"""Models of a program as Keras' own configurations, which one reader takes for all formats."""

from __future__ import annotations

from typing import Any

from exporters.code.reader.values import (
    Budget,
    Functional,
    Layer,
    Model,
    Sequential,
    Tensor,
    TooLarge,
)

MAX_NESTED = 20


def configuration(model: Model, budget: Budget, depth: int = 0) -> dict[str, Any]:
    """The configuration of a model, and of those inside it. Raises TooLarge."""
    if depth > MAX_NESTED:
        raise TooLarge
    if isinstance(model, Sequential):
        members = [_member(member, budget, depth + 1) for member in model.members]
        return _object("Sequential", {"name": model.name, "layers": members})
    reached = _reached(model)
    places: dict[tuple[int, int], int] = {}
    counts: dict[int, int] = {}
    layers: dict[int, Layer] = {}
    for layer, call in reached:
        places[id(layer), call] = counts.get(id(layer), 0)
        counts[id(layer)] = places[id(layer), call] + 1
        layers[id(layer)] = layer
    items = []
    calls_of: dict[int, list[int]] = {}
    for layer, call in reached:
        if layer.calls:
            calls_of.setdefault(id(layer), []).append(call)
    for key, layer in layers.items():
        budget.spend()
        item = dict(layer.item)
        inner = item.pop("model", None)
        if inner is not None:
            item |= configuration(inner, budget, depth + 1)
        item["inbound_nodes"] = [
            {
                "args": _spelt(layer.calls[call][0], places),
                "kwargs": _spelt(layer.calls[call][1], places),
            }
            for call in calls_of.get(key, ())
        ]
        items.append(item)
    return _object(
        "Functional",
        {
            "name": model.name,
            "layers": items,
            "input_layers": [_history(tensor, places) for tensor in model.inputs],
            "output_layers": [_history(tensor, places) for tensor in model.outputs],
        },
    )


def _member(member: Layer | Model, budget: Budget, depth: int) -> dict[str, Any]:
    budget.spend()
    if isinstance(member, Layer):
        return dict(member.item)
    return configuration(member, budget, depth)


def _object(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": kind, "config": config, "name": config["name"]}


def _reached(model: Functional) -> list[tuple[Layer, int]]:
    """Calls from the inputs on to the outputs, those before others first."""
    found: dict[tuple[int, int], tuple[Layer, int]] = {}
    ends = {(id(tensor.layer), tensor.call) for tensor in model.inputs}
    for tensor in model.inputs:
        found[id(tensor.layer), tensor.call] = tensor.layer, tensor.call
    stack = [(tensor, False) for tensor in reversed(model.outputs)]
    while stack:
        tensor, is_done = stack.pop()
        key = id(tensor.layer), tensor.call
        if is_done:
            found.setdefault(key, (tensor.layer, tensor.call))
        elif key not in found and key not in ends:
            stack.append((tensor, True))
            if tensor.layer.calls:
                given = tensor.layer.calls[tensor.call]
                stack += [(each, False) for each in reversed(_tensors(given))]
    return list(found.values())


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


def _spelt(value: Any, places: dict[tuple[int, int], int]) -> Any:
    if isinstance(value, Tensor):
        config = {"keras_history": _history(value, places)}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(value, dict):
        return {key: _spelt(item, places) for key, item in value.items()}
    return [_spelt(item, places) for item in value] if isinstance(value, list | tuple) else value


def _history(tensor: Tensor, places: dict[tuple[int, int], int]) -> list[Any]:
    return [tensor.layer.item["name"], places[id(tensor.layer), tensor.call], tensor.port]
