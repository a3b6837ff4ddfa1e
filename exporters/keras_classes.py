"""Which class of the catalogue a layer of a Keras file is, and what one is called that is none."""

from __future__ import annotations

import re
from typing import Any

from exporters.keras_config import OWN_NAMES
from exporters.operations.operation import OF_TENSORFLOW, is_operation_type
from layers.layer import LAYERS, Layer

_KERAS_LAYERS = re.compile(r"(tf_keras|(tensorflow\.)?(python\.)?keras)(\.src)?\.layers(\..*)?")


def known_layer(item: dict[str, Any]) -> type[Layer] | None:
    """The catalogue's class of a layer in a file; None for a class of another package that has the
    same name.
    """
    # HDF5 files call a registered class by its full name.
    module, kind = item.get("module"), _class(item["class_name"].rpartition(">")[2])
    if kind is not None and kind.package != "keras":
        registered = item.get("registered_name") or item["class_name"]
        return kind if registered == f"{kind.package}>{kind.__name__}" else None
    if ">" in item["class_name"]:
        return None
    if isinstance(module, str) and not _KERAS_LAYERS.fullmatch(module):
        return None
    return kind


def _class(name: str) -> type[Layer] | None:
    exported = next((known for known, own in OWN_NAMES.items() if own == name), name)
    return LAYERS.get(exported)


def foreign_type(item: dict[str, Any]) -> str:
    """What an unknown layer is called: its class, with the module where that is not Keras'."""
    module = item.get("module")
    if isinstance(module, str) and not _KERAS_LAYERS.fullmatch(module):
        return f"{module}.{item['class_name']}"
    # A class of the palette that is called in a way it has not here is no layer of the palette.
    known = item["class_name"] in LAYERS
    return f"keras.layers.{item['class_name']}" if known else str(item["class_name"])


def is_operation(item: dict[str, Any]) -> bool:
    """Whether a layer is an operation; Keras 3 puts some in by itself to compute masks."""
    return item["class_name"] in OF_TENSORFLOW or is_operation_type(foreign_type(item))
