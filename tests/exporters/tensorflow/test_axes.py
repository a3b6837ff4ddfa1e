"""Places along axes and borders: as the layers they stand for, with TensorFlow's own numbers, and
written to TensorFlow again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporters.format import read
from exporters.weights import Array
from tests.exporters.judging import computed
from tests.exporters.tensorflow.graphs import (
    IMAGE,
    ROW,
    STEPS,
    Case,
    each,
    graph_of,
    is_kept,
    is_written_alike,
    of_one,
    weight,
)
from tests.exporters.tensorflow.running import largest_difference

pytestmark = pytest.mark.keras

FIRST = (None, 4, 6, 8)


def first(tf: Any, x: Any) -> Any:
    """An image whose channels come first from here on."""
    return tf.transpose(x, [0, 3, 1, 2])


PLACES: list[Case] = [
    ("features", ROW, "Slice Activation", lambda tf, x: x[:, 1:3]),
    ("channels", IMAGE, "Slice Activation", lambda tf, x: x[..., 1:3]),
    ("steps and features", STEPS, "Cropping1D Slice Activation", lambda tf, x: x[:, 1:4, :2]),
    ("every other place", IMAGE, "MaxPooling2D MaxPooling2D", lambda tf, x: x[:, ::2, ::2]),
    ("every third step", STEPS, "Cropping1D MaxPooling1D", lambda tf, x: x[:, 1:5:3]),
    ("every other feature", STEPS, "Slice Concatenate", lambda tf, x: x[..., ::2]),
    ("by sizes", STEPS, "Cropping1D", lambda tf, x: tf.slice(x, [0, 1, 0], [-1, 3, 4])),
    (
        "features by sizes",
        ROW,
        "Slice ReLU",
        lambda tf, x: tf.nn.relu(tf.slice(x, [0, 1], [-1, 2])),
    ),
    (
        "known, by sizes",
        STEPS,
        "Bias",
        lambda tf, x: x + tf.slice(tf.constant(weight(20, 4)), [3, 0], [6, -1]),
    ),
    ("from the end", STEPS, "Slice Concatenate", lambda tf, x: x[:, ::-1]),
    ("turned", IMAGE, "Slice Concatenate", lambda tf, x: tf.reverse(x, [3])),
    ("an axis more", STEPS, "Reshape", lambda tf, x: x[:, None]),
    ("an axis more behind", ROW, "Reshape", lambda tf, x: x[..., None]),
    ("two places", IMAGE, "Cropping2D Reshape", lambda tf, x: x[:, 1, 2]),
    ("the last of two axes", IMAGE, "Cropping2D Reshape", lambda tf, x: x[:, -1, -1]),
    ("a step and fewer features", STEPS, "Cropping1D Slice Reshape", lambda tf, x: x[:, 1, :2]),
    ("a channel", IMAGE, "Slice Reshape", lambda tf, x: x[..., 2]),
    ("an axis less and one more", STEPS, "Cropping1D Reshape", lambda tf, x: x[:, 2, None]),
    (
        "rows of exchanged axes",
        IMAGE,
        "Cropping2D ReLU Permute",
        lambda tf, x: tf.nn.relu(first(tf, x)[:, :, 1:5]),
    ),
    (
        "a row of exchanged axes, no channels",
        IMAGE,
        "Cropping2D Slice Reshape ReLU Permute",
        lambda tf, x: tf.nn.relu(first(tf, x)[:, 1:3, 2]),
    ),
    ("chosen features", ROW, "Slice Concatenate", lambda tf, x: tf.gather(x, [2, 0, 1], axis=1)),
    (
        "mirrored",
        IMAGE,
        "Slice Concatenate Slice Concatenate",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [2, 0], [0, 0]], "REFLECT"),
    ),
    (
        "mirrored with the edge",
        STEPS,
        "Slice Concatenate",
        lambda tf, x: tf.pad(x, [[0, 0], [2, 3], [0, 0]], "SYMMETRIC"),
    ),
    (
        "stacked",
        ROW,
        "Activation Reshape Reshape Concatenate",
        lambda tf, x: tf.stack([x, tf.tanh(x)], 1),
    ),
    (
        "stacked last",
        STEPS,
        "Activation Reshape Reshape Concatenate",
        lambda tf, x: tf.stack([x, tf.tanh(x)], -1),
    ),
    (
        "stacked before samples",
        ROW,
        "Activation Reshape Reshape Concatenate",
        lambda tf, x: tf.transpose(tf.stack([x, tf.tanh(x)]), [1, 0, 2]),
    ),
    ("stacked alone", ROW, "Reshape", lambda tf, x: tf.stack([x], 1)),
    ("repeated", ROW, "Tile", lambda tf, x: tf.tile(x, [1, 3])),
    ("repeated twice", STEPS, "Tile Tile", lambda tf, x: tf.tile(x, [1, 2, 3])),
    ("as long", (2, 1, 4), "Tile", lambda tf, x: tf.broadcast_to(x, [2, 5, 4])),
    (
        "places of channels",
        IMAGE,
        "Reshape Permute Reshape",
        lambda tf, x: tf.nn.depth_to_space(x, 2),
    ),
    (
        "channels of places",
        IMAGE,
        "Reshape Permute Reshape",
        lambda tf, x: tf.nn.space_to_depth(x, 2),
    ),
    (
        "channels padded",
        IMAGE,
        "Permute ZeroPadding2D Permute",
        lambda tf, x: tf.pad(x, [[0, 0]] * 3 + [[1, 2]]),
    ),
    (
        "all padded",
        STEPS,
        "ZeroPadding1D Permute ZeroPadding1D Permute",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 0], [0, 2]]),
    ),
    (
        "features padded",
        ROW,
        "Reshape ZeroPadding1D Reshape",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 2]]),
    ),
    (
        "padded by ones",
        STEPS,
        "Rescaling ZeroPadding1D Rescaling",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 1], [0, 0]], constant_values=1.0),
    ),
]


@each(PLACES)
def test_an_operation_computes_the_same_here_and_there(case: Case) -> None:
    is_written_alike(case)


@pytest.mark.parametrize("count", [10**12, 2000])
def test_places_of_a_huge_axis_cost_nothing(count: int) -> None:
    def build(tf: Any) -> Any:
        x = tf.compat.v1.placeholder(tf.float32, [None, count, count], name="x")
        border = [[0, 0], [9, 9], [0, 0]]
        made = [x[:, 1:, ::-1], x[:, 5:4:-1, -2:0:-1], tf.pad(x, border, "REFLECT")]
        return {}, [tf.nn.relu(item) for item in made]

    definition, _, _ = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert "tf.StridedSlice" in {item.type for item in reading.graph}


def test_places_of_channels_that_come_first() -> None:
    """The processor has no such operation, so NumPy judges."""

    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(tf.nn.depth_to_space(x, 2, data_format="NCHW"))

    definition, fed, _ = graph_of(of_one(FIRST, build))
    reading = read(definition.SerializeToString(), "graph.pb")
    (given,) = fed.values()
    blocks: Array = given.reshape(-1, 2, 2, 1, 6, 8).transpose(0, 3, 4, 1, 5, 2)
    wanted = np.maximum(blocks.reshape(-1, 1, 12, 16), 0)
    found = computed(reading.graph, reading.weights or {}, [given])
    assert largest_difference(found, [wanted]) == 0


KEPT: list[Case] = [
    ("samples by sizes", (3, 6, 4), "Slice", lambda tf, x: tf.slice(x, [1, 0, 0], [2, -1, -1])),
    (
        "what a size decides",
        (None, None, 4),
        "Mul",
        lambda tf, x: x * tf.cast(tf.shape(x)[1] > 3, tf.float32),
    ),
    ("samples turned", (3, 6, 4), "ReverseV2", lambda tf, x: tf.reverse(x, [0])),
    ("samples by number", (3, 6, 4), "GatherV2", lambda tf, x: tf.gather(x, [1, 0])),
    ("samples repeated", ROW, "Tile", lambda tf, x: tf.tile(x, [2, 1])),
    ("every other sample", (4, 6), "StridedSlice", lambda tf, x: x[::2]),
    ("an axis before samples", ROW, "StridedSlice", lambda tf, x: x[None]),
    ("nothing", STEPS, "StridedSlice", lambda tf, x: x[:, 4:2]),
    ("largest samples", (3, 6, 4), "Max", lambda tf, x: tf.reduce_max(x, [0, 1])),
    ("largest of each row", ROW, "Max", lambda tf, x: tf.reduce_max(x, 1)),
    (
        "of unknown places",
        (None, None, None, 4),
        "DepthToSpace",
        lambda tf, x: tf.nn.depth_to_space(x, 2),
    ),
    (
        "mirrored, of unknown steps",
        (None, None, 4),
        "MirrorPad",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 1], [0, 0]], "REFLECT"),
    ),
    ("a table of samples", (3, 4), "AddV2", lambda tf, x: x + weight(3, 4)),
    ("less a table", STEPS, "Sub", lambda tf, x: weight(6, 4) - x),
    (
        "lowest numbers around",
        STEPS,
        "PadV2",
        lambda tf, x: tf.pad(x, [[0, 0], [1, 1], [0, 0]], constant_values=-99.0),
    ),
    (
        "smooth by origins",
        IMAGE,
        "ResizeBicubic",
        lambda tf, x: tf.compat.v1.image.resize_bicubic(x, [9, 9]),
    ),
    (
        "stacked with numbers",
        (2, 4),
        "Pack",
        lambda tf, x: tf.stack([x, tf.constant(weight(2, 4))], 1),
    ),
    (
        "no bounds",
        ROW,
        "ClipByValue",
        lambda tf, x: tf.raw_ops.ClipByValue(t=x, clip_value_min=0.5, clip_value_max=0.5),
    ),
    (
        "places of the largest",
        IMAGE,
        "MaxPoolWithArgmax",
        lambda tf, x: tf.cast(tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")[1], tf.float32),
    ),
]


@each(KEPT)
def test_what_no_layer_computes_is_kept(case: Case) -> None:
    is_kept(case)
