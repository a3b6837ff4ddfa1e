"""Networks as Caffe's files, computed by OpenCV: the numbers are those of our own build."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from exporters.caffe.wire import decode, encode
from exporters.format import attach, read, read_source, write
from exporters.source import Source
from exporters.weights import Array, Weights
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from tests.exporters.caffe.judge import measured, run
from tests.exporters.judging import computed, random_inputs, random_weights

HEAD = """layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 4 dim: 9 dim: 11 } } }
"""


def layer(kind: str, rest: str = "", bottom: str = "data", top: str = "out") -> str:
    bottoms = " ".join(f'bottom: "{name}"' for name in bottom.split())
    return f'layer {{ name: "{top}" type: "{kind}" {bottoms} top: "{top}" {rest} }}\n'


CONV = "convolution_param { num_output: 6 kernel_size: 3"
FILES = {
    "convolution": layer("Convolution", CONV + " }"),
    "pad": layer("Convolution", CONV + " pad: 1 }"),
    "pad and stride": layer("Convolution", CONV + " pad: 1 stride: 2 }"),
    "pad unequal": layer(
        "Convolution",
        "convolution_param { num_output: 6 kernel_h: 3 kernel_w: 5 pad_h: 1 pad_w: 2 }",
    ),
    "group": layer("Convolution", CONV + " group: 2 bias_term: false }"),
    "depthwise": layer(
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 3 group: 4 pad: 1 stride: 2 }",
    ),
    "dilation": layer("Convolution", CONV + " dilation: 2 pad: 2 }"),
    "deconvolution": layer("Deconvolution", CONV + " stride: 2 pad: 1 }"),
    "deconvolution by channel": layer(
        "Deconvolution",
        "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 4"
        " bias_term: false }",
    ),
    "deconvolution bilinear": layer(
        "Deconvolution",
        "param { lr_mult: 0 } convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1"
        ' group: 4 bias_term: false weight_filler { type: "bilinear" } }',
    ),
    "deconvolution in groups": layer(
        "Deconvolution",
        "convolution_param { num_output: 6 kernel_size: 3 stride: 2 pad: 1 group: 2 }",
    ),
    "pool ceil": layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"),
    "pool pad": layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }"),
    "average ceil": layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }"),
    "global": layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
    "global max": layer("Pooling", "pooling_param { pool: MAX global_pooling: true }"),
    "inner product": layer("InnerProduct", "inner_product_param { num_output: 5 }"),
    "inner product transposed": layer(
        "InnerProduct", "inner_product_param { num_output: 5 transpose: true }"
    ),
    "inner product of the last axis": layer(
        "InnerProduct", "inner_product_param { num_output: 5 axis: 3 }"
    ),
    "flatten": layer("Flatten"),
    "flatten, dense": layer("Flatten", top="flat")
    + layer("InnerProduct", "inner_product_param { num_output: 5 }", "flat"),
    "dense behind relu": layer("Flatten", top="flat")
    + layer("ReLU", "", "flat", "relu")
    + layer("InnerProduct", "inner_product_param { num_output: 5 bias_term: false }", "relu"),
    "reshape": layer("Reshape", "reshape_param { shape { dim: 0 dim: 3 dim: -1 dim: 11 } }"),
    "reshape that names the batch": layer(
        "Reshape", "reshape_param { shape { dim: 2 dim: -1 dim: 11 } }"
    ),
    "permute": layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
    "batch norm": layer("BatchNorm", "batch_norm_param { eps: 0.001 }", top="norm")
    + layer("Scale", "scale_param { bias_term: true }", "norm", "norm_scale"),
    "batch norm alone": layer("BatchNorm"),
    "scale": layer("Scale", "scale_param { bias_term: true }"),
    "scale without bias": layer("Scale"),
    "scale of each place": layer("Scale", "scale_param { num_axes: -1 bias_term: true }"),
    "prelu": layer("PReLU"),
    "prelu shared": layer("PReLU", "prelu_param { channel_shared: true }"),
    "relu": layer("ReLU"),
    "leaky": layer("ReLU", "relu_param { negative_slope: 0.1 }"),
    "relu 6": layer("ReLU6"),
    "mish": layer("Mish"),
    "sigmoid": layer("Sigmoid"),
    "tanh": layer("TanH"),
    "elu": layer("ELU", "elu_param { alpha: 0.7 }"),
    "abs": layer("AbsVal"),
    "bnll": layer("BNLL"),
    "power": layer("Power", "power_param { scale: 0.5 shift: 3 }"),
    "power 2": layer("Power", "power_param { scale: 0.5 shift: 3 power: 2 }"),
    "exp": layer("Exp", "exp_param { scale: 0.5 shift: 0.2 base: 2 }"),
    "lrn": layer("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 }"),
    "mvn": layer("MVN"),
    "mvn across": layer("MVN", "mvn_param { across_channels: true }"),
    "normalize": layer(
        "Normalize",
        "norm_param { across_spatial: false channel_shared: false scale_filler { value: 20 } }",
    ),
    "normalize, one factor": layer(
        "Normalize", "norm_param { across_spatial: false scale_filler { value: 3 } }"
    ),
    "normalize alone": layer(
        "Normalize",
        "param { lr_mult: 0 } norm_param { across_spatial: false scale_filler { value: 1 } }",
    ),
    "normalize one place": layer(
        "Pooling", "pooling_param { pool: AVE global_pooling: true }", top="whole"
    )
    + layer("Normalize", "norm_param { channel_shared: false }", "whole"),
    "resized": layer("Interp", "interp_param { height: 5 width: 7 }"),
    "resized to one row": layer("Interp", "interp_param { height: 1 width: 30 }"),
    "one place resized": layer(
        "Pooling", "pooling_param { pool: AVE global_pooling: true }", top="whole"
    )
    + layer("Interp", "interp_param { height: 5 width: 7 }", "whole"),
    "softmax": layer("Softmax"),
    "softmax axis": layer("Softmax", "softmax_param { axis: 2 }"),
    "dropout": layer("Dropout"),
    "concat": layer("ReLU", top="a") + layer("Concat", "", "data a"),
    "concat axis": layer("ReLU", top="a") + layer("Concat", "concat_param { axis: 2 }", "data a"),
    "sum": layer("ReLU", top="a") + layer("Eltwise", "", "data a"),
    "coefficients": layer("ReLU", top="a")
    + layer("Eltwise", "eltwise_param { coeff: 1 coeff: -1 }", "data a"),
    "other coefficients": layer("ReLU", top="a")
    + layer("Eltwise", "eltwise_param { coeff: 0.5 coeff: 2 }", "data a"),
    "product": layer("TanH", top="a")
    + layer("Eltwise", "eltwise_param { operation: PROD }", "data a"),
    "maximum": layer("TanH", top="a")
    + layer("Eltwise", "eltwise_param { operation: MAX }", "data a"),
    "scale by channel": layer(
        "Pooling", "pooling_param { pool: AVE global_pooling: true }", top="whole"
    )
    + layer("Scale", "scale_param { axis: 0 }", "data whole"),
    "axpy": layer("Pooling", "pooling_param { pool: AVE global_pooling: true }", top="whole")
    + layer("ReLU", top="a")
    + layer("Axpy", "", "whole data a"),
    "slice": 'layer { name: "cut" type: "Slice" bottom: "data" top: "a" top: "b"'
    " slice_param { slice_point: 1 } }\n" + layer("Concat", "", "b a"),
    "crop": layer("Pooling", "pooling_param { kernel_size: 4 stride: 1 }", top="small")
    + layer("Crop", "crop_param { offset: 1 }", "data small"),
    "split": 'layer { name: "cut" type: "Split" bottom: "data" top: "a" top: "b" }\n'
    + layer("Eltwise", "", "a b"),
    "in place": layer("Convolution", CONV + " }")
    + 'layer { name: "relu" type: "ReLU" bottom: "out" top: "out" }\n',
}


@pytest.mark.keras
@pytest.mark.parametrize("name", FILES)
def test_opencv_computes_the_same(name: str) -> None:
    graph = read_source(Source((HEAD + FILES[name]).encode(), "net.prototxt")).graph
    assert not [node.type for node in graph if node.type.startswith("caffe.")]
    weights, inputs = random_weights(graph), random_inputs(graph)
    ours, theirs = computed(graph, weights, inputs), measured(graph, weights, inputs)
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.reshape(one.shape), atol=1e-4, rtol=1e-4)
    model = write(graph, "caffe_model", weights)
    again = read_source(Source(model, "net.caffemodel"))
    for identity, arrays in weights.items():
        for key, array in arrays.items():
            np.testing.assert_allclose((again.weights or {})[identity][key], array, atol=1e-6)


OTHERWISE = ("axpy", "inner product transposed", "scale by channel")
"""What OpenCV reads only as we write it."""


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name in FILES if name not in OTHERWISE])
def test_opencv_computes_the_same_from_the_file_itself(name: str) -> None:
    text = (HEAD + FILES[name]).encode()
    graph = read_source(Source(text, "net.prototxt")).graph
    model = write(graph, "caffe_model", random_weights(graph))
    fitted = attach(Source(model, "net.caffemodel"), graph)
    assert not fitted.diagnostics
    inputs = random_inputs(graph)
    ours, theirs = computed(graph, fitted.weights, inputs), run(text, model, graph, inputs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.reshape(one.shape), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", FILES)
def test_reading_writing_reading_changes_nothing(name: str) -> None:
    once = read(HEAD + FILES[name], "net.prototxt").graph
    assert read(write(once, "caffe_prototxt"), "net.prototxt").graph == once


def test_transposed_weights_are_the_same_numbers() -> None:
    graph = read(HEAD + FILES["inner product transposed"], "net.prototxt").graph
    weights = random_weights(graph)
    fields = decode(write(graph, "caffe_model", weights))
    fields["layer"][-1]["inner_product_param"][-1]["transpose"] = [True]
    [matrix] = fields["layer"][-1]["blobs"][0]["data"]
    turned = np.ascontiguousarray(matrix.reshape(5, -1).T)
    fields["layer"][-1]["blobs"][0] = {"shape": [{"dim": list(turned.shape)}], "data": [turned]}
    again = read_source(Source(encode(fields), "net.caffemodel")).weights or {}
    for identity, arrays in weights.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(again[identity][key], array)


SAME = {
    f"{kind} {size} {window} {stride}": (kind, size, window, stride)
    for kind in ("Conv2D", "DepthwiseConv2D", "MaxPooling2D")
    for size, window, stride in (
        ((8, 10), 3, 2), ((7, 8), 3, 2), ((8, 7), 2, 1), ((9, 12), 5, 4), ((6, 6), 4, 3),
    )
    if kind != "MaxPooling2D" or stride < window - 1 or window == 3
}  # fmt: skip


@pytest.mark.keras
@pytest.mark.parametrize("name", SAME)
def test_borders_that_are_wider_at_the_end_are_exact(name: str) -> None:
    kind, size, window, stride = SAME[name]
    params: dict[str, object] = {"strides": [stride, stride], "padding": "same"}
    params["pool_size" if "Pooling" in kind else "kernel_size"] = [window, window]
    if kind == "Conv2D":
        params |= {"filters": 3, "activation": "relu"}
    nodes = [
        Node("a", "InputLayer", "data", {"shape": [*size, 2]}),
        Node("b", kind, "it", params),
        Node("c", "ReLU", "out", {}),
    ]
    graph = Graph(nodes, [Edge("a", "b"), Edge("b", "c")])
    weights, inputs = random_weights(graph), random_inputs(graph)
    ours, theirs = computed(graph, weights, inputs), measured(graph, weights, inputs)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-4, rtol=1e-4)
    once = read(write(graph, "caffe_prototxt"), "net.prototxt").graph
    assert read(write(once, "caffe_prototxt"), "net.prototxt").graph == once


@pytest.mark.keras
@pytest.mark.parametrize("width", [10, 9])
def test_averages_are_exact_where_nothing_hangs_over_at_the_start(width: int) -> None:
    params = {"pool_size": [3, 3], "strides": [2, 2], "padding": "same"}
    nodes = [
        Node("a", "InputLayer", "data", {"shape": [8, width, 2]}),
        Node("b", "AveragePooling2D", "out", params),
    ]
    graph = Graph(nodes, [Edge("a", "b")])
    if width % 2:
        with pytest.raises(GraphError, match="counts the border"):
            write(graph, "caffe_prototxt")
        return
    inputs = random_inputs(graph)
    ours, theirs = computed(graph, {}, inputs), measured(graph, {}, inputs)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-4, rtol=1e-4)


def best(values: Array) -> Array:
    """The places and values of the two largest, as ArgMax gives them with its axes turned."""
    places = np.argsort(-values, axis=1)[:, :2]
    return np.stack([places, np.take_along_axis(values, places, 1)], axis=-1)


OURS: dict[str, tuple[str, Callable[[Array, Weights], Array]]] = {
    "clip": (
        layer("Clip", "clip_param { min: 0 max: 0.5 }"),
        lambda x, weights: np.clip(x, 0, 0.5),
    ),
    "swish": (layer("Swish"), lambda x, weights: x / (1 + np.exp(-x))),
    "bn": (
        layer("BN", "bn_param { bn_mode: INFERENCE }"),
        lambda x, weights: x * weights["n1"]["gamma"] + weights["n1"]["beta"],
    ),
    "bn with statistics": (
        layer(
            "BN",
            "param { lr_mult: 1 } param { lr_mult: 1 } param { lr_mult: 0 } param { lr_mult: 0 }"
            " bn_param { slope_filler { value: 1 } bias_filler { value: 0 } momentum: 0.95"
            " eps: 0.001 frozen: true }",
        ),
        lambda x, weights: (
            (x - weights["n1"]["moving_mean"])
            / np.sqrt(weights["n1"]["moving_variance"] + 0.001)
            * weights["n1"]["gamma"]
            + weights["n1"]["beta"]
        ),
    ),
    "upsample": (
        layer("Upsample", "upsample_param { scale: 3 }"),
        lambda x, weights: x.repeat(3, 1).repeat(3, 2),
    ),
    "shuffle": (
        layer("ShuffleChannel", "shuffle_channel_param { group: 2 }"),
        lambda x, weights: x[..., [0, 2, 1, 3]],
    ),
    "best of all": (
        layer("ArgMax", "argmax_param { out_max_val: true top_k: 2 }"),
        lambda x, weights: best(np.moveaxis(x, -1, 1).reshape(len(x), -1)),
    ),
    "embed": (
        layer("ArgMax", "argmax_param { axis: 1 }", top="best")
        + layer("Flatten", "", "best", "flat")
        + layer("Embed", "embed_param { num_output: 3 input_dim: 4 bias_term: false }", "flat"),
        lambda x, weights: np.moveaxis(
            weights["n3"]["embeddings"][x.argmax(-1).reshape(len(x), -1)], 1, 2
        ),
    ),
}
"""Layers of forks and rare ones that OpenCV does not read: by formula, with channels last."""


@pytest.mark.keras
@pytest.mark.parametrize("name", OURS)
def test_what_forks_have_is_computed_by_formula(name: str) -> None:
    text, formula = OURS[name]
    graph = read(HEAD + text, "net.prototxt").graph
    assert not [node.type for node in graph if node.type.startswith("caffe.")]
    weights, inputs = random_weights(graph), random_inputs(graph)
    [ours] = computed(graph, weights, inputs)
    np.testing.assert_allclose(ours, formula(inputs[0], weights), atol=1e-5)
    assert read(write(graph, "caffe_prototxt"), "net.prototxt").graph == graph
    again = read_source(Source(write(graph, "caffe_model", weights), "net.caffemodel"))
    for identity, arrays in weights.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal((again.weights or {})[identity][key], array)


def test_what_opencv_does_not_know_is_computed_by_formula() -> None:
    graph = read(HEAD + layer("Bias"), "net.prototxt").graph
    weights, inputs = random_weights(graph), random_inputs(graph)
    [ours] = computed(graph, weights, inputs)
    np.testing.assert_allclose(ours, inputs[0] + weights["n1"]["bias"], atol=1e-6)
    again = read_source(Source(write(graph, "caffe_model", weights), "net.caffemodel"))
    np.testing.assert_array_equal((again.weights or {})["n1"]["bias"], weights["n1"]["bias"])
