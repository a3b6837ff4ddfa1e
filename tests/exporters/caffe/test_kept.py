"""Layers that are kept as their text: what they give is known as far as their type says it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from exporters.caffe.text import Fields, Quoted
from exporters.caffe.wire import encode
from exporters.format import attach, read, read_source, write
from exporters.source import Source
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from tests.exporters.caffe.test_computed import HEAD, layer
from tests.exporters.judging import random_weights

MASKED = (
    'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" top: "mask"'
    " pooling_param { kernel_size: 2 stride: 2 } }\n"
)
PRIORS = "min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3 variance: 0.1"
TRANSFORM = "transform_param { mean_value: 1 mean_value: 2 mean_value: 3"
KEPT: dict[str, tuple[str, tuple[int | None, ...] | None]] = {
    "prior boxes": (
        layer("PriorBox", f"prior_box_param {{ {PRIORS} flip: true }}", "data data"),
        (9 * 11 * 6 * 4, 2),
    ),
    "prior boxes of one kind": (
        layer("PriorBox", f"prior_box_param {{ {PRIORS} flip: false }}", "data data"),
        (9 * 11 * 4 * 4, 2),
    ),
    "prior boxes seen twice": (
        layer(
            "PriorBox",
            f"prior_box_param {{ {PRIORS} flip: false offset_h: 0.5 offset_w: 0.5 offset_h: 1"
            " offset_w: 0.5 }",
            "data data",
        ),
        (9 * 11 * 4 * 2 * 4, 2),
    ),
    "detections": (layer("DetectionOutput", "", "data data data"), (None, 7, 1)),
    "regions": (
        layer("ROIPooling", "roi_pooling_param { pooled_w: 6 pooled_h: 7 }", "data data"),
        (7, 6, 4),
    ),
    "regions without a size": (layer("ROIPooling", "", "data data"), None),
    "regions of parts": (
        layer("PSROIPooling", "psroi_pooling_param { output_dim: 21 group_size: 7 }", "data data"),
        (7, 7, 21),
    ),
    "zoomed": (layer("Interp", "interp_param { zoom_factor: 2 }"), (None, None, 4)),
    "samples mixed": (
        layer("Reshape", "reshape_param { shape { dim: 3 dim: 4 dim: 66 } }"),
        (66, 4),
    ),
    "samples mixed to a rest": (
        layer("Reshape", "reshape_param { shape { dim: 3 dim: -1 dim: 50 } }"),
        None,
    ),
    "sequences": (layer("LSTM", "recurrent_param { num_output: 5 }", "data data"), (5, 4)),
    "sequences and states": (
        layer("LSTM", "recurrent_param { num_output: 5 expose_hidden: true }", "data data"),
        None,
    ),
    "put back": (
        MASKED + layer("Upsample", "upsample_param { scale: 2 }", "pool mask"),
        (10, 12, 4),
    ),
    "put back to a size": (
        MASKED + layer("Upsample", "upsample_param { upsample_h: 9 upsample_w: 11 }", "pool mask"),
        (9, 11, 4),
    ),
    "put back without a last row": (
        MASKED + layer("Upsample", "upsample_param { scale: 2 pad_out_h: true }", "pool mask"),
        (9, 12, 4),
    ),
    "put back, but where": (MASKED + layer("Upsample", "", "pool mask"), (None, None, 4)),
    "reordered": (layer("Reorg", "reorg_param { stride: 1 }"), (9, 11, 4)),
    "reordered, but not whole": (layer("Reorg", "reorg_param { stride: 2 }"), None),
    "normalized as a whole": (layer("Normalize"), (9, 11, 4)),
    "normalized with much added": (
        layer("Normalize", "norm_param { across_spatial: false eps: 0.1 }"),
        (9, 11, 4),
    ),
    "by the batch at hand": (layer("BN", "bn_param { bn_mode: LEARN }"), (9, 11, 4)),
    "by settings of no fork": (layer("BN", "bn_param { slope_filler { } x: 1 }"), (9, 11, 4)),
    "made larger by another fork": (
        layer("Upsample", "upsample_param { scale: 2 mode: 1 }"),
        (None, None, 4),
    ),
    "made larger by a part": (layer("Upsample", "upsample_param { scale: 1.5 }"), None),
    "a program": (layer("Python", 'python_param { module: "os" }'), None),
    "boxes as data": (
        layer("AnnotatedData", f"{TRANSFORM} resize_param {{ height: 8 width: 9 }} }}", ""),
        (8, 9, 3),
    ),
    "cropped data": (layer("TheirData", "transform_param { crop_size: 7 force_gray: 1 }", ""),
                     (7, 7, 1)),
    "data of any size": (layer("TheirData", TRANSFORM + " }", ""), (None, None, 3)),
    "data of any kind": (layer("TheirData", "transform_param { scale: 2 }", ""), None),
    "data that say nothing": (layer("TheirData", "", ""), None),
    "a size that is a word": (layer("TheirData", "transform_param { crop_size: x }", ""), None),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_a_kept_layer_gives_is_known_where_its_type_says_it(name: str) -> None:
    text, shape = KEPT[name]
    reading = read(HEAD + text, "net.prototxt")
    [kept] = [node for node in reading.graph if node.name == "out"]
    assert kept.type.startswith("caffe.")
    outputs = analyse(reading.graph).nodes[kept.id].outputs
    assert (outputs and outputs[0].shape[1:]) == shape
    told = {item.code: item for item in reading.diagnostics}
    assert told.keys() == {"caffe.unknown_layer" if "bottom" in text else "caffe.unknown_data"}
    assert read(write(reading.graph, "caffe_prototxt"), "net.prototxt").graph == reading.graph


@pytest.mark.parametrize("name", [name for name in KEPT if name.startswith("prior boxes")])
def test_opencv_makes_as_many_boxes(name: str) -> None:
    text, shape = KEPT[name]
    net = cv2.dnn.readNetFromCaffe(np.frombuffer((HEAD + text).encode(), np.uint8))
    net.setInput(np.zeros((2, 4, 9, 11), "f4"))
    assert shape is not None
    assert net.forward().shape == (1, 2, shape[0])


SSD = (
    HEAD
    + layer("Convolution", "convolution_param { num_output: 8 kernel_size: 1 }", top="loc")
    + layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", "loc", "turned")
    + layer("Flatten", "", "turned", "places")
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }", "places", "pairs")
    + layer("Softmax", "softmax_param { axis: 2 }", "pairs", "chances")
    + layer("Flatten", "", "chances", "flat")
    + layer("PriorBox", "prior_box_param { min_size: 3 }", "loc data", "some")
    + layer("PriorBox", "prior_box_param { min_size: 5 }", "loc data", "more")
    + layer("Concat", "concat_param { axis: 2 }", "some more", "all")
    + layer("DetectionOutput", "detection_output_param { num_classes: 2 }", "places flat all")
)
SQUEEZED = (
    layer("BboxData", TRANSFORM + " }", "", "data")
    + layer("Convolution", "convolution_param { num_output: 9 kernel_size: 3 }", "data", "conv")
    + layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 }", "conv", "pool")
    + layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", "pool", "turned")
    + 'layer { name: "cut" type: "Slice" bottom: "turned" top: "a" top: "b"'
    " slice_param { axis: 3 slice_point: 6 } }\n"
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: 40 dim: 3 } }", "a", "pairs")
    + layer("Softmax", "softmax_param { axis: 2 }", "pairs", "chances")
    + layer("SqueezeDetLoss", "", "chances b")
)
SEGMENTED = (
    'layer { name: "data" type: "DenseImageData" top: "data" top: "label" }\n'
    + layer("LRN", "", "data", "norm")
    + layer("Convolution", "convolution_param { num_output: 8 kernel_size: 7 }", "norm", "conv")
    + layer("BN", "bn_param { bn_mode: INFERENCE }", "conv", "conv")
    + MASKED.replace('"data"', '"conv"')
    + layer("Upsample", "upsample_param { scale: 2 }", "pool mask", "up")
    + layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", "up", "turned")
    + layer("Softmax", "softmax_param { axis: 3 }", "turned")
)


BEHIND = {
    # text, what is kept, what stands in the file again
    "SSD": (SSD, {"PriorBox", "DetectionOutput"}, ("order: 3", "axis: 2")),
    "SqueezeDet": (
        SQUEEZED,
        {"BboxData", "SqueezeDetLoss"},
        ("order: 3", "axis: 2", "axis: 3", "dim: 40"),
    ),
    "SegNet": (SEGMENTED, {"DenseImageData", "Pooling", "Upsample"}, ("order: 3", "axis: 3")),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_follows_a_kept_layer_is_understood(name: str) -> None:
    text, kept, fields = BEHIND[name]
    graph = read(text, "net.prototxt").graph
    found = {node.type for node in graph if node.type.startswith("caffe.")}
    assert found == {f"caffe.{kind}" for kind in kept}
    again = write(graph, "caffe_prototxt")
    assert read(again, "net.prototxt").graph == graph
    assert all(field in again.decode() for field in fields)


@pytest.mark.parametrize("kind", ["TripletLoss", "Embed"])
def test_a_type_of_forks_may_give_a_number_another_meaning(kind: str) -> None:
    """Field 137 is the Embed's in Caffe, and has no number with a point there."""
    dense = layer("InnerProduct", "inner_product_param { num_output: 2 }")
    graph = read(HEAD + dense, "net.prototxt").graph
    model = write(graph, "caffe_model", random_weights(graph))
    strange: Fields = {
        "name": [Quoted("loss")],
        "type": [Quoted(kind)],
        "bottom": [Quoted("out")],
        "top": [Quoted("loss")],
    }
    fields = encode(strange, "LayerParameter") + b"\xca\x08\x05\x0d\0\0\x80\x3f"
    source = Source(model + b"\xa2\x06" + bytes([len(fields)]) + fields, "net.caffemodel")
    if kind == "Embed":
        with pytest.raises(GraphError, match="num_output is not a whole number"):
            read_source(source)
        return
    reading = read_source(source)
    assert [node.type for node in reading.graph][-1] == "caffe.TripletLoss"
    [lost] = [item for item in reading.diagnostics if item.code == "caffe.lost_settings"]
    assert lost.values["numbers"] == "137"
    assert attach(source, graph).weights.keys() == {"n2"}


