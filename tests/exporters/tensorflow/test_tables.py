"""Tables, bounds, roots and quotients, and normalizations that are made of them: as the layers they
stand for, with TensorFlow's own numbers, and written to TensorFlow again.
"""

from __future__ import annotations

from typing import Any

import pytest

from exporters.format import read
from tests.exporters.tensorflow.graphs import (
    IMAGE,
    ROW,
    STEPS,
    Case,
    each,
    graph_of,
    is_written_alike,
    of_one,
    positive,
    weight,
)

pytestmark = pytest.mark.keras


def first(tf: Any, x: Any) -> Any:
    """An image whose channels come first from here on."""
    return tf.transpose(x, [0, 3, 1, 2])


def grouped(tf: Any, x: Any) -> Any:
    """Group normalization by hand."""
    groups = tf.reshape(x, [-1, 6, 8, 2, 2])
    mean, variance = tf.nn.moments(groups, [1, 2, 4], keepdims=True)
    made = (groups - mean) * tf.math.rsqrt(variance + 1e-5)
    return tf.reshape(made, [-1, 6, 8, 4]) * positive(4) + weight(4)


def grouped_at_once(tf: Any, x: Any, *learnt: int) -> Any:
    """Group normalization as Keras 3 has it."""
    groups = tf.reshape(x, [-1, 6, 8, 2, 2])
    mean, variance = tf.nn.moments(groups, [1, 2, 4], keepdims=True)
    parts = (weight(*learnt), positive(*learnt)) if learnt else (None, None)
    made = tf.nn.batch_normalization(groups, mean, variance, *parts, 1e-3)
    return tf.reshape(made, [-1, 6, 8, 4])


def looking_back(tf: Any, x: Any) -> Any:
    """Attention to what comes before, as GPT-2 masks it."""
    scores = tf.matmul(x, x, transpose_b=True)
    mask = tf.cast(tf.range(6)[:, None] >= tf.range(6), tf.float32)
    return tf.nn.softmax(scores * mask - 1e4 * (1.0 - mask))


def stable(tf: Any, x: Any) -> Any:
    """A softmax by hand."""
    raised = tf.exp(x - tf.reduce_max(x, -1, keepdims=True))
    return raised / tf.reduce_sum(raised, -1, keepdims=True)


