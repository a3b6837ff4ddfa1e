"""Models of a program as Keras' own configurations, which one reader takes for all formats."""

from __future__ import annotations

from typing import Any

from exporters.code.reader.values import Functional, Layer, Model, Sequential, Tensor

MAX_NESTED = 20


def configuration(model: Model, depth: int = 0) -> dict[str, Any]:
    """The configuration of a model, and of those inside it."""
    if depth > MAX_NESTED:
        raise RecursionError
    if isinstance(model, Sequential):
        members = [
            configuration(member, depth + 1) if isinstance(member, Model) else dict(member.item)
            for member in model.members
        ]
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
    for key, layer in layers.items():
        item = dict(layer.item)
        inner = item.pop("model", None)
        if inner is not None:
            item |= configuration(inner, depth + 1)
        calls = [call for own, call in reached if id(own) == key and own.calls]
        item["inbound_nodes"] = [
            {
                "args": _spelt(layer.calls[call][0], places),
                "kwargs": _spelt(layer.calls[call][1], places),
            }
            for call in calls
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
