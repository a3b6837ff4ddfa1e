"""The loss that a Caffe network states by a node of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from training.datasets.dataset import Facts
from training.plan import plan
from training.recipe import Recipe

DIGITS = Facts("digits", "image", (8, 8, 1), "uint8", "classes", (), tuple("0123456789"), 100, 10)
NUMBERS = replace(DIGITS, labels="values", label_shape=(10,), classes=None)


def lenet(loss: str = "SoftmaxWithLoss", /, **params: Any) -> Graph:
    """A Caffe network as its file has it: data of both phases in one place, a loss, a measure."""
    nodes = [
        Node("train", "Data", "data", {"crop_size": 8, "channels": 1}, phase="train"),
        Node("test", "Data", "data_test", {"crop_size": 8, "channels": 1}, phase="test"),
        Node("flat", "Flatten", "flat"),
        Node("score", "Dense", "score", {"units": 10}),
        Node("loss", loss, "loss", params),
        Node("accuracy", "Accuracy", "accuracy", phase="test"),
    ]
    edges = [Edge("flat", "score"), Edge("score", "loss"), Edge("score", "accuracy")]
    for data in ("train", "test"):
        edges += [Edge(data, "flat"), Edge(data, "loss", 1, 1), Edge(data, "accuracy", 1, 1)]
    return Graph(nodes, edges, name="lenet")


def test_the_node_of_the_phase_stands_where_both_feed_one_input() -> None:
    graph = lenet()
    known = analyse(graph)
    assert not known.errors
    assert known.nodes["flat"].inputs == (known.nodes["train"].outputs or ())[:1] != ()


def test_training_reads_its_loss_from_the_network() -> None:
    objective = plan(lenet(loss_weight=0.5), DIGITS, Recipe()).objective
    assert (objective.loss.name, objective.weight) == ("sparse_categorical_crossentropy", 0.5)
    assert not objective.from_logits  # the loss node's own softmax is part of the model


@pytest.mark.parametrize(
    ("loss", "facts", "name"),
    [
        ("EuclideanLoss", NUMBERS, "mean_squared_error"),
        ("SigmoidCrossEntropyLoss", NUMBERS, "binary_crossentropy"),
        ("HingeLoss", DIGITS, "categorical_hinge"),
    ],
)
def test_a_loss_that_is_not_quite_the_same_says_so(loss: str, facts: Facts, name: str) -> None:
    graph = lenet(loss)
    if facts is NUMBERS:
        kept = [edge for edge in graph.edges if edge.target_port == 0]
        graph = Graph(graph.nodes, kept, name=graph.name)
    made = plan(graph, facts, Recipe())
    assert made.objective.loss.name == name
    assert "loss.almost" in [warning.code for warning in made.warnings]


def test_losses_without_weight_are_told_and_the_outputs_trained() -> None:
    made = plan(lenet(loss_weight=0.0), DIGITS, Recipe())
    assert [item.code for item in made.warnings][:1] == ["loss.without_weight"]
    assert made.objective.end.loss is None
    assert "loss.without_weight" not in [
        item.code for item in plan(lenet(loss_weight=0.5), DIGITS, Recipe()).warnings
    ]


def test_a_loss_that_keras_has_not_asks_for_one_of_the_settings() -> None:
    with pytest.raises(GraphError) as caught:
        plan(lenet("InfogainLoss"), DIGITS, Recipe())
    assert [(item.code, item.node) for item in caught.value.diagnostics] == [
        ("loss.no_counterpart", "loss")
    ]
    chosen = Recipe(loss="sparse_categorical_crossentropy")
    assert plan(lenet("InfogainLoss"), DIGITS, chosen).objective.from_logits


@pytest.mark.keras
def test_a_model_is_built_and_trained_with_the_stated_factor() -> None:
    import numpy as np

    from exporters.keras_model import build
    from training.compilation import compile_model

    losses = {}
    for weight in (1.0, 0.25):
        graph = lenet(loss_weight=weight)
        objectives = plan(graph, DIGITS, Recipe()).objectives
        model = build(graph)
        assert len(model.inputs) == 1
        compile_model(model, Recipe(optimizer="SGD"), objectives)
        for variable in model.trainable_variables:
            variable.assign(np.ones(variable.shape))
        images = np.ones((4, 8, 8, 1), "float32")
        losses[weight] = model.evaluate(images, np.zeros(4, "int32"), verbose=0)[0]
    assert losses[0.25] == pytest.approx(losses[1.0] / 4)
    assert losses[1.0] == pytest.approx(np.log(10), rel=1e-5)
