"""Layers that are spelt around others: cells and models in wrappers become what they compute; what
the catalogue cannot say is kept whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import read, read_source, write
from exporters.keras_over_time import over_time
from exporters.source import Source
from layers.analysis import analyse
from tests.exporters.test_keras_generations import layer, sequential


def cell(kind: str) -> Callable[[Any], Any]:
    return lambda k: k.layers.RNN(getattr(k.layers, kind)(3), return_sequences=True)


def frames(k: Any) -> Any:
    """A small network for images, as a chain."""
    return [k.layers.Conv2D(2, 3, activation="relu"), k.layers.Flatten(), k.layers.Dense(4)]


def chain(k: Any) -> Any:
    start = value = k.Input((8, 8, 3))
    for item in frames(k):
        value = item(value)
    return k.Model(start, value)


def branches(k: Any) -> Any:
    """A small network for images in which layers meet: by merges, operations, and models inside."""
    start = k.Input((8, 8, 3))
    first = k.layers.Conv2D(4, 3, padding="same")(start)
    second = k.layers.BatchNormalization()(k.layers.Conv2D(4, 3, padding="same")(first))
    gate = k.layers.GlobalAveragePooling2D(keepdims=True)(first)
    gated = k.layers.Multiply()([first + second, k.layers.Reshape((1, 1, 4))(gate)])
    joined = k.layers.Concatenate(axis=1)([k.layers.ReLU(6.0)(gated + 3.0), first])
    inner = k.Sequential([k.Input((16, 8, 4)), k.layers.Flatten(), k.layers.Dense(4)])
    return k.Model(start, inner(joined))


LAYERS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "an RNN with an LSTM cell": (cell("LSTMCell"), (5, 4)),
    "an RNN with a GRU cell": (cell("GRUCell"), (5, 4)),
    "an RNN with a simple cell": (cell("SimpleRNNCell"), (5, 4)),
    "both ways around a cell": (
        lambda k: k.layers.Bidirectional(k.layers.RNN(k.layers.LSTMCell(3))),
        (5, 4),
    ),
    "a Sequential over time": (
        lambda k: k.layers.TimeDistributed(k.Sequential(frames(k))),
        (3, 8, 8, 3),
    ),
    "a functional model over time": (
        lambda k: k.layers.TimeDistributed(chain(k)),
        (3, 8, 8, 3),
    ),
    "a model with branches over time": (
        lambda k: k.layers.TimeDistributed(branches(k)),
        (4, 8, 8, 3),
    ),
}


@pytest.mark.keras
@pytest.mark.parametrize("extension", [".keras", ".h5"])
@pytest.mark.parametrize("case", LAYERS)
def test_wrapped_things_compute_what_keras_computes(
    case: str, extension: str, tmp_path: Path
) -> None:
    import keras

    from exporters.keras_model import build, load

    make, shape = LAYERS[case]
    start = keras.Input(shape)
    theirs = keras.Model(start, keras.layers.Dense(2)(make(keras)(start)))
    path = tmp_path / f"model{extension}"
    theirs.save(path)
    reading = read_source(Source.of_file(path))
    assert {item.severity for item in reading.diagnostics} <= {"hint"}
    ours = build(reading.graph)
    load(ours, reading.graph, reading.weights or {})
    assert ours.count_params() == theirs.count_params()
    values = np.random.default_rng(2).normal(size=(2, *shape)).astype("float32")
    np.testing.assert_allclose(np.asarray(ours(values)), np.asarray(theirs(values)), atol=1e-5)


LSTM = {"class_name": "LSTM", "config": {"name": "l", "units": 3}}
KEPT: dict[str, dict[str, Any]] = {
    "two recurrent layers of different sizes": layer(
        "Bidirectional",
        name="it",
        layer=LSTM,
        backward_layer={
            "class_name": "LSTM",
            "config": {"name": "m", "units": 4, "go_backwards": True},
        },
    ),
    "two recurrent layers of different kinds": layer(
        "Bidirectional",
        name="it",
        layer=LSTM,
        backward_layer={"class_name": "GRU", "config": {"name": "m", "units": 3}},
    ),
    "a wrapper around what nobody knows": layer(
        "TimeDistributed", name="it", layer={"class_name": "Mine", "config": {"name": "m", "a": 1}}
    ),
    "a normalization over two axes": layer("LayerNormalization", name="it", axis=[1, 2]),
    "a softmax over two axes": layer("Softmax", name="it", axis=[1, 2]),
    "an RNN with two cells": layer(
        "RNN",
        name="it",
        cell={
            "class_name": "StackedRNNCells",
            "config": {"cells": [{"class_name": "LSTMCell", "config": {"units": 3}}]},
        },
    ),
}
INPUT = layer("InputLayer", name="x", batch_shape=[None, 5, 4])


@pytest.mark.parametrize("case", KEPT)
def test_what_the_catalogue_cannot_say_is_kept_whole(case: str) -> None:
    item = KEPT[case]
    reading = read(json.dumps(sequential(INPUT, item)), "model.json")
    assert [found.code for found in reading.diagnostics] == ["keras.unknown_layer"]
    assert [found.code for found in analyse(reading.graph).errors] == ["layer.unknown"]
    written = json.loads(write(reading.graph, "keras_json"))["config"]["layers"][-1]
    assert written["class_name"] == item["class_name"]
    wanted = {key: value for key, value in item["config"].items() if key != "name"}
    assert written["config"].items() >= wanted.items()


def test_attention_that_gives_its_scores_is_kept_whole() -> None:
    call = [[["x", 0, 0, {"value": ["x", 0, 0], "return_attention_scores": True}]]]
    item = layer("MultiHeadAttention", name="it", num_heads=2, key_dim=3)
    config = {
        "name": "m",
        "layers": [
            INPUT | {"name": "x", "inbound_nodes": []},
            item | {"name": "it", "inbound_nodes": call},
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["it", 0, 0], ["it", 0, 1]],
    }
    reading = read(json.dumps({"class_name": "Functional", "config": config}), "model.json")
    assert "keras.unknown_layer" in [found.code for found in reading.diagnostics]


def test_the_mirrored_layer_of_a_bidirectional_is_no_other_layer() -> None:
    back = {"class_name": "LSTM", "config": {"name": "b", "units": 3, "go_backwards": True}}
    item = layer("Bidirectional", name="it", layer=LSTM, backward_layer=back)
    reading = read(json.dumps(sequential(INPUT, item)), "model.json")
    assert [node.type for node in reading.graph] == ["InputLayer", "Bidirectional"]


DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 2}}


def functional(*calls: list[Any], outputs: Any = (("d", 0, 0),)) -> dict[str, Any]:
    start = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 4]}}
    return {
        "class_name": "Functional",
        "config": {
            "layers": [
                {**start, "name": "i", "inbound_nodes": []},
                {**DENSE, "name": "d", "inbound_nodes": list(calls)},
            ],
            "output_layers": [list(output) for output in outputs],
        },
    }


START = {
    "class_name": "InputLayer",
    "config": {"batch_shape": [None, 5, 4]},
    "name": "i",
    "inbound_nodes": [],
}
INNER = {"class_name": "Sequential", "config": {"layers": [DENSE]}}


def beside(kind: str, other: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A model in which a layer is called on an input and on what another layer makes of it."""
    called = {**other, "name": "d", "inbound_nodes": [ON_INPUT]}
    both = [["i", 0, 0, {}], ["d", 0, 0, {}]]
    last = {"class_name": kind, "config": {}, "name": "end", "inbound_nodes": [both], **more}
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["end", 0, 0]]}
    return {"class_name": "Functional", "config": {"layers": [START, called, last], **ends}}


