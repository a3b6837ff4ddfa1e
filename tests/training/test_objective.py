"""The loss that fits: from the last layer and the labels, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from layers.diagnostics import GraphError
from layers.edits import apply
from layers.graph import Graph
from tests.training.networks import LayerSpec, chain, dense, image_input
from training.datasets.dataset import Facts
from training.plan import held_out, plan
from training.recipe import Recipe

BASE = Facts("data", "vector", (4,), "float32", "classes", (), ("a", "b", "c"), 100, 10)
TWO = replace(BASE, classes=("no", "yes"))
ONE_HOT = replace(BASE, labels="one_hot", label_shape=(3,))
SEVERAL = replace(BASE, labels="several", label_shape=(3,))
NUMBERS = replace(BASE, labels="values", label_shape=(1,), classes=None)
PIXELS = replace(BASE, sample=(8, 8, 1), kind="image", label_shape=(8, 8))

SOFTMAX = [dense(3, "softmax")]
SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"
BINARY, SQUARED = "binary_crossentropy", "mean_squared_error"


def net(*layers: LayerSpec) -> Graph:
    return chain(image_input(4), *layers)


FITS: list[tuple[str, list[LayerSpec], Facts, str | None, str, bool, str | None]] = [
    ("softmax", SOFTMAX, BASE, None, SPARSE, False, "sparse"),
    ("softmax layer", [dense(3), ("Softmax", {})], BASE, None, SPARSE, False, "sparse"),
    (
        "activation layer",
        [dense(3), ("Activation", {"activation": "softmax"})],
        BASE,
        None,
        SPARSE,
        False,
        "sparse",
    ),
    ("logits", [dense(3)], BASE, None, SPARSE, True, "sparse"),
    ("log softmax", [dense(3, "log_softmax")], BASE, None, SPARSE, True, "sparse"),
    (
        "logits behind dropout",
        [dense(3), ("Dropout", {"rate": 0.5})],
        BASE,
        None,
        SPARSE,
        True,
        "sparse",
    ),
    (
        "softmax behind reshape",
        [dense(3, "softmax"), ("Reshape", {"target_shape": [3]})],
        BASE,
        None,
        SPARSE,
        False,
        "sparse",
    ),
    ("more units than classes", [dense(7, "softmax")], BASE, None, SPARSE, False, "sparse"),
    ("one hot", SOFTMAX, ONE_HOT, None, CATEGORICAL, False, "categorical"),
    ("one hot logits", [dense(3)], ONE_HOT, None, CATEGORICAL, True, "categorical"),
    ("one hot sigmoid", [dense(3, "sigmoid")], ONE_HOT, None, BINARY, False, "categorical"),
    ("several", [dense(3, "sigmoid")], SEVERAL, None, BINARY, False, "binary"),
    ("several logits", [dense(3)], SEVERAL, None, BINARY, True, "binary"),
    ("yes or no", [dense(1, "sigmoid")], TWO, None, BINARY, False, "binary"),
    ("yes or no logit", [dense(1)], TWO, None, BINARY, True, "binary"),
    ("two units", [dense(2, "softmax")], TWO, None, SPARSE, False, "sparse"),
    ("numbers", [dense(1)], NUMBERS, None, SQUARED, False, None),
    ("class numbers as numbers", [dense(1)], BASE, None, SQUARED, False, None),
    ("chosen for one hot rows", SOFTMAX, BASE, CATEGORICAL, CATEGORICAL, False, "categorical"),
    ("chosen for class numbers", SOFTMAX, ONE_HOT, SPARSE, SPARSE, False, "sparse"),
    ("chosen for rows as numbers", SOFTMAX, BASE, SQUARED, SQUARED, False, None),
    ("chosen hinge", [dense(1, "tanh")], TWO, "hinge", "hinge", False, None),
    ("chosen huber", [dense(1)], NUMBERS, "huber", "huber", False, None),
    ("chosen kl", SOFTMAX, ONE_HOT, "kl_divergence", "kl_divergence", False, "categorical"),
    ("chosen binary", [dense(1)], TWO, BINARY, BINARY, True, "binary"),
]


@pytest.mark.parametrize(
    ("layers", "facts", "chosen", "loss", "from_logits", "accuracy"),
    [row[1:] for row in FITS],
    ids=[row[0] for row in FITS],
)
def test_the_loss_fits(
    layers: list[LayerSpec],
    facts: Facts,
    chosen: str | None,
    loss: str,
    from_logits: bool,
    accuracy: str | None,
) -> None:
    settled = plan(net(*layers), facts, Recipe(loss=chosen)).objective
    assert (settled.loss.name, settled.from_logits, settled.accuracy) == (
        loss,
        from_logits,
        accuracy,
    )


@pytest.mark.parametrize(
    ("inner", "behind", "from_logits", "place"),
    [
        (dense(3, "softmax"), [], False, ""),
        (dense(3), [], True, ""),
        (dense(3, "softmax"), [("Reshape", {"target_shape": [3]})], False, ""),
        (dense(3, "relu"), [("Dropout", {"rate": 0.5})], True, "n1"),
        (dense(3), [("Softmax", {})], False, ""),
    ],
    ids=["softmax", "logits", "softmax behind", "cut off", "softmax in front"],
)
def test_the_loss_fits_what_a_block_ends_in(
    inner: LayerSpec, behind: list[LayerSpec], from_logits: bool, place: str
) -> None:
    graph = chain(image_input(4), ("Block", {"block": "head", "repeat": 2}), *behind)
    nodes = [("in", ("BlockInput", {})), ("mid", dense(5)), ("out", inner)]
    head = {
        "params": {},
        "nodes": [
            {"id": id_, "type": kind, "name": id_, "params": params}
            for id_, (kind, params) in nodes
        ],
        "edges": [{"source": "in", "target": "mid"}, {"source": "mid", "target": "out"}],
    }
    settled = plan(Graph(graph.nodes, graph.edges, {"head": head}), BASE, Recipe())
    assert settled.objective.from_logits == from_logits
    assert [item.node for item in settled.warnings] == [place] * bool(place)


def test_every_pixel_may_have_a_class() -> None:
    graph = chain(
        image_input(8, 8, 1),
        ("Conv2D", {"filters": 3, "kernel_size": [1, 1], "activation": "softmax"}),
    )
    assert plan(graph, PIXELS, Recipe()).objective.loss.name == SPARSE


MISFITS: list[tuple[str, list[LayerSpec], Facts, str | None, str]] = [
    ("too few units", [dense(2, "softmax")], BASE, None, "labels.units"),
    ("one sigmoid for three", [dense(1, "sigmoid")], BASE, None, "labels.units"),
    ("one softmax", [dense(1, "softmax")], TWO, None, "labels.units"),
    ("wrong width of rows", [dense(4, "softmax")], ONE_HOT, None, "labels.shape"),
    ("two numbers for one", [dense(2)], NUMBERS, None, "labels.shape"),
    (
        "an axis too many",
        [("Reshape", {"target_shape": [2, 2]}), dense(3, "softmax")],
        BASE,
        None,
        "labels.shape",
    ),
    ("no axis at all", [dense(3), ("Reduction", {})], BASE, None, "labels.shape"),
    ("classes by numbers", SOFTMAX, NUMBERS, SPARSE, "recipe.loss_unfit"),
    ("hinge for three", [dense(3)], BASE, "hinge", "recipe.loss_unfit"),
    ("rows too narrow", [dense(2)], BASE, CATEGORICAL, "recipe.loss_unfit"),
]


@pytest.mark.parametrize(
    ("layers", "facts", "chosen", "code"), [row[1:] for row in MISFITS], ids=[r[0] for r in MISFITS]
)
def test_a_misfit_is_refused_with_its_place(
    layers: list[LayerSpec], facts: Facts, chosen: str | None, code: str
) -> None:
    with pytest.raises(GraphError) as caught:
        plan(net(*layers), facts, Recipe(loss=chosen))
    (found,) = [item for item in caught.value.diagnostics if item.severity == "error"]
    assert found.code == code
    assert found.node is not None
    assert found.hint


def test_a_forgotten_flatten_is_put_in_by_the_fix() -> None:
    facts = replace(BASE, sample=(8, 8, 1), kind="image")
    graph = chain(
        image_input(8, 8, 1),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 3]}),
        dense(16, "relu"),
        ("Dropout", {"rate": 0.2}),
        dense(3, "softmax"),
    )
    with pytest.raises(GraphError) as caught:
        plan(graph, facts, Recipe())
    (found,) = caught.value.diagnostics
    assert found.code == "labels.shape"
    assert found.fix is not None
    repaired = apply(graph, found.fix.edits)
    _, convolution, flatten, *_ = repaired
    assert (flatten.type, flatten.position[1]) == ("Flatten", convolution.position[1])
    assert plan(repaired, facts, Recipe()).objective.output == (3,)


def test_too_few_units_are_repaired_by_the_fix() -> None:
    graph = net(dense(8, "relu"), dense(2), ("Softmax", {}))
    with pytest.raises(GraphError) as caught:
        plan(graph, BASE, Recipe())
    fix = caught.value.diagnostics[0].fix
    assert fix is not None
    repaired = apply(graph, fix.edits)
    assert repaired.nodes["n2"].params["units"] == 3
    assert plan(repaired, BASE, Recipe()).objective.loss.name == SPARSE


WARNINGS: list[tuple[list[LayerSpec], Facts, str | None, list[str]]] = [
    (SOFTMAX, BASE, None, []),
    ([dense(3, "relu")], BASE, None, ["labels.activation"]),
    ([dense(1, "tanh")], TWO, None, ["labels.activation"]),
    ([dense(1)], NUMBERS, "poisson", ["labels.negative"]),
    ([dense(1, "softplus")], NUMBERS, "poisson", []),
]


@pytest.mark.parametrize(("layers", "facts", "chosen", "codes"), WARNINGS)
def test_an_ending_that_learns_badly_is_warned_of(
    layers: list[LayerSpec], facts: Facts, chosen: str | None, codes: list[str]
) -> None:
    found = plan(net(*layers), facts, Recipe(loss=chosen)).warnings
    assert [item.code for item in found] == codes
    assert all(item.severity == "warning" for item in found)


LABELS: list[tuple[list[LayerSpec], Facts, str | None, Any, Any]] = [
    (SOFTMAX, BASE, None, [2, 0], [2, 0]),
    (SOFTMAX, ONE_HOT, SPARSE, [[0, 0, 1], [1, 0, 0]], [2, 0]),
    (SOFTMAX, BASE, CATEGORICAL, [2, 0], [[0, 0, 1], [1, 0, 0]]),
    (SOFTMAX, BASE, SQUARED, [1, 0], [[0, 1, 0], [1, 0, 0]]),
    ([dense(1)], TWO, None, [1, 0], [[1], [0]]),
    ([dense(1, "tanh")], TWO, "hinge", [1, 0], [[1], [-1]]),
    ([dense(1)], BASE, None, [2, 0], [[2], [0]]),
]


@pytest.mark.parametrize(("layers", "facts", "chosen", "stored", "taken"), LABELS)
def test_labels_reach_the_loss_in_its_form(
    layers: list[LayerSpec], facts: Facts, chosen: str | None, stored: Any, taken: Any
) -> None:
    kind = np.int64 if facts.labels == "classes" else np.float32
    settled = plan(net(*layers), facts, Recipe(loss=chosen)).objective
    assert settled.labels(np.array(stored, kind)).tolist() == taken


UNTRAINABLE: list[tuple[Graph, str]] = [
    (Graph(), "run.no_layers"),
    (net(("Flatten", {})), "run.nothing_to_learn"),
    (net(dense(0)), "param.minimum"),
]


@pytest.mark.parametrize(("graph", "code"), UNTRAINABLE)
def test_a_network_that_cannot_be_trained_says_why(graph: Graph, code: str) -> None:
    with pytest.raises(GraphError) as caught:
        plan(graph, BASE, Recipe())
    assert caught.value.diagnostics[0].code == code


def test_what_is_kept_aside_leaves_something_to_train_on() -> None:
    with pytest.raises(GraphError) as caught:
        plan(net(*SOFTMAX), replace(BASE, train=1), Recipe(validation_split=0.1))
    assert caught.value.diagnostics[0].code == "recipe.validation"
    assert [held_out(100, share) for share in (0.0, 0.001, 0.25)] == [0, 1, 25]
