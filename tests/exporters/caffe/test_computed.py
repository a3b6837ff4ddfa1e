"""Networks as Caffe's files, computed by OpenCV: the numbers are those of our own build."""

from __future__ import annotations

import numpy as np
import pytest

from exporters.format import read, read_source, write
from exporters.source import Source
from tests.exporters.caffe.judge import measured
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
    "pool ceil": layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"),
    "pool pad": layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }"),
    "average ceil": layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }"),
    "global": layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
    "global max": layer("Pooling", "pooling_param { pool: MAX global_pooling: true }"),
    "inner product": layer("InnerProduct", "inner_product_param { num_output: 5 }"),
    "flatten": layer("Flatten"),
    "flatten, dense": layer("Flatten", top="flat")
    + layer("InnerProduct", "inner_product_param { num_output: 5 }", "flat"),
    "dense behind relu": layer("Flatten", top="flat")
    + layer("ReLU", "", "flat", "relu")
    + layer("InnerProduct", "inner_product_param { num_output: 5 bias_term: false }", "relu"),
    "reshape": layer("Reshape", "reshape_param { shape { dim: 0 dim: 3 dim: -1 dim: 11 } }"),
    "permute": layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
    "batch norm": layer("BatchNorm", "batch_norm_param { eps: 0.001 }", top="norm")
    + layer("Scale", "scale_param { bias_term: true }", "norm"),
    "batch norm alone": layer("BatchNorm"),
    "scale": layer("Scale", "scale_param { bias_term: true }"),
    "scale without bias": layer("Scale"),
    "prelu": layer("PReLU"),
    "prelu shared": layer("PReLU", "prelu_param { channel_shared: true }"),
    "relu": layer("ReLU"),
    "leaky": layer("ReLU", "relu_param { negative_slope: 0.1 }"),
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


@pytest.mark.parametrize("name", FILES)
def test_reading_writing_reading_changes_nothing(name: str) -> None:
    once = read(HEAD + FILES[name], "net.prototxt").graph
    assert read(write(once, "caffe_prototxt"), "net.prototxt").graph == once


def test_what_opencv_does_not_know_is_computed_by_formula() -> None:
    graph = read(HEAD + layer("Bias"), "net.prototxt").graph
    weights, inputs = random_weights(graph), random_inputs(graph)
    [ours] = computed(graph, weights, inputs)
    np.testing.assert_allclose(ours, inputs[0] + weights["n1"]["bias"], atol=1e-6)
    again = read_source(Source(write(graph, "caffe_model", weights), "net.caffemodel"))
    np.testing.assert_array_equal((again.weights or {})["n1"]["bias"], weights["n1"]["bias"])
