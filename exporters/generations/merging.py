"""Keras 1's Merge: one class for what are the merging layers today, which in a Sequential holds the
models that it merges.
"""

from __future__ import annotations

from typing import Any

from exporters.keras_call import refuse
from exporters.keras_sequential import IMPLIED
from layers.names import Names

Config = dict[str, Any]

MODES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}


def is_merge(item: Any) -> bool:
    return isinstance(item, dict) and item.get("class_name") == "Merge"


def upgraded(config: Config) -> tuple[str, Config]:
    """The layer that a Merge is, and its configuration; a mode that is a program stays a Merge."""
    mode = config.get("mode", "sum")
    if not isinstance(mode, str) or mode not in MODES:
        return "Merge", config
    made: Config = {key: config[key] for key in ("name", "trainable") if key in config}
    if mode == "concat":
        made["axis"] = config.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        axes = config.get("dot_axes", -1)
        if isinstance(axes, list):
            axes = [axis[0] if isinstance(axis, list) and axis else axis for axis in axes]
        made.update(axes=axes, normalize=mode == "cos")
    return MODES[mode], made


def without_branches(layers: list[Any]) -> list[Any] | dict[str, Any]:
    """A Sequential that starts with a Merge of models, as a Functional configuration: the layers of
    the branches, each called on the one before, then the Merge, then the rest.

    Raises:
        GraphError: where a branch is no Sequential.
    """
    if not layers or not is_merge(layers[0]):
        return layers
    made: list[Config] = []
    inputs: list[Any] = []
    last = _chain(layers, made, inputs, Names(), 0)
    return {"layers": made, "input_layers": inputs, "output_layers": [last]}


def _chain(
    layers: list[Any], made: list[Config], inputs: list[Any], taken: Names, depth: int
) -> list[Any]:
    """Append the layers of one Sequential; returns the tensor that comes out."""
    if depth > 16:
        refuse("models are merged in one another too deep")
    tensor: list[Any] | None = None
    for number, item in enumerate(layers):
        if not isinstance(item, dict) or not isinstance(item.get("config"), dict | list):
            refuse("a layer is not an object")
        if number == 0 and is_merge(item):
            config = item["config"]
            branches = config.get("layers") if isinstance(config, dict) else None
            if not isinstance(branches, list) or not branches:
                refuse("a Merge does not say what it merges")
            sources = [
                _chain(_members(branch), made, inputs, taken, depth + 1) for branch in branches
            ]
            tensor = _append(item, sources, made, taken)
            continue
        if tensor is None:
            tensor = _begin(item, made, inputs, taken)
            if item.get("class_name") == "InputLayer":
                continue
        tensor = _append(item, [tensor], made, taken)
    if tensor is None:
        refuse("a model that is merged has no layers")
    return tensor


def _members(branch: Any) -> list[Any]:
    if isinstance(branch, dict) and branch.get("class_name") == "Sequential":
        config = branch.get("config")
        layers = config.get("layers") if isinstance(config, dict) else config
        if isinstance(layers, list):
            return layers
    if isinstance(branch, dict) and isinstance(branch.get("config"), dict):
        return [branch]
    refuse("a Merge holds something that is no model")


def _begin(item: Config, made: list[Config], inputs: list[Any], taken: Names) -> list[Any]:
    """The input before the first layer of a branch."""
    config = item["config"] if isinstance(item["config"], dict) else {}
    if item.get("class_name") == "InputLayer":
        name = taken.free(str(config.get("name") or "input"))
        made.append({**item, "name": name, "inbound_nodes": []})
    else:
        shape = config.get("batch_input_shape")
        if shape is None and type(config.get("input_dim")) is int:
            shape = [None, config["input_dim"]]
        name = taken.free(f"{config.get('name', 'layer')}_input")
        first = {"name": name, "batch_input_shape": shape}
        made.append(
            {
                "class_name": "InputLayer",
                "config": first,
                "name": name,
                "inbound_nodes": [],
                IMPLIED: True,
            }
        )
    tensor = [name, 0, 0]
    inputs.append(tensor)
    return tensor


def _append(item: Config, sources: list[Any], made: list[Config], taken: Names) -> list[Any]:
    config = item["config"] if isinstance(item["config"], dict) else {}
    name = taken.free(str(config.get("name") or f"{item.get('class_name')}".lower()))
    made.append({**item, "name": name, "inbound_nodes": [sources]})
    return [name, 0, 0]
