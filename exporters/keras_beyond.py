"""Layers of a class that the catalogue has, used in a way that it has not: they are kept whole, as
those of unknown classes are, so that nothing of them is lost.
"""

from __future__ import annotations

from typing import Any

from exporters.keras_functions import is_foreign
from layers.layer import LAYERS, Layer

WRAPPED = ("layer", "forward_layer", "backward_layer")
ONE_AXIS = ("LayerNormalization", "Softmax", "UnitNormalization")
MIRRORED = ("name", "go_backwards", "dtype", "build_config")
"""In which the layers of a Bidirectional may differ."""


def is_beyond(kind: type[Layer], config: Any, calls: list[Any]) -> bool:
    """Whether a layer does what the catalogue cannot say.

    Args:
        kind: the catalogue's class.
        config: the layer's configuration.
        calls: how it is called, as the file spells it.
    """
    if not isinstance(config, dict):
        return False
    axis = config.get("axis")
    if kind.__name__ in ONE_AXIS and isinstance(axis, list):
        return len(axis) > 1
    if kind.__name__.endswith("Attention"):
        return any(_says(call, "return_attention_scores") for call in calls)
    if any(_is_unknown(config.get(key)) for key in WRAPPED if key in kind.params or key in config):
        return True
    return kind.__name__ == "Bidirectional" and not _is_mirrored(config)


def _is_unknown(inner: Any) -> bool:
    """Whether a layer inside a layer is none of the catalogue's, or has a function that is none."""
    if not isinstance(inner, dict) or not isinstance(inner.get("class_name"), str):
        return False
    kind, config = LAYERS.get(inner["class_name"].rpartition(">")[2]), inner.get("config")
    return isinstance(config, dict) and (kind is None or is_foreign(kind, config))


def _is_mirrored(config: dict[str, Any]) -> bool:
    """Whether the backward layer of a Bidirectional is the forward one, turned round."""
    forward, backward = config.get("layer"), config.get("backward_layer")
    if not isinstance(forward, dict) or not isinstance(backward, dict):
        return True
    ours, theirs = forward.get("config"), backward.get("config")
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return True
    if forward.get("class_name") != backward.get("class_name"):
        return False
    keys = (ours.keys() | theirs.keys()) - set(MIRRORED)
    return all(_plain(ours.get(key)) == _plain(theirs.get(key)) for key in keys)


def _plain(value: Any) -> Any:
    """A value without the names and seeds that two layers never share."""
    if isinstance(value, dict):
        apart = ("name", "seed", "shared_object_id")
        return {key: _plain(item) for key, item in value.items() if key not in apart}
    return value


def _says(call: Any, key: str) -> bool:
    """Whether an argument is true in a call of any generation's spelling."""
    if isinstance(call, dict):
        return call.get(key) is True or any(_says(item, key) for item in call.values())
    return isinstance(call, list) and any(_says(item, key) for item in call)
