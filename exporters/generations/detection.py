"""Which Keras wrote a configuration: told by its content, for the version in a file is missing or
wrong in many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MODELS = ("Functional", "Sequential", "Model")

KERAS_1_CLASSES = frozenset(
    {
        "Convolution1D",
        "Convolution2D",
        "Convolution3D",
        "AtrousConvolution1D",
        "AtrousConvolution2D",
        "Deconvolution2D",
        "SeparableConvolution2D",
        "TimeDistributedDense",
        "Merge",
        "Highway",
        "MaxoutDense",
        "SReLU",
        "ParametricSoftplus",
    }
)
KERAS_1_KEYS = frozenset(
    {"nb_filter", "border_mode", "dim_ordering", "W_regularizer", "inner_activation", "init", "p"}
)


def generation_of(config: Any, version: str) -> int:
    """1, 2 or 3, of the configuration of a model."""
    stated, told = version[:1], 0
    for item in layers_in(config):
        own = item.get("config")
        own = own if isinstance(own, dict) else {}
        if not KERAS_1_KEYS.isdisjoint(own):
            return 1
        # A file of Keras 2.0 may still hold a Merge.
        if str(item.get("class_name")) in KERAS_1_CLASSES and stated != "2":
            return 1
        calls = item.get("inbound_nodes")
        if calls and isinstance(calls, list) and isinstance(calls[0], dict) and "args" in calls[0]:
            return 3
        if "batch_input_shape" in own:
            told = told or 2
        if "batch_shape" in own:
            told = told or 3
    if told and (told, stated) != (2, "1"):
        return told
    return int(stated) if stated in ("1", "2", "3") else 2


def usual_ordering(config: Any) -> str | None:
    """The ordering of axes that all layers of a Keras 1 model state which state one. Its early
    versions did not write it for every class.
    """
    stated = {
        own["dim_ordering"]
        for item in layers_in(config)
        if isinstance(own := item.get("config"), dict) and isinstance(own.get("dim_ordering"), str)
    } - {"default"}
    return stated.pop() if len(stated) == 1 else None


def layers_in(config: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The layers of a model and of those in it."""
    layers = config.get("layers") if isinstance(config, dict) else config
    for item in layers if isinstance(layers, list) else []:
        if isinstance(item, dict):
            yield item
            if item.get("class_name") in MODELS and depth < 16:
                yield from layers_in(item.get("config"), depth + 1)
