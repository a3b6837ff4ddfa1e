"""Every operation that is read, in a small graph of TensorFlow's: as the layers it stands for, with
TensorFlow's own numbers; or as it is where no layer computes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import read
from layers.layer import LAYERS
from tests.exporters.tensorflow.graphs import (
    IMAGE,
    ROW,
    STEPS,
    Case,
    graph_of,
    judged,
    of_one,
    positive,
    weight,
)

pytestmark = pytest.mark.keras

FIRST = (None, 4, 6, 8)
VOLUME = (None, 4, 5, 6, 3)

POINTWISE: list[Case] = [
    ("relu", ROW, "ReLU", lambda tf, x: tf.nn.relu(x)),
    ("relu6", ROW, "Activation", lambda tf, x: tf.nn.relu6(x)),
    ("elu", ROW, "Activation", lambda tf, x: tf.nn.elu(x)),
    ("selu", ROW, "Activation", lambda tf, x: tf.nn.selu(x)),
    ("sigmoid", ROW, "Activation", lambda tf, x: tf.sigmoid(x)),
    ("tanh", ROW, "Activation", lambda tf, x: tf.tanh(x)),
    ("softplus", ROW, "Activation", lambda tf, x: tf.nn.softplus(x)),
    ("softsign", ROW, "Activation", lambda tf, x: tf.nn.softsign(x)),
    ("exp", ROW, "Activation", lambda tf, x: tf.exp(x)),
    ("log", ROW, "AbsVal Rescaling Log", lambda tf, x: tf.math.log(tf.abs(x) + 1.0)),
    ("negative", ROW, "Rescaling", lambda tf, x: -x),
    ("square", ROW, "Power", lambda tf, x: tf.square(x)),
    ("softmax", ROW, "Softmax", lambda tf, x: tf.nn.softmax(x)),
    ("log_softmax", ROW, "Activation", lambda tf, x: tf.nn.log_softmax(x)),
    ("leaky", ROW, "LeakyReLU", lambda tf, x: tf.nn.leaky_relu(x)),
    ("leaky by maximum", ROW, "LeakyReLU", lambda tf, x: tf.maximum(x, 0.1 * x)),
    ("swish", ROW, "Activation", lambda tf, x: x * tf.sigmoid(x)),
    ("gelu", ROW, "Activation", lambda tf, x: tf.nn.gelu(x)),
    (
        "gelu by erf",
        ROW,
        "Activation",
        lambda tf, x: 0.5 * x * (1.0 + tf.math.erf(x / tf.constant(2.0**0.5))),
    ),
    ("relu by maximum", ROW, "ReLU", lambda tf, x: tf.maximum(x, 0.0)),
    (
        "activation in its layer",
        ROW,
        "Dense",
        lambda tf, x: tf.nn.softmax(
            tf.matmul(x, weight(4, 3), name="fc/MatMul"), name="fc/Softmax"
        ),
    ),
]

ARITHMETIC: list[Case] = [
    ("plus one number", ROW, "Rescaling", lambda tf, x: x + 2.0),
    ("minus one number", ROW, "Rescaling", lambda tf, x: x - 2.0),
    ("one number minus", ROW, "Rescaling", lambda tf, x: 2.0 - x),
    ("times one number", ROW, "Rescaling", lambda tf, x: 3.0 * x),
    ("by one number", ROW, "Rescaling", lambda tf, x: x / 4.0),
    ("plus nothing", ROW, "ReLU", lambda tf, x: tf.nn.relu(x + 0.0)),
    ("cubed", ROW, "Power", lambda tf, x: x**3),
    ("by channels", ROW, "Scale", lambda tf, x: x / positive(4)),
    ("minus channels", ROW, "Bias", lambda tf, x: x - weight(4)),
    ("plus channels", STEPS, "Bias", lambda tf, x: weight(1, 1, 4) + x),
    ("plus steps", STEPS, "Bias", lambda tf, x: x + weight(6, 1)),
    ("times steps", STEPS, "Scale", lambda tf, x: x * weight(6, 1)),
    (
        "bias by subtraction",
        ROW,
        "Dense",
        lambda tf, x: tf.matmul(x, weight(4, 3)) - weight(3),
    ),
    ("bias of one", ROW, "Dense", lambda tf, x: tf.matmul(x, weight(4, 1)) + weight(1)),
    ("bias alone", IMAGE, "Bias", lambda tf, x: tf.nn.bias_add(x, weight(4))),
    (
        "bias alone, channels first",
        FIRST,
        "Permute Bias Permute",
        lambda tf, x: tf.nn.bias_add(x, weight(4), data_format="NCHW"),
    ),
    ("sum", ROW, "Activation Add", lambda tf, x: x + tf.tanh(x)),
    (
        "sum of three",
        ROW,
        "Activation Activation Add",
        lambda tf, x: tf.add_n([x, tf.tanh(x), tf.sigmoid(x)]),
    ),
    ("sum of one", ROW, "ReLU", lambda tf, x: tf.nn.relu(tf.raw_ops.AddN(inputs=[x]))),
    ("difference", ROW, "Activation Subtract", lambda tf, x: x - tf.tanh(x)),
    ("product", ROW, "Activation Multiply", lambda tf, x: x * tf.tanh(x)),
    ("larger", ROW, "Activation Maximum", lambda tf, x: tf.maximum(x, tf.tanh(x))),
    ("smaller", ROW, "Activation Minimum", lambda tf, x: tf.minimum(x, tf.tanh(x))),
    (
        "known factors",
        ROW,
        "Scale",
        lambda tf, x: x * tf.sqrt(tf.abs(tf.constant(weight(4))) / 2.0 + tf.constant(0.1)),
    ),
]

WINDOWS: list[Case] = [
    ("max", IMAGE, "MaxPooling2D", lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "VALID")),
    ("mean", IMAGE, "AveragePooling2D", lambda tf, x: tf.nn.avg_pool2d(x, 3, 2, "SAME")),
    ("max of volumes", VOLUME, "MaxPooling3D", lambda tf, x: tf.nn.max_pool3d(x, 2, 2, "SAME")),
    (
        "mean of volumes",
        VOLUME,
        "AveragePooling3D",
        lambda tf, x: tf.nn.avg_pool3d(x, 2, 1, "VALID"),
    ),
    ("max of steps", STEPS, "MaxPooling1D", lambda tf, x: tf.nn.max_pool1d(x, 2, 2, "VALID")),
    ("mean of steps", STEPS, "AveragePooling1D", lambda tf, x: tf.nn.avg_pool1d(x, 3, 1, "SAME")),
    ("mean of an image", IMAGE, "GlobalAveragePooling2D", lambda tf, x: tf.reduce_mean(x, [1, 2])),
    ("max of an image", IMAGE, "GlobalMaxPooling2D", lambda tf, x: tf.reduce_max(x, [1, 2], True)),
    ("max of all steps", STEPS, "GlobalMaxPooling1D", lambda tf, x: tf.reduce_max(x, 1)),
    (
        "mean of a volume",
        VOLUME,
        "GlobalAveragePooling3D",
        lambda tf, x: tf.reduce_mean(x, [1, 2, 3]),
    ),
    (
        "mean, channels first",
        FIRST,
        "Permute MaxPooling2D GlobalAveragePooling2D",
        lambda tf, x: tf.reduce_mean(
            tf.nn.max_pool2d(x, 1, 1, "VALID", data_format="NCHW"), [2, 3]
        ),
    ),
    (
        "convolution of volumes",
        VOLUME,
        "Conv3D",
        lambda tf, x: tf.nn.conv3d(x, weight(2, 3, 2, 3, 4), [1, 1, 2, 1, 1], "SAME"),
    ),
    ("groups", IMAGE, "Conv2D", lambda tf, x: tf.nn.conv2d(x, weight(3, 3, 2, 6), 1, "VALID")),
    (
        "explicit nothing",
        IMAGE,
        "Conv2D",
        lambda tf, x: tf.compat.v1.nn.conv2d(x, weight(3, 3, 4, 6), 1, [[0, 0]] * 4),
    ),
    (
        "transposed volumes",
        (2, 3, 3, 3, 2),
        "Conv3DTranspose",
        lambda tf, x: tf.nn.conv3d_transpose(x, weight(2, 2, 2, 4, 2), [2, 6, 6, 6, 4], 2),
    ),
    (
        "dilated by space in the batch",
        IMAGE,
        "Conv2D",
        lambda tf, x: tf.batch_to_space(
            tf.nn.conv2d(
                tf.space_to_batch(x, [2, 2], [[2, 2], [2, 2]]), weight(3, 3, 4, 2), 1, "VALID"
            ),
            [2, 2],
            [[0, 0], [0, 0]],
        ),
    ),
    (
        "dilated without borders",
        IMAGE,
        "Conv2D",
        lambda tf, x: tf.batch_to_space(
            tf.nn.conv2d(
                tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), weight(3, 3, 4, 2), 1, "VALID"
            ),
            [2, 2],
            [[0, 0], [0, 0]],
        ),
    ),
    ("steps", STEPS, "Conv1D", lambda tf, x: tf.nn.conv1d(x, weight(3, 4, 5), 2, "SAME")),
    ("response", IMAGE, "LRN", lambda tf, x: tf.nn.lrn(x, 2, 1.0, 0.1, 0.75)),
]

SHAPING: list[Case] = [
    ("flat", IMAGE, "Flatten", lambda tf, x: tf.reshape(x, [-1, 192])),
    ("flat by shape", IMAGE, "Flatten", lambda tf, x: tf.reshape(x, [tf.shape(x)[0], -1])),
    ("reshaped", STEPS, "Reshape", lambda tf, x: tf.reshape(x, [-1, 3, 8])),
    (
        "flat by product",
        IMAGE,
        "Flatten",
        lambda tf, x: tf.reshape(x, tf.stack([-1, tf.reduce_prod(tf.shape(x)[1:])])),
    ),
    (
        "flat by sizes",
        STEPS,
        "Flatten",
        lambda tf, x: tf.reshape(x, [-1, tf.size(tf.zeros([6, 4]))]),
    ),
    ("as it was", STEPS, "ReLU", lambda tf, x: tf.nn.relu(tf.reshape(x, tf.shape(x)))),
    ("an axis more", STEPS, "Reshape", lambda tf, x: tf.expand_dims(x, -1)),
    ("an axis less", (None, 6, 1, 4), "Reshape", lambda tf, x: tf.squeeze(x, [2])),
    ("all axes of one less", (2, 6, 1, 4), "Reshape", lambda tf, x: tf.squeeze(x)),
    ("exchanged", STEPS, "Permute", lambda tf, x: tf.transpose(x, [0, 2, 1])),
    (
        "exchanged and back",
        IMAGE,
        "ReLU",
        lambda tf, x: tf.transpose(tf.nn.relu(tf.transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1]),
    ),
    ("joined steps", STEPS, "Activation Concatenate", lambda tf, x: tf.concat([x, tf.tanh(x)], 1)),
    (
        "parts",
        STEPS,
        "Slice Activation Add",
        lambda tf, x: (lambda a, b: a + tf.tanh(b))(*tf.split(x, 2, 1)),
    ),
    (
        "parts of sizes",
        STEPS,
        "Slice Activation Concatenate",
        lambda tf, x: (lambda a, b: tf.concat([tf.tanh(b), a], -1))(*tf.split(x, [1, -1], 2)),
    ),
    ("one part", STEPS, "ReLU", lambda tf, x: tf.nn.relu(tf.split(x, 1, 1)[0])),
    ("padded", STEPS, "ZeroPadding1D", lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 0]])),
    (
        "padded by a number",
        VOLUME,
        "ZeroPadding3D",
        lambda tf, x: tf.raw_ops.PadV2(
            input=x, paddings=[[0, 0], [1, 0], [0, 1], [1, 1], [0, 0]], constant_values=0.0
        ),
    ),
    ("padded by nothing", STEPS, "ReLU", lambda tf, x: tf.nn.relu(tf.pad(x, [[0, 0]] * 3))),
    ("cropped", STEPS, "Cropping1D", lambda tf, x: x[:, 1:-2]),
    ("cropped images", IMAGE, "Cropping2D", lambda tf, x: x[:, 1:5, -6:]),
    ("not cropped", STEPS, "ReLU", lambda tf, x: tf.nn.relu(x[:, 0:6])),
    ("filled", STEPS, "Scale", lambda tf, x: x * tf.fill(tf.stack([4]), 2.0)),
    (
        "range",
        STEPS,
        "Permute",
        lambda tf, x: tf.transpose(x, tf.concat([[0], tf.range(tf.rank(x) - 1, 0, -1)], 0)),
    ),
    ("known rows", STEPS, "Scale", lambda tf, x: x * tf.gather(tf.constant(weight(3, 4)), 1)),
    (
        "known, taken apart",
        STEPS,
        "Scale",
        lambda tf, x: x * tf.split(tf.constant(weight(8)), 2)[1],
    ),
    (
        "known, taken apart unevenly",
        STEPS,
        "Scale",
        lambda tf, x: x * tf.split(tf.constant(weight(6)), [2, 4])[1],
    ),
    (
        "known, cut",
        STEPS,
        "Scale",
        lambda tf, x: x * tf.squeeze(tf.expand_dims(tf.constant(weight(3, 6)), 0)[..., 1, 1:5], 0),
    ),
    (
        "known, turned",
        STEPS,
        "Dense",
        lambda tf, x: tf.reshape(
            tf.matmul(tf.reshape(x, [-1, 4]), tf.transpose(tf.constant(weight(3, 4)))), [-1, 6, 3]
        ),
    ),
]

KEPT: list[Case] = [
    ("tensor to a tensor", ROW, "Pow", lambda tf, x: tf.abs(x) ** x),
    ("tensors of two ranks", STEPS, "AddV2", lambda tf, x: x + tf.reduce_max(x, 1)),
    ("larger than channels", ROW, "Maximum", lambda tf, x: tf.maximum(x, weight(4))),
    ("power by channels", ROW, "Pow", lambda tf, x: tf.abs(x) ** positive(4)),
    ("batches reshaped", STEPS, "Reshape", lambda tf, x: tf.reshape(x, [-1, 3])),
    ("batches exchanged", STEPS, "Transpose", lambda tf, x: tf.transpose(x, [1, 0, 2])),
    ("an axis before batches", ROW, "ExpandDims", lambda tf, x: tf.expand_dims(x, 0)),
    ("batches split", (4, 6), "Split", lambda tf, x: tf.split(x, 2, 0)[0]),
    ("batches padded", ROW, "Pad", lambda tf, x: tf.pad(x, [[1, 0], [0, 0]])),
    ("joined batches", ROW, "ConcatV2", lambda tf, x: tf.concat([x, x], 0)),
    ("joined with numbers", (2, 4), "ConcatV2", lambda tf, x: tf.concat([x, weight(2, 4)], 1)),
    (
        "mean of whole numbers",
        STEPS,
        "Mean",
        lambda tf, x: tf.cast(tf.reduce_mean(tf.cast(x, tf.int32), 1), tf.float32),
    ),
    (
        "mean of known whole numbers",
        ROW,
        "Mul",
        lambda tf, x: x * tf.cast(tf.reduce_mean(tf.constant([1, 2, 4]), 0), tf.float32),
    ),
    ("mean of batches", IMAGE, "Mean", lambda tf, x: tf.reduce_mean(x, [0, 1])),
    (
        "three places more",
        (None, None, None, 4),
        "ResizeBilinear",
        lambda tf, x: tf.compat.v1.image.resize_bilinear(x, tf.shape(x)[1:3] + 3),
    ),
    ("a product of tensors", ROW, "MatMul", lambda tf, x: tf.matmul(x, x, transpose_b=True)),
    (
        "a kernel from the left",
        (4, 4),
        "MatMul",
        lambda tf, x: tf.matmul(tf.constant(weight(3, 4)), x),
    ),
    (
        "transposed first",
        (4, 4),
        "MatMul",
        lambda tf, x: tf.matmul(x, weight(4, 3), transpose_a=True),
    ),
    (
        "computed kernels",
        IMAGE,
        "Conv2D",
        lambda tf, x: tf.nn.conv2d(x, tf.reshape(x[:1, :3, :3, :], [3, 3, 4, 1]), 1, "SAME"),
    ),
    (
        "uneven strides",
        IMAGE,
        "DepthwiseConv2dNative",
        lambda tf, x: tf.raw_ops.DepthwiseConv2dNative(
            input=x, filter=weight(3, 3, 4, 1), strides=[1, 1, 2, 1], padding="SAME"
        ),
    ),
    (
        "an unusual size",
        (2, 4, 4, 3),
        "Conv2DBackpropInput",
        lambda tf, x: tf.nn.conv2d_transpose(x, weight(3, 3, 5, 3), [2, 7, 8, 5], 2, "SAME"),
    ),
    ("to whole numbers", ROW, "Cast", lambda tf, x: tf.cast(x, tf.int32)),
    ("turned", ROW, "Sin", lambda tf, x: tf.sin(x)),
]
"""What no layer computes, or not the way it is written."""


@pytest.mark.parametrize(
    ("shape", "kinds", "make"),
    [
        pytest.param(*case[1:], id=f"{group}-{case[0]}")
        for group, cases in {
            "pointwise": POINTWISE,
            "arithmetic": ARITHMETIC,
            "windows": WINDOWS,
            "shaping": SHAPING,
        }.items()
        for case in cases
    ],
)
def test_an_operation_computes_the_same_here(
    shape: tuple[int | None, ...], kinds: str, make: Callable[[Any, Any], Any]
) -> None:
    reading = judged(of_one(shape, make))
    assert [item.type for item in reading.graph][1:] == kinds.split()


@pytest.mark.parametrize(
    ("shape", "kind", "make"), [pytest.param(*case[1:], id=case[0]) for case in KEPT]
)
def test_what_no_layer_computes_is_kept(
    shape: tuple[int | None, ...], kind: str, make: Callable[[Any, Any], Any]
) -> None:
    definition, _, outputs = graph_of(
        of_one(shape, lambda tf, x: tf.nn.relu(make(tf, tf.nn.relu(x)), name="end"))
    )
    reading = read(definition.SerializeToString(), "graph.pb")
    unknown = [item for item in reading.graph if item.type not in LAYERS]
    assert f"tf.{kind}" in {item.type for item in unknown}
    assert "tensorflow.unknown_op" in {item.code for item in reading.diagnostics}
    assert outputs == ["end:0"]