ON_INPUT = [["i", 0, 0, {}]]
NO_CHAINS: dict[str, Any] = {
    "no object": 7,
    "a layer": DENSE,
    "no layers": {"class_name": "Sequential", "config": {"layers": 7}},
    "a layer that is none": {"class_name": "Sequential", "config": {"layers": [7]}},
    "a layer of no class": {"class_name": "Functional", "config": {"layers": [START, {}]}},
    "a class that is a list": beside("Add", {**DENSE, "class_name": ["Dense"]}),
    "called twice": functional(ON_INPUT, ON_INPUT),
    "never called": functional(),
    "called on something else": functional([["other", 0, 0, {}]]),
    "called with more": functional([["i", 0, 0, {"scale": 2}]]),
    "a broken call": functional([7]),
    "two branches of unknown rank": beside("Add", INNER),
    "two branches of two ranks": beside("Add", {"class_name": "Flatten", "config": {}}),
    "a layer of two that is no merge": beside("Attention", DENSE),
    "an operation on the shape": beside(
        "Reshape", DENSE, module="keras.src.ops.numpy", config={"newshape": [-1]}
    ),
    "a mask": functional([["i", 0, 0, {"mask": ["i", 0, 0]}]]),
    "an input of two": {
        "class_name": "Functional",
        "config": {
            "layers": [{**START, "name": "other"}, *functional(ON_INPUT)["config"]["layers"]],
            "input_layers": [["i", 0, 0]],
            "output_layers": [["d", 0, 0]],
        },
    },
    "two outputs": functional(ON_INPUT, outputs=(("d", 0, 0), ("i", 0, 0))),
    "no input": {
        "class_name": "Functional",
        "config": {"layers": [DENSE], "output_layers": [["d", 0, 0]]},
    },
}


