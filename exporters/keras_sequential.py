"""A Sequential configuration in the shape of a Functional one: each layer called once, on the one
before.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from exporters.keras_call import refuse

IMPLIED = "implied"
"""Marks an input that a file does not list among its layers."""


def as_functional(config: Any, *, is_inner: bool) -> dict[str, Any]:
    """The same model with connections written out, and an input before the first layer where one is
    known or needed.

    Keras 2 before 2.2.3 wrote the list of layers alone.

    Raises:
        GraphError: where it has no layers.
    """
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not layers:
        refuse("it has no layers")
    if not all(isinstance(item, dict) for item in layers):
        refuse("a layer is not an object")
    items: list[dict[str, Any]] = [_named(item, number) for number, item in enumerate(layers)]
    taken = {item["name"] for item in items}
    inputs: list[Any] = [items[0]["name"], 0, 0]
    if items[0].get("class_name") != "InputLayer":
        shape = config.get("build_input_shape") if isinstance(config, dict) else None
        shape = shape or input_shape(items[0])
        if shape is None and not is_inner:
            inputs = []
        else:
            name = next(
                name
                for name in ("input", *map("input_{}".format, range(len(taken) + 1)))
                if name not in taken
            )
            first = {
                "class_name": "InputLayer",
                "config": {"batch_shape": shape},
                "name": name,
                IMPLIED: True,
            }
            items.insert(0, first)
            inputs = [name, 0, 0]
    for before, item in pairwise(items):
        item["inbound_nodes"] = [[[before["name"], 0, 0]]]
    items[0]["inbound_nodes"] = []
    return {
        "layers": items,
        "input_layers": inputs,
        "output_layers": [items[-1]["name"], 0, 0],
    }


def input_shape(item: dict[str, Any]) -> Any:
    """The shape of a model's input, batch included, where its first layer states it; None where it
    does not.
    """
    config: Any = item.get("config")
    while isinstance(config, dict | list):
        if isinstance(config, dict):
            shape = config.get("batch_shape") or config.get("batch_input_shape")
            if shape is not None:
                return shape
            config = config.get("layers")
        if not isinstance(config, list) or not config or not isinstance(config[0], dict):
            return None
        config = config[0].get("config")
    return None


def _named(item: dict[str, Any], number: int) -> dict[str, Any]:
    config = item.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return {**item, "name": str(name or f"{item.get('class_name')}_{number}".lower())}
