"""Every layer and every network as ONNX: the checker accepts it, and ONNX Runtime computes what our
Keras build does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import onnx
import pytest

from exporters.format import formats, write
from exporters.weights import count, declared
from exporters.zoo import zoo
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Graph
from layers.layer import LAYERS
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, edges, node, of_example
from tests.exporters.onnx.runtime import assert_equal, checked, ran

MAX_WEIGHTS = 3_000_000
"""Of a network in this table: what is larger shows nothing new and takes long."""

UNWRITABLE = {
    "AutoContrast",
    "CategoryEncoding",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Discretization",
    "Filter",
    "Hashing",
    "HashedCrossing",
    "Masking",
    "MelSpectrogram",
    "RandomCrop",
    "STFTSpectrogram",
}
"""Layers that no example of can be written."""

PARTLY = {
    *("Activation", "CaffePooling2D", "CenterCrop", "MultiHeadAttention", "Resizing"),
    *("Bidirectional", "GRU", "LSTM"),  # with a mask
}
"""Layers that some examples of cannot be written."""

LAYER_NAMES = [name for name, layer in LAYERS.items() if layer.role == "layer" and layer.examples]


def size(graph: Graph) -> int:
    return sum(analyse(graph).nodes[item.id].trainable for item in graph)


def same_as_keras(graph: Graph) -> None:
    """The written network computes what our Keras build does, with the same weights."""
    weights, inputs = random_weights(graph), random_inputs(graph)
    data = write(graph, "onnx", weights)
    checked(data)
    assert_equal(ran(data, inputs), computed(graph, weights, inputs))


def free_batch(graph: Graph) -> Graph:
    """The same network, with inputs of any number of samples."""
    for item in list(graph.nodes.values()):
        if item.type == "InputLayer" and item.params.get("batch_size"):
            graph = graph.with_node(replace(item, params={**item.params, "batch_size": None}))
    return graph


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_a_layer_computes_the_same(name: str) -> None:
    refused = 0
    for example in LAYERS[name].examples:
        graph = free_batch(of_example(LAYERS[name], example))
        if size(graph) > MAX_WEIGHTS:
            continue
        found = formats()["onnx"].obstacles(graph)
        if found:
            refused += 1
            assert [(item.code, item.node) for item in found] == [("onnx.layer", "it")]
            with pytest.raises(GraphError) as caught:
                write(graph, "onnx")
            assert caught.value.diagnostics == found
        else:
            same_as_keras(graph)
    assert (refused == len(LAYERS[name].examples)) == (name in UNWRITABLE)
    assert (refused > 0) == (name in UNWRITABLE | PARTLY)


@pytest.mark.parametrize(
    "graph",
    [
        *(pytest.param(card.graph, id=name) for name, card in zoo().items()),
        *(pytest.param(graph, id=name) for name, graph in CONNECTED.items()),
    ],
)
def test_a_network_computes_the_same(graph: Graph) -> None:
    if size(graph) > MAX_WEIGHTS:
        checked(write(graph, "onnx"))
    else:
        same_as_keras(graph)


def test_a_chain_of_convolutions_is_turned_once_at_each_end() -> None:
    model = checked(
        write(zoo()["resnet"].graph if "resnet" in zoo() else zoo()["cnn"].graph, "onnx")
    )
    kinds = [item.op_type for item in model.graph.node]
    assert kinds.count("Transpose") <= 2


def test_operations_tensors_and_ends_are_named_after_layers() -> None:
    graph = CONNECTED["branches"]
    model = checked(write(graph, "onnx"))
    names = {item.name for item in model.graph.node}
    assert names >= {item.name for item in graph.nodes.values() if item.type != "InputLayer"}
    assert [item.name for item in model.graph.output] == ["left", "right"]
    assert [item.name for item in model.graph.input][:2] == ["image", "numbers"]


def test_without_weights_they_are_inputs_of_the_graph() -> None:
    graph = CONNECTED["branches"]
    model = checked(write(graph, "onnx"))
    marked = [item.name for item in model.graph.input if item.doc_string == "weight"]
    expected = [f"{owner}/{name}" for owner, found in declared(graph).items() for name in found]
    assert {name.removesuffix("/first") for name in marked} == set(expected)
    full = checked(write(graph, "onnx", random_weights(graph)))
    assert len(full.graph.input) == 2
    sizes = {item.name: onnx.numpy_helper.to_array(item).size for item in full.graph.initializer}
    assert sum(sizes[name] for name in marked) == count(random_weights(graph))


def test_shared_layers_have_their_weights_once() -> None:
    graph = CONNECTED["siamese"]
    model = checked(write(graph, "onnx", random_weights(graph)))
    names = [item.name for item in model.graph.initializer]
    assert len(names) == len(set(names)) == 6
    same_as_keras(graph)


def test_a_mask_that_is_heeded_is_in_the_way_of_the_layer() -> None:
    graph = Graph(
        [
            node("words", "InputLayer", shape=[7], dtype="int32"),
            node("vectors", "Embedding", input_dim=9, output_dim=4, mask_zero=True),
            node("dense", "Dense", units=3),
            node("lstm", "LSTM", units=3),
        ],
        edges("words>vectors", "vectors>dense", "dense>lstm"),
    )
    (found,) = formats()["onnx"].obstacles(graph)
    assert (found.code, found.node) == ("onnx.mask", "lstm")
    unmasked = graph.nodes["vectors"]
    graph = graph.with_node(replace(unmasked, params={**unmasked.params, "mask_zero": False}))
    assert formats()["onnx"].obstacles(graph) == ()
    same_as_keras(graph)


def test_states_carry_no_mask_with_them() -> None:
    graph = Graph(
        [
            node("words", "InputLayer", shape=[7], dtype="int32"),
            node("target", "InputLayer", shape=[5, 4]),
            node("vectors", "Embedding", input_dim=9, output_dim=4, mask_zero=True),
            node("encoder", "GRU", units=3, return_sequences=True, return_state=True),
            node("decoder", "GRU", units=3),
        ],
        edges("words>vectors", "vectors>encoder", "target>decoder", "encoder:1>decoder:1"),
    )
    (found,) = formats()["onnx"].obstacles(graph)
    assert (found.code, found.node) == ("onnx.mask", "encoder")


RECURRENT: list[dict[str, Any]] = [
    {"go_backwards": True, "return_sequences": True, "return_state": True},
    {"activation": "relu", "use_bias": False, "return_sequences": True},
    {"activation": "hard_sigmoid", "return_state": True},
]
FURTHER: dict[str, list[dict[str, Any]]] = {
    "LSTM": [{"recurrent_activation": "hard_sigmoid"}],
    "GRU": [{"recurrent_activation": "hard_sigmoid"}, {"reset_after": False}],
    "SimpleRNN": [],
}


@pytest.mark.parametrize("kind", FURTHER)
def test_recurrent_layers_with_every_parameter(kind: str) -> None:
    steps = node("x", "InputLayer", shape=[6, 4])
    for params in [*RECURRENT, *FURTHER[kind]]:
        same_as_keras(Graph([steps, node("it", kind, units=3, **params)], edges("x>it")))
        inner = {"type": kind, "units": 3, **params, "go_backwards": False}
        both = node("it", "Bidirectional", layer=inner)
        same_as_keras(Graph([steps, both], edges("x>it")))
