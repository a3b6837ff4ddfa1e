"""Graphs made by TensorFlow, read without it, compute in our build what they compute in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import Reading, read
from layers.analysis import analyse
from tests.exporters.tensorflow.graphs import graph_of, judged, positive, weight


def convolutions(tf: Any) -> Any:
    v1 = tf.compat.v1
    x = v1.placeholder(tf.float32, [None, 16, 16, 3], name="images")
    with v1.name_scope("Net"):
        with v1.name_scope("conv1"):
            y = tf.nn.relu(
                tf.nn.bias_add(tf.nn.conv2d(x, weight(5, 5, 3, 8), 2, "SAME"), weight(8)),
                name="Relu",
            )
        with v1.name_scope("bn1"):
            y, *_ = v1.nn.fused_batch_norm(
                y, positive(8), weight(8), weight(8), positive(8), 1e-3, is_training=False
            )
        y = tf.nn.local_response_normalization(y, 2, 1.0, 1e-2, 0.75, name="norm1")
        with v1.name_scope("dw"):
            y = tf.nn.depthwise_conv2d(y, weight(3, 3, 8, 2), [1, 1, 1, 1], "VALID")
            y = tf.nn.relu6(y + weight(16))
        with v1.name_scope("dilated"):
            y = tf.nn.conv2d(y, weight(3, 3, 16, 4), 1, "SAME", dilations=2)
        with v1.name_scope("bn2"):
            variance = tf.constant(positive(4))
            y = tf.nn.batch_normalization(y, weight(4), variance, weight(4), positive(4), 1e-3)
        y = tf.pad(y, [[0, 0], [1, 1], [2, 1], [0, 0]])
        y = tf.nn.max_pool2d(y, 3, 2, "VALID", name="pool")
        left, right = tf.split(y, 2, -1)
        y = tf.concat([tf.nn.leaky_relu(left, 0.1), tf.nn.elu(right), y], -1)
        y = tf.nn.avg_pool2d(y, 2, 1, "SAME")
        y = tf.nn.conv2d_transpose(y, weight(2, 2, 5, 8), [2, 6, 8, 5], 2, "SAME")
        with v1.name_scope("drop"):
            y = v1.nn.dropout(y, keep_prob=v1.placeholder_with_default(1.0, []))
        y = tf.reduce_mean(y, [1, 2])
        with v1.name_scope("logits"):
            y = tf.matmul(y, weight(7, 5), transpose_b=True)
            y = tf.nn.bias_add(y, weight(7))
    return {"images": x}, [tf.nn.softmax(y, name="probabilities")]


def channels_first(tf: Any) -> Any:
    v1 = tf.compat.v1
    x = v1.placeholder(tf.float32, [2, 3, 8, 8], name="data")
    y = v1.nn.conv2d(
        x, weight(3, 3, 3, 4), [1, 1, 2, 2], [[0, 0], [0, 0], [1, 1], [0, 1]], data_format="NCHW"
    )
    y = tf.nn.relu(tf.nn.bias_add(y, weight(4), data_format="NCHW"))
    y = tf.nn.max_pool2d(y, 2, 2, "VALID", data_format="NCHW")
    y = y * positive(4).reshape(1, 4, 1, 1) + weight(4).reshape(4, 1, 1)
    y = tf.reshape(y, [-1, 16])
    return {"data": x}, [tf.tanh(tf.matmul(y, weight(16, 3)) + weight(3), name="out")]


def sequences(tf: Any) -> Any:
    v1 = tf.compat.v1
    ids = v1.placeholder(tf.int32, [None, 12], name="ids")
    y = tf.nn.embedding_lookup(weight(20, 6), ids)
    y = tf.nn.conv1d(y, weight(3, 6, 5), 1, "VALID", name="conv")
    y = y * tf.sigmoid(y)
    rows = tf.reshape(y, [-1, 5])
    y = tf.reshape(tf.matmul(rows, weight(5, 4)), [-1, tf.shape(y)[1], 4])
    y = tf.nn.softplus(tf.reduce_max(y, 1))
    shape = tf.shape(y)
    return {"ids": ids}, [tf.reshape(y, tf.stack([shape[0], 2, 2]), name="out")]


BUILDERS: list[Callable[[Any], Any]] = [convolutions, channels_first, sequences]


@pytest.mark.keras
@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_a_graph_of_tensorflow_1_computes_the_same_here(build: Callable[[Any], Any]) -> None:
    reading = judged(build)
    definition, _, _ = graph_of(build)
    text = str(definition)
    assert read(text, "graph.pbtxt").graph.to_json()["nodes"] == reading.graph.to_json()["nodes"]


@pytest.mark.keras
def test_layers_are_folded_and_named_by_their_scopes() -> None:
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        convolutions(tf)
    reading = read(graph.as_graph_def().SerializeToString(), "graph.pb")
    named = {item.name: item for item in reading.graph}
    assert named["conv1"].params["activation"] == "relu"
    assert named["conv1"].params["use_bias"] is True
    assert named["dilated"].params["dilation_rate"] == [2, 2]
    kinds = Counter(item.type for item in reading.graph)
    assert kinds["BatchNormalization"] == 2
    assert kinds["Dropout"] == 1
    assert kinds["LRN"] == 1


@pytest.mark.keras
def test_training_saving_and_losses_are_cut_off() -> None:
    import tensorflow as tf

    v1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [None, 6], name="x")
        labels = v1.placeholder(tf.int32, [None], name="labels")
        with v1.variable_scope("fc"):
            kernel = v1.get_variable("kernel", [6, 3], use_resource=False)
            bias = v1.get_variable("bias", [3], use_resource=True)
            logits = tf.nn.bias_add(tf.matmul(x, kernel), bias)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        )
        v1.train.AdamOptimizer().minimize(loss)
        right = tf.equal(tf.argmax(logits, -1, output_type=tf.int32), labels)
        v1.summary.scalar("accuracy", tf.reduce_mean(tf.cast(right, tf.float32)))
        v1.train.Saver()
    reading = read(graph.as_graph_def().SerializeToString(), "training.pb")
    assert [(item.type, item.name) for item in reading.graph] == [
        ("InputLayer", "x"),
        ("Dense", "fc"),
    ]
    assert reading.weights is None
    assert analyse(reading.graph).totals.weights == 21


def test_a_graph_of_tensorflow_js_opens_without_its_weights() -> None:
    text = (
        '{"modelTopology": {"node": ['
        '{"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"},'
        ' "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "4"}]}}}},'
        '{"name": "fc/kernel", "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"},'
        ' "value": {"tensor": {"dtype": "DT_FLOAT",'
        ' "tensorShape": {"dim": [{"size": "4"}, {"size": "2"}]}}}}},'
        '{"name": "fc/MatMul", "op": "MatMul", "input": ["x", "fc/kernel"], "attr": {}}]}}'
    )
    reading = read(text, "model.json")
    assert isinstance(reading, Reading)
    assert reading.format == "tensorflow_js"
    assert [item.type for item in reading.graph] == ["InputLayer", "Dense"]
    assert reading.weights is None
