"""Where in a file the configuration of a Keras model stands: alone, beside a version, in what
TensorFlow.js writes, or in what was taken out of an HDF5 file.
"""

from __future__ import annotations

from typing import Any

AROUND = ("modelTopology", "model_config", "model", "architecture")


def configuration_in(data: Any) -> dict[str, Any] | None:
    """The model's ``{"class_name": ..., "config": ...}`` with the version that the file states;
    None where there is none.
    """
    version = None
    for _ in range(len(AROUND)):
        if not isinstance(data, dict):
            return None
        version = data.get("keras_version", version)
        if isinstance(data.get("class_name"), str) and isinstance(data.get("config"), dict | list):
            return data if version is None else {**data, "keras_version": version}
        data = next((data[name] for name in AROUND if isinstance(data.get(name), dict)), None)
    return None
