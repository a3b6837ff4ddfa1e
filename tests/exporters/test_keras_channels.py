"""A network that keeps channels first, in real Keras, and what it is read into: the same weights,
the same input, the same output.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporters.keras_model import build, load
from exporters.keras_reading import Network, network_of
from layers.analysis import analyse

pytestmark = pytest.mark.keras


def dense_behind_flatten(k: Any, x: Any) -> Any:
    x = k.Conv2D(3, 2, activation="relu", name="conv")(x)
    x = k.BatchNormalization(axis=1, name="norm")(x)
    x = k.MaxPooling2D(2, name="pool")(x)
    x = k.Flatten(data_format="channels_last", name="flat")(x)
    x = k.BatchNormalization(name="norm_rows")(x)
    return k.Dense(4, activation="softmax", name="dense")(k.Dropout(0.5, name="drop")(x))


def flatten_that_knows(k: Any, x: Any) -> Any:
    x = k.Conv2D(3, 2, name="conv")(x)
    return k.Dense(4, name="dense")(k.Flatten(name="flat")(x))


def branches(k: Any, x: Any) -> Any:
    one = k.Conv2D(3, 3, padding="same", strides=2, name="one")(x)
    two = k.AveragePooling2D(2, padding="same", name="two")(x)
    x = k.Concatenate(axis=1, name="joined")([one, two])
    x = k.PReLU(shared_axes=[2, 3], name="shared")(x)
    x = k.PReLU(name="alone")(x)
    x = k.Activation("softmax", name="along_width")(x)
    x = k.UpSampling2D((1, 2), name="wider")(k.ZeroPadding2D(((1, 0), (0, 2)), name="padded")(x))
    return k.GlobalMaxPooling2D(name="end")(x)


def the_files_own_order(k: Any, x: Any) -> Any:
    x = k.DepthwiseConv2D(2, name="depthwise")(x)
    x = k.Dense(3, name="along_width")(x)
    x = k.SeparableConv2D(4, 2, name="separable")(x)
    return k.LSTM(2, name="rows")(k.Reshape((4, -1), name="as_rows")(x))


def steps(k: Any, x: Any) -> Any:
    x = k.Reshape((2, 1, 5, 6), name="frames")(x)
    x = k.TimeDistributed(k.Conv2D(3, 2, data_format="channels_first"), name="each")(x)
    x = k.ConvLSTM2D(2, 2, return_sequences=True, name="film")(x)
    x = k.ConvLSTM2D(2, 2, name="last")(x)
    return k.LayerNormalization(axis=1, name="norm")(x)


def turned(k: Any, x: Any) -> Any:
    x = k.Conv2D(5, 1, name="conv")(x)
    x = k.Reshape((5, 30), name="joined")(x)
    x = k.Permute((2, 1), name="turned")(x)
    return k.Conv1D(2, 3, data_format="channels_last", name="line")(x)


def flatten_that_is_the_end(k: Any, x: Any) -> Any:
    return k.Flatten(data_format="channels_last", name="flat")(k.Conv2D(3, 2, name="conv")(x))


def flatten_that_is_called_again(k: Any, x: Any) -> Any:
    flat = k.Flatten(data_format="channels_last", name="flat")
    one, two = k.Conv2D(3, 2, name="conv")(x), k.Conv2D(4, 2, name="other")(x)
    ends = [k.Dense(2, name="a")(flat(one)), k.Dense(2, name="b")(flat(two))]
    return k.Add(name="sum")(ends)


NETWORKS: list[Callable[[Any, Any], Any]] = [
    dense_behind_flatten,
    flatten_that_knows,
    branches,
    the_files_own_order,
    steps,
    turned,
    flatten_that_is_the_end,
    flatten_that_is_called_again,
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_channels_first_is_read_as_what_computes_the_same(
    network: Callable[[Any, Any], Any],
) -> None:
    import keras

    usual = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        x = keras.Input((2, 5, 6), name="x")
        theirs = keras.Model(x, network(keras.layers, x))
    finally:
        keras.config.set_image_data_format(usual)
    draw = np.random.default_rng(7)
    for layer in theirs.layers:
        layer.set_weights(
            [draw.uniform(0.1, 1, weight.shape).astype("float32") for weight in layer.get_weights()]
        )
    read = network_of(json.loads(theirs.to_json()))
    ours = build(read.graph)
    load(ours, read.graph, weights_from(theirs, read))
    image = draw.normal(size=(3, 2, 5, 6)).astype("float32")
    shape = read.graph.nodes[read.layers["x",]].params["shape"]
    # Not called eagerly: TensorFlow's CPU kernels err there with channels first and strides.
    expected = theirs.predict(image, verbose=0)
    given = image if shape == [2, 5, 6] else image.transpose(0, 2, 3, 1)
    result = ours.predict(given, verbose=0)
    if result.ndim == 4:
        expected = expected.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def weights_from(model: Any, read: Network) -> dict[str, dict[str, Any]]:
    """A model's weights by the nodes that its layers became."""
    known = analyse(read.graph).nodes
    found: dict[str, dict[str, Any]] = {}
    for layer in model.layers:
        identity = read.layers[layer.name,]
        turns = read.reorderings.get(identity, {})
        names = known[identity].weights or {}
        found[identity] = {
            name: turns[name].apply(value) if name in turns else value
            for name, value in zip(names, layer.get_weights(), strict=True)
        }
    return found
