"""Nothing of Keras is missing by oversight."""

from __future__ import annotations

from typing import Any

import pytest

from layers.catalog.activation import ACTIVATIONS
from layers.layer import LAYERS
from layers.left_out import LEFT_OUT_ACTIVATIONS, LEFT_OUT_LAYERS

pytestmark = pytest.mark.keras


def public(module: Any) -> dict[str, Any]:
    return {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}


def test_every_layer_of_keras_is_here_or_left_out_with_a_reason() -> None:
    import keras

    theirs = public(keras.layers)
    here = [theirs[name] for name in LAYERS if name in theirs]
    missing = {
        name
        for name, thing in theirs.items()
        # Other names of the same class (AvgPool2D, Convolution2D) are here, too.
        if isinstance(thing, type) and thing not in here
    }
    assert missing == LEFT_OUT_LAYERS.keys()
    assert not LEFT_OUT_LAYERS.keys() & LAYERS.keys()


def test_every_activation_of_keras_is_here_or_left_out_with_a_reason() -> None:
    import keras

    theirs = public(keras.activations)
    here = [theirs[name] for name in ACTIVATIONS]
    helpers = {"deserialize", "get", "serialize"}
    missing = {name for name, thing in theirs.items() if thing not in here} - helpers
    assert missing == LEFT_OUT_ACTIVATIONS.keys()
