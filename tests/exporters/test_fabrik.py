"""Networks of the original VisualNN and of Fabrik, in both dialects."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from exporters.fabrik import RULES
from exporters.format import read
from layers.analysis import analyse
from layers.layer import LAYERS
from tests.exporters.networks import attempt

Net = dict[str, Any]
ALL_ORIGINAL = (
    "ImageData",
    "Data",
    "HDF5Data",
    "HDF5Output",
    "Input",
    "WindowData",
    "MemoryData",
    "DummyData",
    "Python",
    "Convolution",
    "Pooling",
    "Upsample",
    "LocallyConnected",
    "Crop",
    "SPP",
    "Deconvolution",
    "DepthwiseConv",
    "Recurrent",
    "RNN",
    "GRU",
    "LSTM",
    "Flatten",
    "Reshape",
    "BatchReindex",
    "Split",
    "Concat",
    "Eltwise",
    "Filter",
    "Reduction",
    "Silence",
    "ArgMax",
    "Softmax",
    "Permute",
    "RepeatVector",
    "Regularization",
    "Masking",
    "Slice",
    "ReLU",
    "PReLU",
    "ELU",
    "ThresholdedReLU",
    "SELU",
    "Softplus",
    "Softsign",
    "Sigmoid",
    "TanH",
    "HardSigmoid",
    "AbsVal",
    "Power",
    "Exp",
    "Log",
    "BNLL",
    "Threshold",
    "Bias",
    "Scale",
    "Linear",
    "LRN",
    "MVN",
    "BatchNorm",
    "InnerProduct",
    "Dropout",
    "Embed",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "MultinomialLogisticLoss",
    "InfogainLoss",
    "SoftmaxWithLoss",
    "EuclideanLoss",
    "HingeLoss",
    "SigmoidCrossEntropyLoss",
    "Accuracy",
    "ContrastiveLoss",
    "TimeDistributed",
    "Bidirectional",
)


def chain(*layers: tuple[str, Net], phase: int | None = None, wire: bool = True) -> Net:
    """A network of layers one behind the other, as exports have it or as the editor does."""
    made: Net = {}
    for number, (kind, params) in enumerate(layers):
        given = {**params, "caffe": True}
        made[f"l{number}"] = {
            "info": {"type": kind, "phase": phase, "class": ""},
            "connection": {
                "input": [f"l{number - 1}"] if number else [],
                "output": [f"l{number + 1}"] if number + 1 < len(layers) else [],
            },
            "params": given if wire else {key: [value, False] for key, value in given.items()},
            "props": {"name": f"{kind.lower()}{number}"},
            "state": {"left": "100px", "top": f"{100 * number}px"},
        }
    return made


IMAGE = ("Input", {"dim": "1, 3, 8, 9"})
SEQUENCE = ("Input", {"dim": "1, 7, 5"})
CONV = {"layer_type": "2D", "num_output": 4, "kernel_h": 3, "kernel_w": 3, "use_bias": True}

CASES: list[tuple[list[tuple[str, Net]], list[str], tuple[int | None, ...], int]] = [
    ([IMAGE, ("Convolution", CONV)], ["Conv2D"], (None, 6, 7, 4), 112),
    ([IMAGE, ("Convolution", {**CONV, "pad_h": 1, "pad_w": 1})], ["Conv2D"], (None, 8, 9, 4), 112),
    (
        [IMAGE, ("Convolution", {**CONV, "pad_h": 1, "pad_w": 2, "stride_h": 2, "stride_w": "2"})],
        ["ZeroPadding2D", "Conv2D"],
        (None, 4, 6, 4),
        112,
    ),
    (
        [IMAGE, ("Pooling", {"layer_type": "2D", "pool": "AVE", "kernel_h": 2, "kernel_w": 2})],
        ["AveragePooling2D"],
        (None, 7, 8, 3),
        0,
    ),
    (
        [
            IMAGE,
            ("Pooling", {"layer_type": "2D", "kernel_h": 3, "kernel_w": 3, "pad_h": 1, "pad_w": 1}),
        ],
        ["CaffePooling2D"],
        (None, 8, 9, 3),
        0,
    ),
    (
        [IMAGE, ("Upsample", {"layer_type": "2D", "size_h": 2, "size_w": 3})],
        ["UpSampling2D"],
        (None, 16, 27, 3),
        0,
    ),
    (
        [IMAGE, ("BatchNorm", {"eps": "0.001"}), ("Scale", {"bias_term": True}), ("ReLU", {})],
        ["BatchNormalization", "Scale", "Activation"],
        (None, 8, 9, 3),
        12,
    ),
    (
        [IMAGE, ("ReLU", {"negative_slope": 0.1}), ("Flatten", {}), ("Dropout", {"rate": "0.4"})],
        ["LeakyReLU", "Flatten", "Dropout"],
        (None, 216),
        0,
    ),
    (
        [SEQUENCE, ("LSTM", {"num_output": 4, "recurrent_activation": "sigmoid"})],
        ["LSTM"],
        (None, 4),
        192,
    ),
    (
        [SEQUENCE, ("TimeDistributed", {}), ("InnerProduct", {"num_output": 2})],
        ["TimeDistributed"],
        (None, 5, 2),
        16,
    ),
]


@pytest.mark.parametrize("wire", [True, False], ids=["wire", "editor"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case[1]))
def test_layers_become_what_computes_the_same(
    case: tuple[list[tuple[str, Net]], list[str], tuple[int | None, ...], int], wire: bool
) -> None:
    layers, kinds, shape, weights = case
    reading = read(json.dumps(chain(*layers, wire=wire)))
    assert (reading.format, reading.diagnostics) == ("fabrik", ())
    assert [node.type for node in reading.graph][1:] == kinds
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    end = analysis.nodes[reading.graph.outputs[-1].id].outputs
    assert end is not None
    assert end[0].shape == shape
    assert analysis.totals.weights == weights


def test_phases_and_places_are_kept() -> None:
    for phase, ours in ((None, "both"), (0, "train"), (1, "test")):
        graph = read(json.dumps({"net": chain(IMAGE, ("ReLU", {}), phase=phase)})).graph
        assert [(node.phase, node.position) for node in graph] == [
            (ours, (100.0, 0.0)),
            (ours, (100.0, 100.0)),
        ]


@pytest.mark.parametrize("kind", ALL_ORIGINAL)
def test_every_type_of_the_original_is_a_layer_here(kind: str) -> None:
    reading = read(json.dumps(chain(("Input", {"dim": "1, 4, 8, 8"}), (kind, {}))))
    assert not [item for item in reading.diagnostics if item.code == "fabrik.unknown_layer"]
    assert all(node.type in LAYERS for node in reading.graph)


def test_only_diagnostics_come_out_of_odd_values() -> None:
    odd: list[Any] = [None, 7, "x", [], {}, [1, True], "1,,x", -3, 1.5, True]
    for value in odd:
        for kind in RULES:
            keys = ("num_output", "kernel_h", "kernel_w", "pad_h", "dim", "weight_filler", "rate")
            for params in (dict.fromkeys(keys, value), {"layer_type": value, "axis": value}):
                net = chain(IMAGE, (kind, params))
                assert attempt(partial(read, json.dumps(net)))
    for field in ("connection", "params", "props", "state", "shape"):
        for value in odd:
            net = chain(IMAGE, ("ReLU", {}))
            net["l1"][field] = {"input": value, "left": value} if field != "params" else value
            assert attempt(partial(read, json.dumps(net)))
