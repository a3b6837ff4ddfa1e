"""Layers that networks of ``keras.applications`` have for themselves, as layers that compute the
same: those of ConvNeXt, and the weighted sum of Inception-ResNet.

https://github.com/keras-team/keras/tree/master/keras/src/applications
"""

from __future__ import annotations

from typing import Any

from exporters.generations.cells import without_cells

Item = dict[str, Any]
PACKAGES = ("keras.src.applications.", "keras.applications.", "tf_keras.src.applications.")
OF_LAYER = ("name", "trainable", "dtype")
WRAPPED = "layer"


def plain(item: Item) -> Item:
    """A layer of a file, and the layer that it wraps, as layers for everybody."""
    made = _own(without_cells(item))
    config = made.get("config")
    inner = config.get(WRAPPED) if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(inner, dict):
        return made
    return {**made, "config": {**config, WRAPPED: _own(inner)}}


def _own(item: Item) -> Item:
    """ConvNeXt's factors for channels are a Scale; what drops whole samples is a Dropout of one
    place for each sample.
    """
    config = item.get("config")
    if not isinstance(config, dict) or not _is_of_applications(item):
        return item
    kept = {key: config[key] for key in OF_LAYER if key in config}
    match item.get("class_name"):
        case "LayerScale" if {"init_values", "projection_dim"} <= config.keys():
            start = {"class_name": "Constant", "config": {"value": config["init_values"]}}
            kind, made = "Scale", {"gamma_initializer": start}
        case "StochasticDepth" if "drop_path_rate" in config:
            given = {"rate": config["drop_path_rate"], "noise_shape": [None, 1, 1, 1]}
            kind, made = "Dropout", given
        case _:
            return item
    rest = {key: value for key, value in item.items() if key not in ("module", "registered_name")}
    registered = {"registered_name": f"visualnn>{kind}"} if kind == "Scale" else {}
    return {**rest, **registered, "class_name": kind, "config": {**kept, **made}}


def without_weighted_sums(config: Item) -> Item:
    """The configuration of a model with each of Inception-ResNet's weighted sums
    (``x + scale · y``) as a Rescaling and an Add.
    """
    layers = config.get("layers")
    if not isinstance(layers, list):
        return config
    made: list[Any] = []
    for item in layers:
        made += _apart(item) if isinstance(item, dict) else [item]
    return {**config, "layers": made} if len(made) > len(layers) else config


def _apart(item: Item) -> list[Item]:
    """The layers that a weighted sum is; a layer of another kind itself."""
    config, calls = item.get("config"), item.get("inbound_nodes")
    if item.get("class_name") != "CustomScaleLayer" or not _is_of_applications(item):
        return [item]
    if not isinstance(config, dict) or not isinstance(calls, list) or len(calls) != 1:
        return [item]
    name, factor = str(item.get("name") or config.get("name")), config.get("scale")
    (call,) = calls
    is_keras_3 = isinstance(call, dict)
    args = call.get("args") if isinstance(call, dict) else [call]
    both = args[0] if isinstance(args, list) and len(args) == 1 else None
    if not isinstance(both, list) or len(both) != 2 or type(factor) not in (int, float):
        return [item]
    scaled = f"{name}_scaled"
    history = [scaled, 0, 0]
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": history}}
    first: Any = {"args": [both[1]], "kwargs": {}} if is_keras_3 else [both[1]]
    second: Any = {"args": [[both[0], tensor]], "kwargs": {}} if is_keras_3 else [both[0], history]
    return [
        _layer("Rescaling", scaled, first, scale=factor),
        _layer("Add", name, second),
    ]


def _layer(kind: str, name: str, call: Any, **config: Any) -> Item:
    given = {"name": name, **config}
    return {"class_name": kind, "config": given, "name": name, "inbound_nodes": [call]}


def _is_of_applications(item: Item) -> bool:
    """Whether a layer may be Keras' own: HDF5 files, and those of tf.keras, do not say."""
    module = item.get("module")
    return module is None or (isinstance(module, str) and module.startswith(PACKAGES))
