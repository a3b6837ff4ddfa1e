"""Graphs as programs of TensorFlow 1 leave them: with what trains and measures around the network,
and with switches between training and inference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import Reading, read
from layers.analysis import analyse
from layers.layer import LAYERS
from tests.exporters.tensorflow.graphs import graph_of, judged, of_one, positive, weight
from tests.exporters.tensorflow.loops import (
    FEATURES,
    STEPS,
    UNITS,
    basic_lstm,
    dynamic,
    gru_of_1,
)

pytestmark = pytest.mark.keras


def named(reading: Reading) -> list[tuple[str, str]]:
    return [(item.type, item.name) for item in reading.graph]


def kinds(reading: Reading) -> list[str]:
    return [item.type for item in reading.graph][1:]


# Sequences


LAST: dict[str, Callable[[Any], Any]] = {
    "last": lambda y: y[:, -1],
    "last of all features": lambda y: y[:, -1, :],
}


@pytest.mark.parametrize("name", LAST)
def test_the_last_step_of_a_sequence_is_the_state(name: str, frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        y = dynamic(tf, x, basic_lstm(tf), 2)[0]
        return tf.matmul(LAST[name](y), weight(UNITS, 2), name="logits/MatMul")

    reading = judged(of_one((None, STEPS, FEATURES), build))
    assert kinds(reading) == ["LSTM", "Dense"]
    assert (
        next(item for item in reading.graph if item.type == "LSTM").params["return_sequences"]
        is False
    )


@pytest.mark.parametrize("cell", [basic_lstm, gru_of_1], ids=lambda cell: cell.__name__)
def test_both_directions_with_batches_first(
    cell: Callable[[Any], Callable[..., Any]], frames: None
) -> None:
    """As `bidirectional_dynamic_rnn` does it: turned before time comes first, and after."""
    count = 2 if cell is basic_lstm else 1

    def build(tf: Any, x: Any) -> Any:
        forward = dynamic(tf, x, cell(tf), count)[0]
        backward = tf.reverse(dynamic(tf, tf.reverse(x, [1]), cell(tf), count)[0], [1])
        return tf.nn.relu(tf.concat([forward, backward], 2))

    reading = judged(of_one((None, STEPS, FEATURES), build))
    assert kinds(reading) == ["Bidirectional", "ReLU"]


def test_a_sequence_turned_along_its_features_is_no_other_direction(frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(dynamic(tf, tf.reverse(x, [2]), gru_of_1(tf), 1)[0])

    definition, _, _ = graph_of(of_one((None, STEPS, FEATURES), build))
    reading = read(definition.SerializeToString(), "graph.pb")
    assert not {"GRU", "Bidirectional"} & set(kinds(reading))


# Normalization


def written_in(tf: Any, x: Any) -> Any:
    """Slim's batch normalization without a factor, and Keras' without a shift."""
    mean, variance = tf.constant(weight(4)), tf.constant(positive(4))
    shift, factor = tf.identity(tf.constant(weight(4))), tf.identity(tf.constant(positive(4)))
    made = x
    for scale, offset in ((tf.ones([4]), shift), (factor, tf.zeros([4]))):
        made, *_ = tf.compat.v1.nn.fused_batch_norm(
            made, scale, offset, mean, variance, is_training=False
        )
    return made


def test_factors_that_no_variable_holds_are_not_learnt() -> None:
    reading = judged(of_one((None, 3, 5, 4), written_in))
    told = [(item.params["scale"], item.params["center"]) for item in list(reading.graph)[1:]]
    assert told == [(False, True), (True, False)]
    assert analyse(reading.graph).totals.weights == 4 * 6


@pytest.mark.parametrize("is_learnt", [True, False])
def test_a_batch_normalization_while_it_trains(is_learnt: bool) -> None:
    """By moments whose axes of one are taken away, as `tf.layers` has it."""

    def build(tf: Any, x: Any) -> Any:
        mean, variance = tf.nn.moments(x, [0, 1, 2], keepdims=True)
        mean, variance = tf.squeeze(mean, [0, 1, 2]), tf.squeeze(variance, [0, 1, 2])
        learnt = (weight(4), positive(4)) if is_learnt else (None, None)
        return tf.nn.relu(tf.nn.batch_normalization(x, mean, variance, *learnt, 1e-3))

    definition, _, _ = graph_of(of_one((None, 3, 5, 4), build))
    reading = read(definition.SerializeToString(), "graph.pb")
    assert kinds(reading) == ["BatchNormalization", "ReLU"]
    layer = list(reading.graph)[1]
    assert layer.params["scale"] is layer.params["center"] is is_learnt


# Switches


def switched(tf: Any, x: Any, training: Any) -> Any:
    v1 = tf.compat.v1
    for name in ("bn1", "bn2"):
        mean, variance = tf.constant(weight(4)), tf.constant(positive(4))
        moments = tf.nn.moments(x, [0])
        with v1.name_scope(name):
            mean = v1.cond(training, lambda m=moments: m[0], lambda m=mean: tf.identity(m))
            variance = v1.cond(training, lambda m=moments: m[1], lambda v=variance: tf.identity(v))
            x = tf.nn.batch_normalization(x, mean, variance, weight(4), positive(4), 1e-3)
    return tf.matmul(x, weight(4, 3))


SWITCHES: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "false": (lambda v1: v1.placeholder_with_default(False, [], "training"), []),
    "true": (
        lambda v1: v1.placeholder_with_default(True, [], "training"),
        ["tensorflow.branch"],
    ),
    "open": (lambda v1: v1.placeholder(bool, [], "training"), ["tensorflow.branch"]),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_what_one_switch_chooses_is_said_once(name: str, frames: None) -> None:
    make, codes = SWITCHES[name]

    def build(tf: Any, x: Any) -> Any:
        return switched(tf, x, make(tf.compat.v1))

    definition, _, _ = graph_of(of_one((None, 4), build))
    reading = read(definition.SerializeToString(), "graph.pb")
    assert kinds(reading) == ["BatchNormalization", "BatchNormalization", "Dense"]
    assert [item.code for item in reading.diagnostics] == codes
    assert all(item.message.startswith("training ") for item in reading.diagnostics)


@pytest.mark.parametrize("is_true", [True, False])
def test_a_switch_that_the_graph_sets_is_followed(is_true: bool, frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        v1 = tf.compat.v1
        told = tf.constant(is_true)
        return v1.cond(told, lambda: tf.tanh(x), lambda: tf.sigmoid(x))

    reading = judged(of_one((None, 4), build))
    assert list(reading.graph)[-1].params["activation"] == ("tanh" if is_true else "sigmoid")
    assert not reading.diagnostics


# What is around the network


def trained(tf: Any) -> Any:
    """A classifier with summaries, a loss, an optimizer and a saver."""
    v1 = tf.compat.v1
    x = v1.placeholder(tf.float32, [None, 8, 8, 3], name="x")
    labels = v1.placeholder(tf.int64, [None], name="labels")

    def variable(name: str, shape: list[int]) -> Any:
        return v1.get_variable(name, shape, use_resource=False)

    with v1.variable_scope("conv1") as scope:
        y = tf.nn.conv2d(x, variable("weights", [3, 3, 3, 4]), 1, "SAME")
        y = tf.nn.relu(tf.nn.bias_add(y, variable("biases", [4])), name=scope.name)
        v1.summary.histogram("activations", y)
        v1.summary.scalar("sparsity", tf.nn.zero_fraction(y))
    with v1.variable_scope("local"):
        y = tf.reshape(y, [-1, 256])
        y = tf.matmul(y, variable("weights", [256, 5])) + variable("biases", [5])
        tf.identity(tf.nn.tanh(y, name="tanh"), name="another_name")
    y = tf.nn.relu(y)
    with v1.variable_scope("logits"):
        logits = tf.matmul(y, variable("weights", [5, 3]))
    tf.argmax(logits, 1, name="classes")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    v1.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_mean(loss))
    right = tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32)
    v1.summary.scalar("accuracy", tf.reduce_mean(right))
    v1.summary.merge_all()
    v1.train.Saver()
    return {}, []


def test_what_trains_and_measures_is_left_out_and_said_once() -> None:
    definition, _, _ = graph_of(trained)
    reading = read(str(definition), "graph.pbtxt")
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    assert ("Conv2D", "conv1") in named(reading)
    assert ("Dense", "logits") in named(reading)
    assert [item.code for item in reading.diagnostics] == ["tensorflow.training"]
    (said,) = reading.diagnostics
    count = sum("gradients/" in item.name or "Apply" in item.op for item in definition.node)
    assert f"{count} operations" in said.message
    assert analyse(reading.graph).totals.weights == 112 + 256 * 5 + 5 + 15


def test_what_a_loop_leaves_behind_is_no_output(frames: None) -> None:
    def build(tf: Any) -> Any:
        v1 = tf.compat.v1
        x = v1.placeholder(tf.float32, [None, STEPS, FEATURES], name="x")
        with v1.variable_scope("rnn"):
            state = dynamic(tf, x, basic_lstm(tf), 2, is_last=True)[0]
            tf.nn.relu(state, name="kept")
        kernel = v1.get_variable("logits/kernel", [UNITS, 2], use_resource=False)
        return {}, [tf.matmul(state, kernel, name="logits/MatMul")]

    definition, _, _ = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert named(reading) == [("InputLayer", "x"), ("LSTM", "rnn"), ("Dense", "logits")]


def test_a_normalization_is_called_as_its_scope() -> None:
    def build(tf: Any, x: Any) -> Any:
        v1 = tf.compat.v1
        with v1.name_scope("Net/Conv2d_1a_7x7"):
            x = tf.nn.conv2d(x, weight(3, 3, 4, 4), 1, "SAME", name="Conv2D")
            with v1.name_scope("BatchNorm"):
                learnt = [tf.identity(tf.constant(positive(4))) for _ in range(4)]
                x, *_ = v1.nn.fused_batch_norm(x, *learnt, is_training=False)
            return tf.nn.relu(x, name="Relu")

    reading = judged(of_one((None, 3, 5, 4), build))
    assert [name for _, name in named(reading)][1:] == [
        "Conv2d_1a_7x7",
        "Conv2d_1a_7x7_BatchNorm",
        "Conv2d_1a_7x7_Relu",
    ]
