"""Products of tensors and sums along axes, held to TensorFlow's numbers; and what stays as it is
because no layer computes it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exporters.tensorflow.graphs import (
    IMAGE,
    ROW,
    STEPS,
    Case,
    each,
    is_computed_alike,
    is_kept,
    weight,
)

pytestmark = pytest.mark.keras

HEADS = (None, 5, 2, 3)


def attention(tf: Any, x: Any) -> Any:
    """Scores of every step for every step, by hand."""
    weights = tf.nn.softmax(tf.matmul(x, tf.nn.relu(x), transpose_b=True) / 2.0)
    return tf.matmul(weights, x)


def heads(tf: Any, x: Any) -> Any:
    """As MultiHeadAttention of Keras 2 computes it."""

    def projected(name: str) -> Any:
        made = tf.einsum("abc,cde->abde", x, weight(4, 2, 3), name=f"{name}/einsum/Einsum")
        return tf.add(made, weight(2, 3), name=f"{name}/add")

    query, key, value = (projected(name) for name in ("query", "key", "value"))
    scores = tf.nn.softmax(tf.einsum("aecd,abcd->acbe", key, query * 0.5))
    mixed = tf.einsum("acbe,aecd->abcd", scores, value)
    return tf.einsum("abcd,cde->abe", mixed, weight(2, 3, 5)) + weight(5)


def causal(tf: Any, x: Any) -> Any:
    return tf.nn.conv1d(
        tf.pad(x, [[0, 0], [4, 0], [0, 0]]), weight(3, 4, 5), 1, "VALID", dilations=2
    )


def dilated(tf: Any, x: Any, pads: list[int], crops: tuple[int, int] = (0, 0)) -> Any:
    """As TensorFlow 1 dilates one dimension: the axis is put in between."""
    y = tf.compat.v1.space_to_batch_nd(x, [2], [pads])
    y = tf.nn.conv2d(tf.expand_dims(y, 1), weight(1, 3, 4, 5), 1, "VALID")
    return tf.compat.v1.batch_to_space_nd(tf.squeeze(y, [1]), [2], [crops])


CASES: list[Case] = [
    ("attention", STEPS, "ReLU Einsum Rescaling Softmax Einsum", attention),
    (
        "heads",
        STEPS,
        "EinsumDense EinsumDense Rescaling Einsum Softmax EinsumDense Einsum EinsumDense",
        heads,
    ),
    ("columns", STEPS, "ReLU Einsum", lambda tf, x: tf.matmul(x, tf.nn.relu(x), adjoint_a=True)),
    (
        "in another order",
        HEADS,
        "ReLU Einsum",
        lambda tf, x: tf.matmul(
            tf.transpose(x, [0, 2, 1, 3]), tf.transpose(tf.nn.relu(x), [0, 2, 3, 1])
        ),
    ),
    (
        "a bias in two of three axes",
        STEPS,
        "EinsumDense",
        lambda tf, x: tf.einsum("abc,cde->abde", x, weight(4, 2, 3)) + weight(2, 3),
    ),
    (
        "a bias of each step",
        STEPS,
        "EinsumDense",
        lambda tf, x: tf.einsum("abc,cd->abd", x, weight(4, 3)) + weight(6, 3),
    ),
    ("sum", STEPS, "Reduction", lambda tf, x: tf.reduce_sum(x, -1)),
    ("sum of all", STEPS, "Reduction", lambda tf, x: tf.reduce_sum(x, [1, 2])),
    ("mean", IMAGE, "Reduction", lambda tf, x: tf.reduce_mean(x, [3])),
    (
        "less its mean",
        ROW,
        "Reduction Reshape Subtract",
        lambda tf, x: x - tf.reduce_mean(x, 1, keepdims=True),
    ),
    ("sum of steps", STEPS, "Permute Reduction", lambda tf, x: tf.reduce_sum(x, 1)),
    (
        "mean of heights",
        IMAGE,
        "Permute Reduction Reshape",
        lambda tf, x: tf.reduce_mean(x, 1, keepdims=True),
    ),
    (
        "sum of exchanged axes",
        IMAGE,
        "Permute Reduction ReLU Permute",
        lambda tf, x: tf.nn.relu(tf.reduce_sum(tf.transpose(x, [0, 3, 1, 2]), 2)),
    ),
    ("first step", STEPS, "Cropping1D Reshape", lambda tf, x: x[:, 0]),
    ("last step", STEPS, "Cropping1D Reshape", lambda tf, x: x[:, -1, :]),
    ("only step", (None, 1, 4), "Reshape", lambda tf, x: x[:, 0]),
    ("a channel", IMAGE, "Slice Reshape", lambda tf, x: x[:, :, :, 2]),
    ("the first channel", IMAGE, "Slice Reshape", lambda tf, x: x[:, :, :, 0]),
    ("a row", (None, 6, None, 4), "Slice Reshape", lambda tf, x: x[:, 1]),
    ("a step by number", STEPS, "Cropping1D Reshape", lambda tf, x: tf.gather(x, 4, axis=1)),
    (
        "a step of exchanged axes",
        STEPS,
        "Cropping1D Reshape",
        lambda tf, x: tf.gather(tf.transpose(x, [1, 0, 2]), 5),
    ),
    (
        "some of all steps",
        STEPS,
        "Cropping1D Reshape Cropping1D Reshape Add",
        lambda tf, x: tf.unstack(x, axis=1)[1] + tf.unstack(x, axis=1)[5],
    ),
    ("limited", ROW, "ReLU", lambda tf, x: tf.minimum(tf.maximum(x, 0.0), 0.5)),
    ("length 1", STEPS, "UnitNormalization", lambda tf, x: tf.nn.l2_normalize(x, -1)),
    ("length 1 along steps", STEPS, "UnitNormalization", lambda tf, x: tf.nn.l2_normalize(x, 1)),
    ("dilated", STEPS, "Conv1D", lambda tf, x: dilated(tf, x, [0, 0])),
    ("dilated, same", STEPS, "Conv1D", lambda tf, x: dilated(tf, x, [2, 2])),
    ("dilated, filled up", (None, 7, 4), "Conv1D", lambda tf, x: dilated(tf, x, [0, 1], (0, 1))),
    (
        "dilated, filled up, same",
        (None, 7, 4),
        "Conv1D",
        lambda tf, x: dilated(tf, x, [2, 3], (0, 1)),
    ),
    ("causal", STEPS, "ZeroPadding1D Conv1D", causal),
    (
        "softmax of rows",
        STEPS,
        "Dense Softmax",
        lambda tf, x: tf.reshape(
            tf.nn.softmax(tf.matmul(tf.reshape(x, [-1, 4]), weight(4, 3))), [-1, 6, 3]
        ),
    ),
]


@each(CASES)
def test_an_operation_computes_the_same_here(case: Case) -> None:
    is_computed_alike(case)


KEPT: list[Case] = [
    ("batches", STEPS, "Einsum", lambda tf, x: tf.einsum("abc,abd->cd", x, x)),
    (
        "a batch in the kernel",
        STEPS,
        "Einsum",
        lambda tf, x: tf.einsum("abc,ad->abc", x, weight(2, 3)),
    ),
    ("kernel first", STEPS, "Einsum", lambda tf, x: tf.einsum("cd,abc->abd", weight(4, 3), x)),
    ("dilated, cut", STEPS, "BatchToSpaceND", lambda tf, x: dilated(tf, x, [2, 2], (1, 1))),
    ("sum of batches", STEPS, "Sum", lambda tf, x: tf.reduce_sum(x, [0, 2])),
    ("steps of one batch", (3, 6, 4), "StridedSlice", lambda tf, x: x[1]),
    ("a number of each row", ROW, "StridedSlice", lambda tf, x: x[:, 1]),
    ("the last of unknown steps", (None, None, 4), "StridedSlice", lambda tf, x: x[:, -1]),
    ("all of a batch", (3, 6, 4), "Unpack", lambda tf, x: tf.unstack(x)[0]),
    (
        "length 1 of two axes",
        STEPS,
        "UnitNormalization",
        lambda tf, x: tf.nn.l2_normalize(x, [1, 2]),
    ),
    (
        "a stack of one",
        (2, 3, 4, 4),
        "BatchMatMulV2",
        lambda tf, x: tf.matmul(x, tf.nn.relu(x)[:, :1]),
    ),
]


@each(KEPT)
def test_what_no_layer_computes_is_kept(case: Case) -> None:
    is_kept(case)
