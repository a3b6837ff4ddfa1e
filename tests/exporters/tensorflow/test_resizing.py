"""Images resized by TensorFlow, of every age: as layers, with TensorFlow's own numbers."""

from __future__ import annotations

import pytest

from tests.exporters.tensorflow.graphs import IMAGE, Case, each, is_computed_alike

pytestmark = pytest.mark.keras

RESIZED: list[Case] = [
    (
        "nearest",
        IMAGE,
        "UpSampling2D",
        lambda tf, x: tf.compat.v1.image.resize_nearest_neighbor(x, [12, 24]),
    ),
    ("bilinear", IMAGE, "UpSampling2D", lambda tf, x: tf.image.resize(x, [12, 16])),
    (
        "twice its size",
        (None, None, None, 4),
        "UpSampling2D",
        lambda tf, x: tf.raw_ops.ResizeBilinear(
            images=x, size=tf.shape(x)[1:3] * tf.constant([2, 3]), half_pixel_centers=True
        ),
    ),
    ("another size", IMAGE, "Resizing", lambda tf, x: tf.image.resize(x, [9, 5])),
    (
        "another size by corners",
        IMAGE,
        "Interpolation2D",
        lambda tf, x: tf.compat.v1.image.resize_bilinear(x, [9, 5], align_corners=True),
    ),
    (
        "twice its size by origins",
        IMAGE,
        "Interpolation2D",
        lambda tf, x: tf.compat.v1.image.resize_bilinear(x, [12, 16]),
    ),
    (
        "nearest by corners",
        IMAGE,
        "Interpolation2D",
        lambda tf, x: tf.compat.v1.image.resize_nearest_neighbor(x, [11, 5], align_corners=True),
    ),
    (
        "nearest by origins",
        IMAGE,
        "Interpolation2D",
        lambda tf, x: tf.compat.v1.image.resize_nearest_neighbor(x, [9, 5]),
    ),
    (
        "twice its size by corners, whatever that is",
        (None, None, None, 4),
        "Interpolation2D",
        lambda tf, x: tf.raw_ops.ResizeBilinear(
            images=x, size=tf.shape(x)[1:3] * tf.constant([2, 3]), align_corners=True
        ),
    ),
    ("the same size", IMAGE, "ReLU", lambda tf, x: tf.nn.relu(tf.image.resize(x, [6, 8]))),
]


@each(RESIZED)
def test_an_image_is_resized_alike(case: Case) -> None:
    is_computed_alike(case)
