"""Layers that compute nothing to compare, and rare settings: read, written and read again they are
the same; what has no counterpart on the other side is said, or kept as its text.
"""

from __future__ import annotations

import pytest

from exporters.format import read, write
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from tests.exporters.caffe.test_computed import HEAD, layer

VECTOR = 'input: "v" input_dim: 2 input_dim: 6\n'
LABELLED = HEAD + 'layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 2 } } }\n'
AGAIN = {
    "dummies": layer(
        "DummyData",
        "dummy_data_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 }"
        ' data_filler { type: "gaussian" } }',
        "",
    ),
    "old dummies": layer(
        "DummyData", "dummy_data_param { num: 2 channels: 3 height: 4 width: 5 }", ""
    ),
    "hdf5": layer(
        "HDF5Data", 'hdf5_data_param { source: "a.txt" batch_size: 3 shuffle: true }', ""
    ),
    "memory": layer(
        "MemoryData", "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }", ""
    ),
    "images": layer(
        "ImageData",
        'image_data_param { source: "a.txt" batch_size: 3 new_height: 8 new_width: 9'
        " is_color: false } transform_param { mirror: true mean_value: 3 }",
        "",
    ),
    "windows": layer("WindowData", 'window_data_param { source: "a" crop_mode: "square" }', ""),
    "sinks": HEAD
    + 'layer { name: "no" type: "Silence" bottom: "data" }\n'
    + 'layer { name: "file" type: "HDF5Output" bottom: "data"'
    ' hdf5_output_param { file_name: "a.h5" } }\n',
    "tile": HEAD + layer("Tile", "tile_param { axis: 2 tiles: 3 }"),
    "reduction": HEAD + layer("Reduction", "reduction_param { operation: ASUM axis: 1 coeff: 2 }"),
    "pyramid": HEAD + layer("SPP", "spp_param { pyramid_height: 2 pool: MAX }"),
    "stochastic": HEAD + layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"),
    "rounded down": HEAD
    + layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 pad: 1 ceil_mode: false }"),
    "log": HEAD + layer("Log", "log_param { base: 2 shift: 3 }"),
    "threshold": HEAD + layer("Threshold", "threshold_param { threshold: 0.5 }"),
    "no copies": HEAD + layer("Split") + layer("Concat", "", "out", "end"),
    "slices of one": HEAD + layer("Slice"),
    "old axes": HEAD
    + 'layer { name: "cut" type: "Slice" bottom: "data" top: "a" top: "b"'
    " slice_param { slice_dim: 1 } }\n"
    + layer("Concat", "concat_param { concat_dim: 1 }", "a b"),
    "average": HEAD
    + layer("ReLU", top="a")
    + layer("Eltwise", "eltwise_param { coeff: 0.5 coeff: 0.5 }", "data a"),
    "reindexed": LABELLED + layer("BatchReindex", "", "data l"),
    "filtered": LABELLED + layer("Filter", "", "data l"),
    "scaled by alike": HEAD + layer("TanH", top="a") + layer("Scale", "", "data a"),
    "moved by alike": HEAD
    + layer("TanH", top="a")
    + layer("Bias", "bias_param { axis: 0 }", "data a"),
    "frozen slopes": HEAD
    + layer("PReLU", "param { lr_mult: 0 } prelu_param { filler { value: 1 } }"),
    "padding": 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
    'layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "data" top: "pad" }\n'
    'layers { layer { name: "conv" type: "conv" num_output: 2 kernelsize: 3 }'
    ' bottom: "pad" top: "conv" }\n',
    "loss by weight": LABELLED
    + layer("Flatten", "", "data", "f")
    + layer("HingeLoss", "loss_weight: 2 hinge_loss_param { norm: L2 }", "f l"),
    "loss that ignores": LABELLED.replace("dim: 2 } } }\n", "dim: 2 dim: 1 dim: 9 dim: 11 } } }\n")
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: 9 dim: 11 } }", "l", "places")
    + layer(
        "SoftmaxWithLoss",
        "loss_param { ignore_label: 3 } softmax_param { axis: -3 }",
        "data places",
    ),
    "loss by a matrix": LABELLED
    + layer("Flatten", "", "data", "f")
    + layer("InfogainLoss", 'infogain_loss_param { source: "m" }', "f l"),
    "loss of pairs": VECTOR
    + layer("ReLU", "", "v", "w")
    + 'layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 2 } } }\n'
    + layer("ContrastiveLoss", "contrastive_loss_param { legacy_version: true }", "v w l"),
    "accuracy": LABELLED
    + layer("Flatten", "", "data", "f")
    + layer("Accuracy", "accuracy_param { top_k: 2 ignore_label: 1 }", "f l"),
}  # fmt: skip


@pytest.mark.parametrize("name", AGAIN)
def test_reading_writing_reading_changes_nothing(name: str) -> None:
    reading = read(AGAIN[name], "net.prototxt")
    assert not [node.type for node in reading.graph if node.type.startswith("caffe.")]
    assert read(write(reading.graph, "caffe_prototxt"), "net.prototxt").graph == reading.graph