NUMBERS: list[Case] = [
    ("positions", STEPS, "Bias", lambda tf, x: x + weight(6, 4)),
    ("positions taken away", STEPS, "Bias", lambda tf, x: x - weight(1, 6, 4)),
    ("a mask", IMAGE, "Scale", lambda tf, x: x * positive(6, 8, 1)),
    ("rows and channels", IMAGE, "Scale", lambda tf, x: x / positive(6, 1, 4)),
    (
        "positions of exchanged axes",
        IMAGE,
        "Bias ReLU Permute",
        lambda tf, x: tf.nn.relu(first(tf, x) + weight(4, 6, 1)),
    ),
    ("what comes before", STEPS, "Einsum Scale Bias Softmax", looking_back),
    ("no less", ROW, "Rescaling ReLU Rescaling", lambda tf, x: tf.maximum(x, 0.5)),
    ("no more", ROW, "ReLU", lambda tf, x: tf.minimum(x, 0.5)),
    ("no more than much", ROW, "ReLU", lambda tf, x: tf.minimum(x, 1e12)),
    ("no more than little", ROW, "Rescaling ReLU Rescaling", lambda tf, x: tf.minimum(x, -0.5)),
    ("no less than little", ROW, "Rescaling ReLU Rescaling", lambda tf, x: tf.maximum(x, -1e12)),
    (
        "between much",
        ROW,
        "ReLU Rescaling ReLU Rescaling",
        lambda tf, x: tf.clip_by_value(x, -1e9, 1e9),
    ),
    (
        "length 1, as Keras 3 has it",
        STEPS,
        "UnitNormalization",
        lambda tf, x: (
            x * tf.minimum(tf.math.rsqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True)), 1e12)
        ),
    ),
    (
        "length 1 of a root",
        STEPS,
        "Power Reduction Reshape Power Rescaling ReLU Rescaling Power Multiply",
        lambda tf, x: (
            x / tf.maximum(tf.sqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True)), 1e-12)
        ),
    ),
    ("the negative part", ROW, "Rescaling ReLU Rescaling", lambda tf, x: tf.minimum(x, 0.0)),
    ("between", ROW, "Rescaling ReLU Rescaling", lambda tf, x: tf.clip_by_value(x, -0.5, 0.2)),
    ("between ones", ROW, "Activation", lambda tf, x: tf.clip_by_value(x, -1.0, 1.0)),
    ("from nought on", ROW, "ReLU", lambda tf, x: tf.clip_by_value(x, 0.0, 1.0)),
    (
        "from below",
        ROW,
        "Rescaling ReLU Rescaling",
        lambda tf, x: tf.minimum(tf.maximum(x, -0.5), 0.2),
    ),
    (
        "bounds the wrong way round",
        ROW,
        "ReLU Rescaling ReLU Rescaling",
        lambda tf, x: tf.maximum(tf.minimum(x, 0.2), 0.5),
    ),
    (
        "in one operation",
        ROW,
        "Rescaling ReLU Rescaling",
        lambda tf, x: tf.raw_ops.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=0.2),
    ),
    ("root", ROW, "AbsVal Power", lambda tf, x: tf.sqrt(tf.abs(x))),
    ("inverse", ROW, "AbsVal Rescaling Power", lambda tf, x: tf.math.reciprocal(tf.abs(x) + 1.0)),
    (
        "a number by a tensor",
        ROW,
        "AbsVal Rescaling Power Rescaling",
        lambda tf, x: 2.0 / (tf.abs(x) + 1.0),
    ),
    ("by a tensor", ROW, "AbsVal Rescaling Power Multiply", lambda tf, x: x / (tf.abs(x) + 1.0)),
    (
        "squared difference",
        ROW,
        "Activation Subtract Power",
        lambda tf, x: tf.math.squared_difference(x, tf.tanh(x)),
    ),
    ("squared distance", ROW, "Bias Power", lambda tf, x: tf.math.squared_difference(x, weight(4))),
    (
        "softmax by hand",
        ROW,
        "Reshape GlobalMaxPooling1D Subtract Activation Reduction Reshape Power Multiply",
        stable,
    ),
    (
        "grouped",
        IMAGE,
        "Reshape Permute Reduction Reshape Subtract Subtract Power"
        " Permute Reduction Reshape Rescaling Power Multiply Reshape Scale Bias",
        grouped,
    ),
    (
        "grouped at once",
        IMAGE,
        "Reshape Reshape GroupNormalization Reshape Reshape",
        lambda tf, x: grouped_at_once(tf, x, 1, 1, 1, 2, 2),
    ),
    (
        "grouped at once, with nothing learnt",
        IMAGE,
        "Reshape Reshape GroupNormalization Reshape Reshape",
        grouped_at_once,
    ),
    (
        "largest channel",
        IMAGE,
        "Permute Reshape GlobalMaxPooling1D Reshape",
        lambda tf, x: tf.reduce_max(x, -1, keepdims=True),
    ),
    (
        "largest of all",
        STEPS,
        "Reshape GlobalMaxPooling1D Reshape",
        lambda tf, x: tf.reduce_max(x, [1, 2], True),
    ),
    (
        "largest of pairs",
        IMAGE,
        "Reshape Permute Reshape GlobalMaxPooling1D Reshape",
        lambda tf, x: tf.reduce_max(tf.reshape(x, [-1, 6, 8, 2, 2]), -1),
    ),
    (
        "largest row of exchanged axes",
        IMAGE,
        "Reshape GlobalMaxPooling1D Reshape ReLU Permute",
        lambda tf, x: tf.nn.relu(tf.reduce_max(first(tf, x), 2)),
    ),
    (
        "largest and where",
        IMAGE,
        "MaxPooling2D",
        lambda tf, x: tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")[0],
    ),
    ("smooth", IMAGE, "Resizing", lambda tf, x: tf.image.resize(x, [9, 11], "bicubic")),
    (
        "BERT's gelu",
        ROW,
        "Activation",
        lambda tf, x: x * (0.5 * (1.0 + tf.math.erf(x / tf.sqrt(2.0)))),
    ),
    (
        "a kernel of length 1",
        ROW,
        "Dense",
        lambda tf, x: tf.matmul(x, tf.nn.l2_normalize(tf.constant(weight(4, 3)), 0)),
    ),
    (
        "a kernel less its mean",
        ROW,
        "Dense",
        lambda tf, x: tf.matmul(x, weight(4, 3) - tf.reduce_mean(tf.constant(weight(4, 3)), 0)),
    ),
    (
        "a kernel by its sum",
        ROW,
        "Dense",
        lambda tf, x: tf.matmul(
            x, weight(4, 3) / tf.reduce_sum(tf.constant(positive(4, 3)), 1, keepdims=True)
        ),
    ),
]


@each(NUMBERS)
def test_an_operation_computes_the_same_here_and_there(case: Case) -> None:
    is_written_alike(case)


def test_a_number_for_each_group_is_no_group_normalization() -> None:
    build = of_one(IMAGE, lambda tf, x: grouped_at_once(tf, x, 1, 1, 1, 2, 1))
    definition, _, _ = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert "tf.LayerNormalization" in {item.type for item in reading.graph}