@pytest.mark.parametrize("case", NO_CHAINS)
def test_what_is_no_chain_is_not_taken_apart(case: str) -> None:
    assert over_time({"name": "t", "layer": NO_CHAINS[case]}) is None


def test_a_chain_is_taken_apart() -> None:
    made = over_time({"name": "t", "layer": functional(ON_INPUT)})
    assert made
    assert [item["config"]["layer"]["class_name"] for item in made["config"]["layers"]] == ["Dense"]


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        (
            "SeparableConv1D",
            {"filters": 2, "kernel_size": [3], "kernel_initializer": "zeros"},
            {"depthwise_initializer": {"type": "Ones"}},
        ),
        ("Discretization", {"bin_boundaries": [0.0, 1.0], "dtype": "int64"}, {}),
    ],
)
def test_what_a_layer_of_keras_2_never_used_is_not_missed(
    kind: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    given = given | ({"depthwise_initializer": "ones"} if kind.startswith("Sep") else {})
    item = layer(kind, name="it", **given)
    first = layer("InputLayer", name="x", batch_input_shape=[None, 5, 4])
    reading = read(json.dumps(sequential(first, item, version="2.15.0")), "model.json")
    assert reading.diagnostics == ()
    (node,) = (node for node in reading.graph if node.name == "it")
    assert node.params.items() >= wanted.items()


def test_one_size_of_an_attention_of_keras_2_is_a_list_of_one() -> None:
    call = [[["x", 0, 0, {"value": ["x", 0, 0]}]]]
    item = layer("MultiHeadAttention", name="it", num_heads=2, key_dim=3, output_shape=6)
    config = {
        "name": "m",
        "layers": [
            layer("InputLayer", batch_input_shape=[None, 5, 4])
            | {"name": "x", "inbound_nodes": []},
            item | {"name": "it", "inbound_nodes": call},
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["it", 0, 0]],
    }
    reading = read(json.dumps({"class_name": "Functional", "config": config}), "model.json")
    (tensor,) = analyse(reading.graph).nodes[list(reading.graph.nodes)[-1]].outputs or ()
    assert tensor.shape == (None, 5, 6)
