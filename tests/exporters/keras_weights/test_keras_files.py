"""Files that Keras itself writes, opened here: the same numbers come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, attach, read_source
from exporters.source import Source
from exporters.weights import count, is_complete
from layers.analysis import analyse
from tests.exporters import judging
from tests.exporters.judging import computed, outputs_of, random_inputs
from tests.exporters.networks import attempt

H5 = Path(__file__).parents[3].parent / "shared" / "corpus" / "h5"
FILES = sorted(path for path in H5.glob("*") if path.is_file())
KERAS_3_OPENS = {
    "2mdtln__flownet_ann_keras3_9.keras",
    "AKSHATV25__mnist_cnn_keras3_15.keras",
    "deeplearning4j__12net.h5",
    "deeplearning4j__lstm_functional_tf_keras_2.h5",
    "oarriaga__fer2013_mini_XCEPTION.102-0.66.hdf5",
    "oarriaga__fer2013_mini_XCEPTION.119-0.65.hdf5",
    "oarriaga__gender_mini_XCEPTION.21-0.95.hdf5",
    "oarriaga__tiny_XCEPTION_KDEF.hdf5",
}
"""Files of the corpus that real Keras 3 still opens: it is the judge of what they compute."""
NO_NETWORK = ("54chen__mlp_1_2_1_weights.h5", "keon__cartpole-dqn.h5")


def randomized(model: Any) -> Any:
    """The model with other weights than its initializers gave: variances positive."""
    chance = np.random.default_rng(0)
    for weight in model.weights:
        values = chance.uniform(0.1, 0.5, weight.shape)
        weight.assign(values.astype(weight.dtype) if "count" not in weight.path else weight)
    return model


def nested() -> Any:
    """Models in models, layers of one class in several of them, a layer used twice."""
    import keras
    from keras import layers

    inner = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, activation="tanh"), layers.BatchNormalization()],
        name="inner",
    )
    x = keras.Input((6,))
    deep = keras.Model(x, layers.Dense(5, name="dense_deep")(inner(x)), name="deep")
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = layers.Dense(5, name="shared")
    merged = layers.Concatenate()([deep(a), shared(a), shared(b)])
    y = layers.Dense(3, name="end")(layers.BatchNormalization(name="norm")(merged))
    return randomized(keras.Model([a, b], y))


def sequences() -> Any:
    """Recurrent layers in their wrappers."""
    import keras
    from keras import layers

    return randomized(
        keras.Sequential(
            [
                keras.Input((5, 4)),
                layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
                layers.TimeDistributed(layers.Dense(4)),
                layers.GRU(3, return_sequences=True),
                layers.Bidirectional(layers.GRU(2, reset_after=False), merge_mode="sum"),
            ]
        )
    )


def convolutions() -> Any:
    """Kernels of every kind."""
    import keras
    from keras import layers

    return randomized(
        keras.Sequential(
            [
                keras.Input((9, 9, 2)),
                layers.SeparableConv2D(3, 3, depth_multiplier=2),
                layers.DepthwiseConv2D(2),
                layers.BatchNormalization(),
                layers.Conv2DTranspose(4, 2),
                layers.PReLU(shared_axes=[1, 2]),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
    )


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("make", [nested, sequences, convolutions])
def test_a_model_that_keras_saved_computes_the_same(make: Any, suffix: str, tmp_path: Path) -> None:
    model = make()
    path = tmp_path / f"model{suffix}"
    model.save(path)
    reading = read_source(Source.of_file(path))
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    assert [item.code for item in reading.diagnostics if item.severity != "hint"] == []
    inputs = random_inputs(reading.graph)
    found = computed(reading.graph, reading.weights, inputs)
    for one, other in zip(found, outputs_of(model, inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("make", [sequences, convolutions])
def test_weights_that_keras_saved_fit_the_same_network(make: Any, tmp_path: Path) -> None:
    model = make()
    whole, alone = tmp_path / "model.keras", tmp_path / "model.weights.h5"
    model.save(whole)
    model.save_weights(alone)
    reading = read_source(Source.of_file(whole))
    fitted = attach(Source.of_file(alone), reading.graph)
    assert fitted.diagnostics == ()
    assert reading.weights is not None
    for identity, owned in reading.weights.items():
        for name, array in owned.items():
            np.testing.assert_array_equal(fitted.weights[identity][name], array)


@pytest.mark.corpus
@pytest.mark.skipif(not FILES, reason="the corpus lies outside the repository and is absent")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_computes_what_keras_computes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    reading = attempt(lambda: read_source(Source.of_file(path)))
    if not isinstance(reading, Reading):
        (told,) = reading
        expected = "keras.weights_only" if path.name in NO_NETWORK else "keras.subclassed"
        assert told.code == expected
        return
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    assert count(reading.weights) == analyse(reading.graph).totals.weights
    if path.name not in KERAS_3_OPENS:
        with pytest.raises(TypeError):  # of Keras 1's and early 2's layers, in its own reader
            keras.models.load_model(path, compile=False)
        return
    model = keras.models.load_model(path, compile=False)
    monkeypatch.setattr(judging, "UNKNOWN_SIZE", 12)  # of images: room for three convolutions
    inputs = random_inputs(reading.graph)
    found = computed(reading.graph, reading.weights, inputs)
    for one, other in zip(found, outputs_of(model, inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)
