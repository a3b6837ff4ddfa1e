"""Several operations that are one layer, as the versions of TensorFlow have written them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, read
from layers.layer import LAYERS
from tests.exporters.judging import computed
from tests.exporters.tensorflow.graphs import (
    CHANCE,
    graph_of,
    judged,
    of_one,
    positive,
    weight,
)
from tests.exporters.tensorflow.running import largest_difference, run_graph

pytestmark = pytest.mark.keras

IMAGE = (None, 6, 8, 4)


def kinds(reading: Reading) -> list[str]:
    return [item.type for item in reading.graph][1:]


def by_sums(tf: Any, x: Any, *, beta: bool, gamma: bool, negative: bool) -> Any:
    """``x * factor + (beta - mean * factor)`` with some of it left out."""
    factor = tf.math.rsqrt(tf.constant(0.01) + positive(4))
    if gamma:
        factor = tf.constant(positive(4)) * factor
    if negative:
        return x * factor + tf.negative(tf.constant(weight(4))) * factor
    if not beta:
        return factor * x - tf.constant(weight(4)) * factor
    return x * factor + (weight(4) - factor * tf.constant(weight(4)))


NORMALIZATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "whole": lambda tf, x: tf.nn.batch_normalization(
        x, weight(4), positive(4), weight(4), positive(4), 1e-3
    ),
    "without scale": lambda tf, x: tf.nn.batch_normalization(
        x, weight(4), positive(4), weight(4), None, 1e-3
    ),
    "without centre": lambda tf, x: by_sums(tf, x, beta=False, gamma=True, negative=False),
    "gamma from the left": lambda tf, x: by_sums(tf, x, beta=True, gamma=True, negative=False),
    "a negative mean": lambda tf, x: by_sums(tf, x, beta=False, gamma=False, negative=True),
    "in axes of one": lambda tf, x: tf.nn.batch_normalization(
        x, weight(1, 1, 1, 4), positive(1, 1, 1, 4), weight(1, 1, 1, 4), None, 1e-3
    ),
}


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_a_batch_normalization_in_single_operations(name: str) -> None:
    make = NORMALIZATIONS[name]
    # Where TensorFlow works out beforehand what has no variables, nothing of it is left to find.
    reading = judged(of_one(IMAGE, make))
    assert kinds(reading) in (["BatchNormalization"], ["Scale", "Bias"])


def by_moments(tf: Any, x: Any, axes: list[int]) -> Any:
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, weight(4), positive(4), 1e-3)


def as_keras_3_does(tf: Any, x: Any) -> Any:
    mean = tf.reduce_mean(x, -1, True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, tf.stop_gradient(mean)), -1, True)
    factor = tf.math.rsqrt(variance + 1e-3) * tf.reshape(tf.constant(positive(4)), [1, 1, 4])
    return x * factor + (-mean * factor + tf.reshape(tf.constant(weight(4)), [1, 1, 4]))


def as_keras_2_does(tf: Any, x: Any) -> Any:
    shape = tf.shape(x)
    rows = tf.reduce_prod(shape[:-1])
    image = tf.reshape(x, tf.stack([1, rows, shape[-1], 1]))
    none = tf.constant(np.zeros(0, "float32"))
    made = tf.raw_ops.FusedBatchNormV3(
        x=image,
        scale=tf.fill([rows], 1.0),
        offset=tf.fill([rows], 0.0),
        mean=none,
        variance=none,
        epsilon=1e-3,
        data_format="NCHW",
        is_training=True,
    )
    return tf.reshape(made.y, shape) * tf.constant(positive(4)) + tf.constant(weight(4))


LAYER_NORMALIZATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "by moments": lambda tf, x: by_moments(tf, x, [-1]),
    "by the last of three axes": lambda tf, x: by_moments(tf, x, [2]),
    "as Keras 3 does": as_keras_3_does,
    "as Keras 2 does": as_keras_2_does,
}


@pytest.mark.parametrize("name", LAYER_NORMALIZATIONS)
def test_a_normalization_of_each_example(name: str) -> None:
    reading = judged(of_one((None, 3, 4), LAYER_NORMALIZATIONS[name]))
    assert kinds(reading) == ["LayerNormalization"]


def test_a_normalization_of_each_channel_of_an_example_by_itself() -> None:
    reading = judged(of_one((None, 3, 4), lambda tf, x: by_moments(tf, x, [1])))
    assert kinds(reading) == ["GroupNormalization"]
    assert list(reading.graph)[1].params["groups"] == -1


def test_a_normalization_of_each_example_as_a_whole() -> None:
    reading = judged(of_one((None, 3, 5, 4), lambda tf, x: by_moments(tf, x, [1, 2, 3])))
    assert kinds(reading) == ["GroupNormalization"]
    assert list(reading.graph)[1].params["groups"] == 1


def test_a_normalization_of_channels_that_come_first() -> None:
    def build(tf: Any, x: Any) -> Any:
        x = tf.nn.relu(tf.transpose(x, [0, 3, 1, 2]))
        mean, variance = tf.nn.moments(x, [2, 3], keepdims=True)
        learnt = weight(1, 4, 1, 1), positive(1, 4, 1, 1)
        return tf.reshape(tf.nn.batch_normalization(x, mean, variance, *learnt, 1e-3), [-1, 60])

    reading = judged(of_one((None, 3, 5, 4), build))
    assert kinds(reading) == ["ReLU", "GroupNormalization", "Permute", "Flatten"]


def test_a_normalization_over_another_axis_is_no_batch_normalization() -> None:
    definition, _, _ = graph_of(
        of_one((None, 3, 5, 4), lambda tf, x: tf.nn.relu(by_moments(tf, x, [1])))
    )
    found = {item.type for item in read(definition.SerializeToString(), "graph.pb").graph}
    assert "tf.LayerNormalization" in found
    assert "BatchNormalization" not in found


FUSED = {
    "FusedBatchNorm": "NHWC",
    "FusedBatchNormV2": "NHWC",
    "FusedBatchNormV3": "NHWC",
}


@pytest.mark.parametrize("kind", FUSED)
def test_a_fused_batch_normalization_of_every_version(kind: str) -> None:
    def build(tf: Any, x: Any) -> Any:
        made = getattr(tf.raw_ops, kind)(
            x=x,
            scale=positive(4),
            offset=weight(4),
            mean=weight(4),
            variance=positive(4),
            epsilon=0.001,
            is_training=False,
        )
        return tf.nn.relu(made.y)

    reading = judged(of_one(IMAGE, build))
    assert kinds(reading) == ["BatchNormalization", "ReLU"]


def masked_by_floor(tf: Any, x: Any) -> Any:
    """As TensorFlow 1 has it, with `keep_prob`."""
    keep = tf.constant(0.75)
    return tf.math.divide(x, keep) * tf.floor(keep + tf.random.uniform(tf.shape(x)))


def masked_by_comparison(tf: Any, x: Any) -> Any:
    """As TensorFlow 1.13 to 2.3 have it, with `rate`."""
    return x * tf.constant(4 / 3) * tf.cast(tf.random.uniform(tf.shape(x)) >= 0.25, tf.float32)


def masked_by_choice(tf: Any, x: Any) -> Any:
    """As TensorFlow 2.4 and later have it."""
    return tf.where(
        tf.random.stateless_uniform(tf.shape(x), [1, 2]) >= 0.25,
        x * tf.constant(4 / 3),
        tf.zeros_like(x),
    )


def of_unknown_rate(tf: Any, x: Any) -> Any:
    keep = tf.compat.v1.placeholder(tf.float32, [], name="keep_prob")
    return x * (1.0 / keep) * tf.floor(keep + tf.random.uniform(tf.shape(x)))


DROPOUTS: dict[Callable[[Any, Any], Any], float] = {
    masked_by_floor: 0.25,
    masked_by_comparison: 0.25,
    masked_by_choice: 0.25,
    of_unknown_rate: 0.5,
}


@pytest.mark.parametrize("make", DROPOUTS, ids=lambda make: make.__name__)
def test_a_dropout_of_every_version(make: Callable[[Any, Any], Any]) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(make(tf, tf.matmul(x, weight(4, 4), name="fc/MatMul")), name="end")

    definition, _, _ = graph_of(of_one((None, 4), build))
    reading = read(definition.SerializeToString(), "graph.pb")
    assert kinds(reading) == ["Dense", "Dropout", "ReLU"]
    assert next(iter(reading.graph.nodes.values())).name == "x"
    rate = next(item for item in reading.graph if item.type == "Dropout").params["rate"]
    assert rate == pytest.approx(DROPOUTS[make])
    said = [item.code for item in reading.diagnostics]
    assert said == (["tensorflow.rate"] if make is of_unknown_rate else [])


def static_lstm(tf: Any, x: Any, bias: float | None, steps: int = 5) -> Any:
    """``static_rnn`` of a BasicLSTMCell, as TensorFlow 1 wrote it."""
    units, width = 3, 4
    kernel, shift = tf.constant(weight(width + units, 4 * units)), tf.constant(weight(4 * units))
    zeros = tf.zeros([tf.shape(x)[0], units])
    cell, state = zeros, zeros
    for new in tf.unstack(x, axis=1)[:steps]:
        sums = tf.nn.bias_add(tf.matmul(tf.concat([new, state], 1), kernel), shift)
        gate, fresh, forget, out = tf.split(sums, 4, 1)
        added = forget if bias is None else bias
        forgotten = tf.sigmoid(forget) if bias == 0 else tf.sigmoid(forget + added)
        cell = cell * forgotten + tf.sigmoid(gate) * tf.tanh(fresh)
        state = tf.tanh(cell) * tf.sigmoid(out)
    return state


@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_an_lstm_step_by_step(bias: float) -> None:
    reading = judged(of_one((None, 5, 4), lambda tf, x: static_lstm(tf, x, bias)))
    assert kinds(reading) == ["LSTM"]


def test_an_lstm_over_the_first_steps() -> None:
    reading = judged(of_one((None, 5, 4), lambda tf, x: static_lstm(tf, x, 1.0, 3)))
    assert kinds(reading) == ["Cropping1D", "LSTM"]


def test_a_forget_gate_twice_is_no_lstm() -> None:
    definition, _, _ = graph_of(of_one((None, 5, 4), lambda tf, x: static_lstm(tf, x, None)))
    assert "LSTM" not in kinds(read(definition.SerializeToString(), "graph.pb"))


def fused(tf: Any, kind: str, inputs: list[Any], **attrs: Any) -> Any:
    """An operation that only TensorFlow's optimiser makes."""
    made = {"T": tf.compat.v1.AttrValue(type=tf.float32.as_datatype_enum)}
    for name, value in attrs.items():
        told = made.setdefault(name, tf.compat.v1.AttrValue())
        if isinstance(value, int):
            told.i = value
        elif isinstance(value, bytes):
            told.s = value
        else:
            getattr(told.list, "s" if isinstance(value[0], bytes) else "i").extend(value)
    if kind == "_FusedConv2D":
        made["TArgs"] = tf.compat.v1.AttrValue()
        made["TArgs"].list.type.append(tf.float32.as_datatype_enum)
    graph = tf.compat.v1.get_default_graph()
    return graph.create_op(kind, inputs, [tf.float32], attrs=made, name="end").outputs[0]


