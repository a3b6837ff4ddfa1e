"""SavedModels as Keras exports them, without anything of ours in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from exporters.format import read
from tests.exporters.judging import computed, outputs_of

pytestmark = pytest.mark.keras


def test_a_saved_model_of_keras_computes_the_same_here(tmp_path: Path) -> None:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.export(tmp_path / "saved", verbose=False)
    file = Path(shutil.make_archive(str(tmp_path / "saved"), "zip", tmp_path / "saved"))
    reading = read(file.read_bytes(), "saved.zip")
    given = np.random.default_rng(0).normal(size=(2, 12, 12, 3)).astype("float32")
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    (expected,) = outputs_of(model, [given])
    np.testing.assert_allclose(found, expected, atol=1e-5)