@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        ("LSTM", "", "time comes first"),
        ("Reshape", "reshape_param { shape { dim: 3 dim: -1 dim: 66 } }", "mixes samples"),
        ("Python", "", "never run"),
        ("TheirLayer", "", "nothing like it"),
        ("Swish", "swish_param { beta: 2 }", "does not have"),
        ("BN", "bn_param { scale_filler { } }", "batch at hand"),
        ("BN", "", "several forks"),
        ("Softmax", "softmax_param { axis: 7 }", "does not have"),
        ("Concat", "concat_param { axis: 7 }", "does not have"),
        ("BN", "bn_param: 3", "several forks"),
        ("Normalize", "", "all places together"),
        ("Normalize", "norm_param { across_spatial: false eps: 1 }", "too large"),
    ],
)
def test_why_a_layer_is_kept_is_told(kind: str, settings: str, reason: str) -> None:
    [told] = read(HEAD + layer(kind, settings), "net.prototxt").diagnostics
    assert reason in told.message


def test_shapes_of_too_few_axes_leave_a_layer_as_it_is() -> None:
    head = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 } } }\n'
    text = layer("ShuffleChannel", "shuffle_channel_param { group: 2 }")
    [told] = read(head + text, "net.prototxt").diagnostics
    assert told.code == "caffe.unknown_layer"