@pytest.mark.parametrize("activation", ["Relu", "Elu", ""])
def test_a_product_that_the_optimiser_has_put_together(activation: str) -> None:
    def build(tf: Any, x: Any) -> Any:
        inputs = [x, tf.constant(weight(4, 3)), tf.constant(weight(3))]
        told = [b"BiasAdd", activation.encode()] if activation else [b"BiasAdd"]
        return fused(tf, "_FusedMatMul", inputs, num_args=1, fused_ops=told)

    reading = judged(of_one((None, 4), build))
    assert kinds(reading) == ["Dense"]
    layer = next(item for item in reading.graph if item.type == "Dense")
    assert layer.params["activation"] == (activation.lower() or "linear")


def test_a_convolution_that_the_optimiser_has_put_together() -> None:
    def build(tf: Any, x: Any) -> Any:
        inputs = [x, tf.constant(weight(3, 3, 4, 5)), tf.constant(weight(5))]
        told = {"strides": [1, 2, 2, 1], "padding": b"SAME", "num_args": 1, "num_host_args": 0}
        return fused(tf, "_FusedConv2D", inputs, fused_ops=[b"BiasAdd", b"Relu"], **told)

    reading = judged(of_one(IMAGE, build))
    (layer,) = [item for item in reading.graph if item.type == "Conv2D"]
    assert layer.params["activation"] == "relu"
    assert layer.params["use_bias"] is True


