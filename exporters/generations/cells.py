"""Recurrent layers that are spelt as an RNN around a cell, as the layers that they are."""

from __future__ import annotations

from typing import Any

CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
WRAPPED = ("layer", "forward_layer", "backward_layer")
OF_LAYER = ("name", "trainable", "dtype", "dtype_policy")


def without_cell(class_name: str, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A layer's class and configuration, with those of its one cell where it is an RNN."""
    cell = config.get("cell") if class_name == "RNN" else None
    inner = cell.get("config") if isinstance(cell, dict) else None
    if not isinstance(cell, dict) or not isinstance(inner, dict):
        return class_name, config
    name = CELLS.get(str(cell.get("class_name")))
    if name is None:
        return class_name, config
    own = {key: value for key, value in inner.items() if key not in OF_LAYER}
    return name, {**own, **{key: value for key, value in config.items() if key != "cell"}}


def without_cells(item: dict[str, Any]) -> dict[str, Any]:
    """A layer of a file, and the layer that it wraps, without cells."""
    config = item.get("config")
    if not isinstance(config, dict) or not isinstance(item.get("class_name"), str):
        return item
    name, made = without_cell(item["class_name"], config)
    for key in WRAPPED:
        inner = made.get(key)
        if isinstance(inner, dict) and inner.get("class_name") == "RNN":
            made = {**made, key: without_cells(inner)}
    return item if made is config else {**item, "class_name": name, "config": made}
