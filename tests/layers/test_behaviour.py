"""What Keras does besides shapes: masks, training, the way of a configuration there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layers.layer import Example, Layer
from tests.layers.test_catalog import BUILT
from tests.layers.test_contract import called, keras_layer

pytestmark = pytest.mark.keras

COMPUTING = [case for case in BUILT if not str(case.id).startswith("InputLayer")]


def values(example: Example) -> list[Any]:
    """Random inputs for an example, 7 where a dimension is not known."""
    import numpy as np

    random = np.random.default_rng(0)
    made = []
    for tensor in example.inputs:
        shape = [2 if index == 0 else dim or 7 for index, dim in enumerate(tensor.shape)]
        if "int" in tensor.dtype:
            made.append(random.integers(0, 2, shape).astype(tensor.dtype))
        elif tensor.dtype == "bool":
            made.append(random.random(shape) < 0.5)
        else:
            made.append(random.normal(size=shape).astype(tensor.dtype))
    return made


@pytest.mark.parametrize(("layer", "example"), COMPUTING)
def test_training_changes_what_the_layer_says_it_does(layer: type[Layer], example: Example) -> None:
    import keras
    import numpy as np

    theirs = keras_layer(layer, dict(example.params))
    given = values(example)

    def result(training: bool) -> list[Any]:
        found = called(layer, example.params, theirs, given, training=training)
        found = found if isinstance(found, list | tuple) else [found]
        return [keras.ops.convert_to_numpy(item) for item in found]

    calm = result(False)
    if layer.training_only:
        assert np.allclose(calm[0], given[0], atol=1e-5)
    elif not layer.training_differs:
        for one, other in zip(calm, result(True), strict=True):
            assert np.array_equal(one, other)


AT_RUN_TIME = {
    "ReversibleEmbedding": "its mask appears with the values, not in the symbolic call",
}
"""Layers whose symbolic call says something else of masks than a real one, with the reason."""


@pytest.mark.parametrize(("layer", "example"), COMPUTING)
@pytest.mark.filterwarnings("ignore:Layer")
def test_a_mask_goes_where_keras_lets_it_go(layer: type[Layer], example: Example) -> None:
    import keras

    ours = layer(**example.params)
    theirs = keras_layer(layer, dict(example.params))
    if layer.mask is Layer.mask:
        assert theirs.supports_masking == (layer.masks != "unknown")
    if any(tensor.rank < 3 and "int" not in tensor.dtype for tensor in example.inputs):
        return
    if layer.__name__ in AT_RUN_TIME:
        return
    made = []
    for tensor in example.inputs:
        given = keras.KerasTensor(tensor.shape, dtype=tensor.dtype)
        given._keras_mask = keras.KerasTensor(tensor.shape[:2], dtype="bool")
        made.append(given)
    result = called(layer, example.params, theirs, made)
    first = result[0] if isinstance(result, list | tuple) else result
    masked = getattr(first, "_keras_mask", None) is not None
    assert masked == ours.mask(*[True] * len(made))


UNKNOWN_TO_KERAS = {
    "GroupQueryAttention": {"flash_attention"},
    "MultiHeadAttention": {"flash_attention"},
    "RandomGrayscale": {"seed"},
}
"""Parameters that Keras' own get_config forgets."""


@pytest.mark.parametrize(("layer", "example"), BUILT)
def test_a_configuration_survives_keras_and_comes_back(
    layer: type[Layer], example: Example
) -> None:
    """What comes back means the same; Keras may spell it out (strides that are the window's)."""
    from exporters.keras_config import ConfigReader

    first = json.loads(json.dumps(keras_layer(layer, dict(example.params)).get_config()))
    reader = ConfigReader()
    params = reader.params(layer, first, "again")
    assert not reader.diagnostics
    assert params.keys() - UNKNOWN_TO_KERAS.get(layer.__name__, set()) <= layer.params.keys()
    second = json.loads(json.dumps(keras_layer(layer, params).get_config()))
    assert second == first | {"name": second["name"]}
