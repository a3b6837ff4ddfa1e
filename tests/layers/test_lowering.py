"""Nodes that only Caffe has: kept in the drawing, gone or changed in the model."""

from __future__ import annotations

import pytest

from layers.analysis import analyse
from layers.graph import Edge, Graph, Node
from layers.lowering import is_lowered, losses, lowered
from tests.layers.conftest import chain


def caffe() -> Graph:
    """LeNet's ends as a Caffe file has them: data with labels, a loss and a measure."""
    nodes = [
        Node("data", "Data", "mnist", {"crop_size": 8, "channels": 1}),
        Node("conv", "Conv2D", "conv", {"filters": 4, "kernel_size": [3, 3]}),
        Node("flat", "Flatten", "flat"),
        Node("score", "Dense", "score", {"units": 10}),
        Node("loss", "SoftmaxWithLoss", "loss"),
        Node("accuracy", "Accuracy", "accuracy", phase="test"),
        Node("quiet", "Silence", "quiet"),
    ]
    edges = [
        Edge("data", "conv"),
        Edge("conv", "flat"),
        Edge("flat", "score"),
        Edge("score", "loss"),
        Edge("data", "loss", 1, 1),
        Edge("score", "accuracy"),
        Edge("data", "accuracy", 1, 1),
        Edge("conv", "quiet"),
    ]
    return Graph(nodes, edges, name="lenet")


def test_a_caffe_network_is_sound_and_names_its_loss() -> None:
    graph = caffe()
    assert not analyse(graph).errors
    assert [node.id for node in losses(graph)] == ["loss"]
    assert not is_lowered(graph)


def test_the_model_keeps_what_predicts() -> None:
    graph = caffe()
    model = lowered(graph, analyse(graph).nodes)
    assert {node.id: node.type for node in model} == {
        "data": "InputLayer",
        "conv": "Conv2D",
        "flat": "Flatten",
        "score": "Dense",
        "loss": "Activation",
    }
    analysis = analyse(model)
    assert not analysis.diagnostics
    before = analyse(graph).nodes["data"].outputs
    assert before is not None
    assert analysis.nodes["data"].outputs == before[:1]
    assert model.nodes["loss"].params == {"activation": "softmax"}


def test_inputs_of_labels_alone_are_no_inputs_of_the_model() -> None:
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [4]}),
        Node("y", "InputLayer", "y", {"shape": [4]}),
        Node("d", "Dense", "d", {"units": 4}),
        Node("l", "EuclideanLoss", "l"),
    ]
    graph = Graph(nodes, [Edge("x", "d"), Edge("d", "l"), Edge("y", "l", 0, 1)])
    assert set(lowered(graph, analyse(graph).nodes).nodes) == {"x", "d"}


def test_an_ordinary_network_is_left_alone() -> None:
    graph = chain(("InputLayer", {"shape": [4]}), ("Dense", {"units": 2}))
    assert is_lowered(graph)


@pytest.mark.keras
def test_keras_builds_what_is_left() -> None:
    from exporters.keras_model import build

    model = build(caffe())
    assert model.output_shape == (None, 10)
    assert [layer.name for layer in model.layers] == ["mnist", "conv", "flat", "score", "loss"]