ODD = {
    "data without an output": 'layer { name: "out" type: "HDF5Data" hdf5_data_param { } }\n',
    "dummies of two shapes": layer(
        "DummyData", "dummy_data_param { shape { dim: 2 } shape { dim: 3 dim: 4 } }", ""
    ),
    "a loss with two outputs": LABELLED
    + 'layer { name: "out" type: "SoftmaxWithLoss" bottom: "data" bottom: "l" top: "a" top: "b" }',
    "a loss along another axis": LABELLED
    + layer("SoftmaxWithLoss", "softmax_param { axis: 2 }", "data l"),
    "an axis of no axes": HEAD + layer("Flatten", "flatten_param { axis: 2 }"),
    "sizes that do not fit": HEAD
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: 7 dim: 3 } }"),
    "two rests": HEAD + layer("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }"),
    "an axis too far": HEAD + layer("Reshape", "reshape_param { axis: 9 shape { dim: 2 } }"),
    "more axes than there are": HEAD
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: 4 dim: 9 dim: 11 dim: 0 } }"),
    "turned samples": HEAD + layer("Permute", "permute_param { order: 1 }"),
    "groups that do not fit": HEAD + layer("ShuffleChannel", "shuffle_channel_param { group: 3 }"),
    "groups that are no number": HEAD
    + layer("ShuffleChannel", "shuffle_channel_param { group: x }"),
    "points that do not fit": HEAD + layer("Slice", "slice_param { slice_point: 1 }"),
    "cut samples": HEAD + layer("Slice", "slice_param { axis: 0 }"),
    "cut channels": HEAD + layer("Crop", "crop_param { axis: 1 }", "data data"),
    "reduced samples": HEAD + layer("Reduction"),
    "clipped below 0": HEAD + layer("Clip", "clip_param { min: -1 max: 1 }"),
    "one term": HEAD + layer("Eltwise"),
    "joined samples": HEAD + layer("Concat", "concat_param { axis: 0 }", "data data"),
    "scaled by axes between": HEAD + layer("Scale", "scale_param { axis: 2 num_axes: 2 }"),
    "scaled by samples": VECTOR + HEAD + layer("Scale", "scale_param { axis: 1 }", "data v"),
    "two of three": HEAD + layer("Axpy", "", "data data"),
    "a pyramid by chance": HEAD + layer("SPP", "spp_param { pool: STOCHASTIC }"),
    "pooled vectors": VECTOR + layer("Pooling", "pooling_param { kernel_size: 2 }", "v"),
    "pooled by nothing": HEAD + layer("Pooling"),
    "pooled as a whole by chance": HEAD
    + layer("Pooling", "pooling_param { pool: STOCHASTIC global_pooling: true }"),
    "no kernel": HEAD + layer("Convolution", "convolution_param { num_output: 2 }"),
    "kernels for other axes": HEAD
    + layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 kernel_size: 1"
            " kernel_size: 1 }"),
    "a kernel along other axes": HEAD
    + layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 axis: 2 }"),
    "a matrix along other axes": HEAD
    + layer("InnerProduct", "inner_product_param { num_output: 2 axis: 2 }"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_has_no_counterpart_is_kept(name: str) -> None:
    reading = read(ODD[name], "net.prototxt")
    [out] = [node for node in reading.graph if node.name == "out"]
    assert out.type.startswith("caffe.")
    assert read(write(reading.graph, "caffe_prototxt"), "net.prototxt").graph == reading.graph


REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "an activation": ("Activation", {"activation": "gelu"}, "the function gelu"),
    "a threshold": ("ReLU", {"threshold": 1.0}, "it has a threshold"),
    "a scale for each channel": ("Rescaling", {"scale": [1.0, 2.0, 3.0]}, "each channel by itself"),
    "slopes of places": ("PReLU", {"shared_axes": [1]}, "factors of their own"),
    "factors of rows": ("Scale", {"axis": 1}, "other axes than the channels"),
    "a norm of rows": ("UnitNormalization", {"axis": 1}, "other axes than the channels"),
    "a norm of columns": ("BatchNormalization", {"axis": 2}, "not that of the channels"),
    "whole channels dropped": ("SpatialDropout2D", {"rate": 0.2}, "drops whole channels"),
    "channels that stay": ("Reduction", {"axis": 2}, "channels would stay"),
    "another order": ("Reshape", {"target_shape": [3, 16]}, "another order of values"),
    "values counted": ("ArgMax", {}, "in another order"),
    "borders behind": ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "padding": "same",
                                  "activation": "gelu"}, "the activation gelu"),
    "more axes": ("Dense", {"units": 2}, "more axes than batch and features"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_caffe_has_not_is_said(name: str) -> None:
    kind, params, reason = REFUSED[name]
    nodes = [
        Node("a", "InputLayer", "data", {"shape": [4, 4, 3]}),
        Node("b", kind, "it", params),
        Node("c", "ReLU", "end", {}),
    ]
    with pytest.raises(GraphError, match=reason):
        write(Graph(nodes, [Edge("a", "b"), Edge("b", "c")]), "caffe_prototxt")


WRITTEN = {
    "linear": ("Split", ""),
    "relu": ("ReLU", ""),
    "leaky_relu": ("ReLU", "negative_slope: 0.2"),
    "softplus": ("BNLL", ""),
    "elu": ("ELU", ""),
    "exponential": ("Exp", ""),
    "softmax": ("Softmax", ""),
    "silu": ("Swish", ""),
    "relu6": ("ReLU6", ""),
    "mish": ("Mish", ""),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_activations_are_layers_of_caffe(name: str) -> None:
    nodes = [
        Node("a", "InputLayer", "data", {"shape": [4, 4, 3]}),
        Node("b", "Activation", "it", {"activation": name}),
        Node("c", "Rescaling", "end", {"scale": 2.0}),
    ]
    text = write(Graph(nodes, [Edge("a", "b"), Edge("b", "c")]), "caffe_prototxt").decode()
    kind, setting = WRITTEN[name]
    assert f'type: "{kind}"' in text
    assert setting in text
    assert not read(text, "net.prototxt").diagnostics
