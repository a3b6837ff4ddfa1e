"""What hardware Keras computes on."""

from __future__ import annotations

import tensorflow as tf


def device_name() -> str:
    """The first GPU's name, else "CPU"."""
    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return "CPU"
    details = tf.config.experimental.get_device_details(devices[0])
    name = str(details.get("device_name", "GPU"))
    return name if len(devices) == 1 else f"{len(devices)} × {name}"
