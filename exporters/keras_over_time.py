"""A TimeDistributed around a model, as a model of layers that are each called at every step.

The same function, as long as the model is a chain: what one layer gives at a step is what the next
one takes there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from exporters.keras_call import inbound
from layers.diagnostics import GraphError


def over_time(config: dict[str, Any]) -> dict[str, Any] | None:
    """The configuration of a Sequential that computes what a TimeDistributed with this
    configuration does; None where it is not around a model that is a chain.
    """
    inner = config.get("layer")
    if not isinstance(inner, dict):
        return None
    layers = _chain(str(inner.get("class_name")), inner.get("config"))
    if not layers:
        return None
    trainable = config.get("trainable", True)
    return {
        "name": config.get("name"),
        "layers": [
            {
                "class_name": "TimeDistributed",
                "config": {"name": _name(item), "trainable": trainable, "layer": item},
            }
            for item in layers
        ],
    }


def _chain(kind: str, config: Any) -> list[dict[str, Any]]:
    """The layers of a model in their order, without its input; none where it is no chain."""
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not all(isinstance(item, dict) for item in layers):
        return []
    if kind not in ("Sequential", "Functional", "Model"):
        return []
    if kind != "Sequential":
        try:
            if not _is_in_turn(layers) or not _ends_last(config, layers):
                return []
        except GraphError:
            return []
    return [
        {key: value for key, value in item.items() if key != "inbound_nodes"}
        for item in layers
        if item.get("class_name") != "InputLayer"
    ]


def _is_in_turn(layers: list[dict[str, Any]]) -> bool:
    """Whether each layer is called once, on the one before alone."""
    if not layers or layers[0].get("class_name") != "InputLayer":
        return False
    for before, item in pairwise(layers):
        calls = item.get("inbound_nodes")
        if not isinstance(calls, list) or len(calls) != 1:
            return False
        made = inbound(calls[0], is_known=True)
        extras = [value for key, value in made.extras.items() if key != "training"]
        if made.masks or extras or made.tensors != [(_name(before), 0, 0)]:
            return False
    return True


def _ends_last(config: dict[str, Any], layers: list[dict[str, Any]]) -> bool:
    """Whether the last layer is the only output."""
    outputs, name = config.get("output_layers"), _name(layers[-1])
    return outputs in ([name, 0, 0], [[name, 0, 0]])


def _name(item: dict[str, Any]) -> str:
    config = item.get("config")
    own = config.get("name") if isinstance(config, dict) else None
    return str(item.get("name") or own or item.get("class_name"))