def whole_numbers(tf: Any) -> Any:
    x = tf.compat.v1.placeholder(tf.int32, [None, 4], name="x")
    return {"x": x}, [tf.tanh(tf.cast(x, tf.float32) / 20.0)]


def table_by_resource(tf: Any) -> Any:
    x = tf.compat.v1.placeholder(tf.int32, [None, 4], name="x")
    return {"x": x}, [tf.tanh(tf.gather(tf.constant(weight(20, 3)), x, axis=0))]


def left_open(tf: Any) -> Any:
    x = tf.compat.v1.placeholder_with_default(weight(2, 4), [None, 4], name="x")
    known, _ = tf.raw_ops.IdentityN(input=[tf.nn.relu(x), x])
    return {"x": x}, [tf.tanh(known)]


@pytest.mark.parametrize("build", [whole_numbers, table_by_resource, left_open])
def test_inputs_of_every_kind(build: Callable[[Any], Any]) -> None:
    assert judged(build).graph.nodes


def by_a_factor_of_one(tf: Any, y: Any) -> Any:
    """``tf.nn.silu``, as Keras 2 has it in its networks."""
    return y * tf.sigmoid(tf.constant(1.0) * y, name="fc/Sigmoid")


def by_another_name(tf: Any, y: Any) -> Any:
    return y + tf.sigmoid(tf.identity(y), name="fc/Sigmoid")


