"""SavedModels as others write them, without anything of ours in them: in TensorFlow 1 with the
operations that restore, in Keras 2 with a description, in Keras 3 with functions.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import read
from exporters.protos import tensorflow_pb2 as pb
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.layer import LAYERS
from tests.exporters.judging import computed, outputs_of
from tests.exporters.tensorflow.graphs import CHANCE, positive, weight

pytestmark = pytest.mark.keras


def packed(folder: Path) -> bytes:
    return Path(shutil.make_archive(str(folder), "zip", folder)).read_bytes()


def small() -> Any:
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
    model.layers[2].set_weights([positive(4), weight(4), weight(4), positive(4)])
    return model


def test_a_saved_model_of_keras_computes_the_same_here(tmp_path: Path) -> None:
    model = small()
    model.export(tmp_path / "saved", verbose=False)
    reading = read(packed(tmp_path / "saved"), "saved.zip")
    given = CHANCE.normal(size=(2, 12, 12, 3)).astype("float32")
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    (expected,) = outputs_of(model, [given])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def of_tensorflow_1(folder: Path) -> tuple[Any, Any]:
    """A SavedModel whose variables the graph restores; an input and what comes out."""
    import tensorflow as tf

    v1 = tf.compat.v1
    given = CHANCE.normal(size=(2, 6, 6, 3)).astype("float32")
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 6, 6, 3], name="images")
        with v1.variable_scope("conv1"):
            kernel = v1.get_variable("weights", initializer=weight(3, 3, 3, 4), use_resource=False)
            bias = v1.get_variable("biases", initializer=weight(4), use_resource=False)
            y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 2, "SAME"), bias))
        y = tf.reshape(y, [-1, 36])
        with v1.variable_scope("fc"):
            kernel = v1.get_variable("kernel", initializer=weight(36, 2), use_resource=True)
            y = tf.nn.softmax(tf.matmul(y, kernel), name="probabilities")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"pixels": x}, {"scores": y})
        return given, session.run(y, {x: given})


def test_a_saved_model_of_tensorflow_1_computes_the_same_here(tmp_path: Path) -> None:
    given, expected = of_tensorflow_1(tmp_path / "saved")
    reading = read(packed(tmp_path / "saved"), "saved.zip")
    assert [(item.type, item.name) for item in reading.graph] == [
        ("InputLayer", "pixels"),
        ("Conv2D", "conv1"),
        ("Flatten", "Reshape"),
        ("Dense", "fc"),
    ]
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_its_graph_alone_opens_without_weights(tmp_path: Path) -> None:
    of_tensorflow_1(tmp_path / "saved")
    data = (tmp_path / "saved" / "saved_model.pb").read_bytes()
    reading = read(data, "saved_model.pb")
    assert reading.weights is None
    assert analyse(reading.graph).totals.weights == 3 * 3 * 3 * 4 + 4 + 72
    text = str(pb.SavedModel.FromString(data))
    assert (
        read(text, "saved_model.pbtxt").graph.to_json()["nodes"]
        == (reading.graph.to_json()["nodes"])
    )


def described_by_keras_2(folder: Path, model: Any) -> None:
    """Write a model as Keras 2 did: its graph, its variables by the paths of its layers, and its
    description.
    """
    import tensorflow as tf

    layers = [layer for layer in model.layers if layer.weights]
    module = tf.Module()
    for place, layer in enumerate(layers):
        held: Any = {item.path.rpartition("/")[2]: item.value for item in layer.weights}
        if hasattr(layer, "cell"):
            held = {"cell": held}
        setattr(module, f"layer_with_weights-{place}", held)
    module.call = tf.function(
        lambda x: model(x, training=False), input_signature=[tf.TensorSpec(model.input_shape)]
    )
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.call})
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "sequential",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {"batch_input_shape": _tuple(model.input_shape), "name": "input_1"},
                },
                *(
                    {"class_name": type(layer).__name__, "config": _of_keras_2(layer)}
                    for layer in model.layers
                ),
            ],
        },
    }
    metadata = pb.SavedMetadata()
    metadata.nodes.add(node_path="root", metadata=json.dumps({"model_config": config}))
    for place, layer in enumerate(layers):
        metadata.nodes.add(
            node_path=f"root.layer_with_weights-{place}",
            metadata=json.dumps({"name": layer.name, "class_name": type(layer).__name__}),
        )
    metadata.nodes.add(node_path="root.optimizer", metadata="")
    (folder / "keras_metadata.pb").write_bytes(metadata.SerializeToString())


def _of_keras_2(layer: Any) -> dict[str, Any]:
    told = "name filters units kernel_size strides padding activation pool_size reset_after"
    told += " return_sequences"
    config = layer.get_config()
    return {
        name: _tuple(config[name]) if isinstance(config[name], tuple) else config[name]
        for name in told.split()
        if name in config
    }


def _tuple(items: Any) -> dict[str, Any]:
    return {"class_name": "__tuple__", "items": list(items)}


def recurrent() -> Any:
    import keras

    layers = keras.layers
    return keras.Sequential(
        [keras.Input((5, 3)), layers.LSTM(4, return_sequences=True), layers.GRU(3), layers.Dense(2)]
    )


@pytest.mark.parametrize("make", [small, recurrent])
def test_a_saved_model_with_a_description_is_read_by_it(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    model = make()
    described_by_keras_2(tmp_path / "saved", model)
    reading = read(packed(tmp_path / "saved"), "saved.zip")
    assert [item.type for item in reading.graph][1:] == [
        type(layer).__name__ for layer in model.layers
    ]
    assert [item.name for item in reading.graph][1:] == [layer.name for layer in model.layers]
    given = CHANCE.normal(size=(2, *model.input_shape[1:])).astype("float32")
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    np.testing.assert_allclose(found, outputs_of(model, [given])[0], atol=1e-5)


@pytest.mark.parametrize(
    "description", [b"\xff\xff\xff", b"", b"\x0a\x06\x1a\x04root"], ids=["broken", "empty", "bare"]
)
def test_without_a_description_that_can_be_read_the_graph_is(
    tmp_path: Path, description: bytes
) -> None:
    given, expected = of_tensorflow_1(tmp_path / "saved")
    (tmp_path / "saved" / "keras_metadata.pb").write_bytes(description)
    reading = read(packed(tmp_path / "saved"), "saved.zip")
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_variables_whose_file_is_missing_or_cut_off(tmp_path: Path) -> None:
    of_tensorflow_1(tmp_path / "saved")
    (values,) = (tmp_path / "saved" / "variables").glob("*.data-*")
    whole = values.read_bytes()
    values.unlink()
    assert read(packed(tmp_path / "saved"), "saved.zip").weights is None
    values.write_bytes(whole[:100])
    with pytest.raises(GraphError) as caught:
        read(packed(tmp_path / "saved"), "saved.zip")
    assert [item.code for item in caught.value.diagnostics] == ["tensorflow.malformed"]