def test_why_a_layer_behind_the_unknown_is_kept_is_told() -> None:
    text = layer("Python", "", top="py") + layer("Softmax", "softmax_param { axis: 2 }", "py")
    _, told = read(HEAD + text, "net.prototxt").diagnostics
    assert "shape of what it takes is unknown" in told.message


def test_factor_shift_mean_and_variance_of_forks_find_their_places() -> None:
    text = layer("BN", "bn_param { slope_filler { value: 1 } bias_filler { value: 0 } }")
    graph = read(HEAD + text, "net.prototxt").graph
    [(identity, weights)] = random_weights(graph).items()
    order = ("gamma", "beta", "moving_mean", "moving_variance")
    blobs = [
        {"shape": [{"dim": [1, 4, 1, 1]}], "data": [np.asarray(weights[name], "<f4")]}
        for name in order
    ]
    fields: Fields = {"name": [Quoted("out")], "type": [Quoted("BN")], "blobs": blobs}
    fields |= {"bottom": [Quoted("data")], "top": [Quoted("out")]}
    data = {"name": [Quoted("data")], "type": [Quoted("Data")], "top": [Quoted("data")]}
    source = Source(encode({"layer": [data, fields]}), "net.caffemodel")
    fitted = attach(source, graph)
    assert not fitted.diagnostics
    for name in order:
        np.testing.assert_array_equal(fitted.weights[identity][name], weights[name])
    # Alone, the file does not say what is added to the variance.
    assert [node.type for node in read_source(source).graph] == ["Data", "caffe.BN"]


def test_upsampling_that_no_fork_has_is_said() -> None:
    nodes = [
        Node("a", "InputLayer", "data", {"shape": [4, 4, 2]}),
        Node("b", "UpSampling2D", "up", {"size": [2, 2], "interpolation": "bilinear"}),
    ]
    with pytest.raises(GraphError, match="repeats values alike"):
        write(Graph(nodes, [Edge("a", "b")]), "caffe_prototxt")


def test_weights_behind_data_of_any_size_are_left_out_and_the_way_is_told() -> None:
    text = layer("Data", "", "", "data") + layer(
        "InnerProduct", "inner_product_param { num_output: 2 }"
    )
    sized = read(HEAD + layer("InnerProduct", "inner_product_param { num_output: 2 }"),
                 "net.prototxt").graph  # fmt: skip
    model = write(sized, "caffe_model", random_weights(sized))
    data = encode({"name": [Quoted("data")], "type": [Quoted("Data")], "top": [Quoted("data")]},
                  "LayerParameter")  # fmt: skip
    start = model.index(b"\xa2\x06")
    end = model.index(b"\xa2\x06", start + 2)
    made = model[:start] + b"\xa2\x06" + bytes([len(data)]) + data + model[end:]
    reading = read_source(Source(made, "net.caffemodel"))
    assert "caffe.weights_size" in {item.code for item in reading.diagnostics}
    assert read(text, "net.prototxt").graph.nodes.keys() == reading.graph.nodes.keys()