def by_another_factor(tf: Any, y: Any) -> Any:
    return y * tf.sigmoid(tf.constant(1.7) * y, name="fc/Sigmoid")


def by_no_more(tf: Any, y: Any) -> Any:
    return y - tf.sigmoid(y + 0.0, name="fc/Sigmoid")


TAKEN_TWICE: dict[Callable[[Any, Any], Any], list[str]] = {
    by_a_factor_of_one: ["Dense", "Activation"],
    by_another_name: ["Dense", "Activation", "Add"],
    by_another_factor: ["Dense", "Rescaling", "Activation", "Multiply"],
    by_no_more: ["Dense", "Activation", "Subtract"],
}


@pytest.mark.parametrize("make", TAKEN_TWICE, ids=lambda make: make.__name__)
def test_an_activation_of_what_others_take_too_stays_its_own(
    make: Callable[[Any, Any], Any],
) -> None:
    def build(tf: Any, x: Any) -> Any:
        made = tf.matmul(x, weight(4, 3), name="fc/MatMul")
        return make(tf, tf.nn.bias_add(made, weight(3), name="fc/BiasAdd"))

    reading = judged(of_one((None, 4), build))
    assert kinds(reading) == TAKEN_TWICE[make]
    assert list(reading.graph)[1].params["activation"] == "linear"


WANTED: dict[str, tuple[Callable[[Any, Any], Any], list[int | None], tuple[int, ...]]] = {
    "rows": (lambda tf, x: tf.matmul(x, weight(4, 3)), [4], (2, 4)),
    "turned rows": (lambda tf, x: tf.matmul(x, weight(3, 4), transpose_b=True), [4], (2, 4)),
    "image": (
        lambda tf, x: tf.nn.conv2d(x, weight(3, 3, 4, 2), 1, "SAME"),
        [None, None, 4],
        (2, 5, 6, 4),
    ),
}


@pytest.mark.parametrize("name", WANTED)
def test_an_input_without_a_shape_gets_one_from_what_takes_it(name: str) -> None:
    make, shape, size = WANTED[name]

    def build(tf: Any) -> Any:
        x = tf.compat.v1.placeholder(tf.float32, None, name="x")
        return {}, [tf.nn.relu(make(tf, x))]

    definition, _, outputs = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert [item.code for item in reading.diagnostics] == ["tensorflow.no_shape"]
    given = next(item for item in reading.graph if item.type == "InputLayer")
    assert given.params["shape"] == shape
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    tensor = CHANCE.normal(size=size).astype("float32")
    found = computed(reading.graph, reading.weights or {}, [tensor])
    assert largest_difference(found, run_graph(definition, {"x": tensor}, outputs)) < 1e-5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int8", "uint16", "bool"])
def test_numbers_of_every_type(dtype: str) -> None:
    def build(tf: Any, x: Any) -> Any:
        many = tf.cast(tf.constant(np.array([1, 0, 1, 1])), dtype)
        # TensorFlow writes a constant of equal values as one of them.
        known = tf.constant(tf.get_static_value(many), tf.as_dtype(dtype))
        same = tf.constant(1, tf.as_dtype(dtype), [4]) if dtype != "bool" else known
        return tf.nn.relu(x * tf.cast(known, tf.float32) + tf.cast(same, tf.float32))

    assert kinds(judged(of_one((None, 4), build))) == ["Scale", "Bias", "ReLU"]
