"""Networks with several losses: trained as Keras does it with loss_weights, asked at one end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.blocks import expand
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from tests.training.fitting import Arrays, fit
from tests.training.networks import dense, image_input
from tests.training.several import (
    IN_TRAINING,
    block_heads,
    drawn,
    googlenet,
    head_within,
    hidden_heads,
    in_training,
    loss_within,
    plain_block,
    plain_googlenet,
    plain_heads,
    plain_stages,
    stages,
    tree,
    two_heads,
)
from training import datasets
from training.datasets.dataset import Facts, Wanted, silent
from training.events import Batch, Epoch, Evaluation, Stopped
from training.learner import learner
from training.plan import plan
from training.recipe import Recipe
from training.sinks import ListSink

RECIPE = Recipe(epochs=2, batch_size=64, seed=3, optimizer={"type": "Adam", "learning_rate": 0.01})
SPARSE, HINGE, LOGITS = "sparse_categorical_crossentropy", "categorical_hinge", "logits"
SEVERAL, EQUAL = "loss.several", "labels.outputs"


ALIKE: list[tuple[str, Graph, Callable[[Any], Any], dict[str, tuple[str, float]], str]] = [
    (
        "three losses",
        googlenet(),
        plain_googlenet,
        {"loss1": (SPARSE, 0.3), "loss2": (SPARSE, 0.3), "loss3": (SPARSE, 1.0)},
        "loss3",
    ),
    (
        "two outputs",
        two_heads(),
        plain_heads,
        {"first": (SPARSE, 1.0), "second": (LOGITS, 1.0)},
        "second",
    ),
    (
        "in stages, several losses on one tensor",
        stages(),
        plain_stages,
        {"a": (HINGE, 0.5), "b": (HINGE, 2.0), "d": (HINGE, 0.5), "c": (SPARSE, 0.25)},
        "b",
    ),
    (
        "two outputs of a block",
        block_heads(),
        plain_block,
        {"heads": (LOGITS, 1.0), "heads_1": (LOGITS, 1.0)},
        "heads_1",
    ),
]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("graph", "plain", "losses", "main"), [row[1:] for row in ALIKE], ids=[r[0] for r in ALIKE]
)
def test_history_and_test_are_those_of_keras_with_loss_weights(
    graph: Graph, plain: Callable[[Any], Any], losses: dict[str, tuple[str, float]], main: str
) -> None:
    import keras

    weights = drawn(graph)
    result, sink = fit(graph, RECIPE.replace(shuffle=False), weights=weights)
    model = plain(keras)
    named = {node.name: weights[node.id] for node in expand(graph) if node.id in weights}
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(list(named[layer.name].values()))
    told = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    is_rows = {name: kind == HINGE for name, (kind, _) in losses.items()}
    accuracy = "categorical_accuracy" if is_rows[main] else "sparse_categorical_accuracy"
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=[
            told if losses[name][0] == LOGITS else losses[name][0] for name in model.output_names
        ],
        loss_weights=[losses[name][1] for name in model.output_names],
        metrics=[[accuracy] if name == main else None for name in model.output_names],
    )

    def arrays(x: Any, y: Any) -> Any:
        grey = x.astype(np.float32) / 16
        is_image = model.input_shape == (None, 8, 8, 3)
        taken = np.repeat(grey, 3, axis=-1) if is_image else grey.reshape(-1, 64)
        rows = np.eye(10, dtype=np.float32)[y]
        return taken, [rows if is_rows[name] else y for name in model.output_names]

    data = datasets.find("digits").load(silent, Wanted())
    order = np.random.default_rng(3).permutation(len(data.x_train))
    held = round(len(order) * 0.1)
    kept, aside = np.sort(order[held:]), np.sort(order[:held])
    history = model.fit(
        *arrays(data.x_train[kept], data.y_train[kept]),
        batch_size=64,
        epochs=2,
        shuffle=False,
        validation_data=arrays(data.x_train[aside], data.y_train[aside]),
        validation_batch_size=512,
        verbose=0,
    ).history
    ours = {
        name: name.replace(accuracy, "accuracy").replace(f"{main}_acc", "acc") for name in history
    }
    assert set(result.history) == set(ours.values())
    for name, values in history.items():
        assert result.history[ours[name]] == pytest.approx(values, rel=1e-4), name
    test = model.evaluate(
        *arrays(data.x_test, data.y_test), batch_size=512, return_dict=True, verbose=0
    )
    assert result.test == pytest.approx(
        {ours[name]: value for name, value in test.items()}, rel=1e-4
    )
    # Every event of a kind has the same metrics, those of the whole first.
    for kind in (Batch, Epoch):
        names = {tuple(event.metrics) for event in sink.events if isinstance(event, kind)}
        assert len(names) == 1
        assert next(iter(names))[:2] == ("accuracy", "loss")


HALVES = Facts("halves", "vector", (64,), "float32", "classes", (), tuple("0123456789"), 60, 10)
POINTS = np.random.default_rng(1).normal(size=(60, 64)).astype(np.float32)
FEW = Arrays(HALVES, POINTS, np.arange(60) % 10)
IMAGES = Arrays(
    replace(HALVES, kind="image", sample=(8, 8, 3)),
    POINTS.reshape(60, 8, 8, 1).repeat(3, -1),
    FEW.y,
)


SHORT = RECIPE.replace(batch_size=20)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, ListSink]:
    """A run whose first loss is there in training alone: its files, its result, what it told."""
    folder = tmp_path_factory.mktemp("run")
    graph = googlenet(IN_TRAINING)
    return folder, *fit(graph, SHORT, IMAGES, directory=folder, weights=drawn(graph))


@pytest.mark.keras
def test_what_is_there_in_training_alone_is_trained_and_not_measured(
    run: tuple[Path, Any, ListSink],
) -> None:
    folder, result, sink = run
    names = {"accuracy", "loss", "loss2_loss", "loss3_loss"}
    assert set(result.test) == names
    assert set(result.history) == {*names, "loss1_loss", *(f"val_{name}" for name in names)}
    metrics = [result.history[f"val_{name}"] for name in ("loss", "loss2_loss", "loss3_loss")]
    for whole, second, third in zip(*metrics, strict=True):
        assert whole == pytest.approx(0.3 * second + third, rel=1e-5)
    epochs = [event for event in sink.events if isinstance(event, Epoch)]
    assert {frozenset(event.metrics) for event in epochs} == {frozenset(result.history)}
    graph = Graph.from_json(json.loads((folder / "graph.json").read_text()))
    (head,) = (node.id for node in graph if node.name == "loss1_fc")
    learnt = result.model.get_layer("loss1_fc").get_weights()[0]
    assert np.abs(learnt - drawn(graph)[head]["kernel"]).max() > 1e-3


@pytest.mark.keras
def test_the_only_end_that_is_measured_still_tells_its_own_loss() -> None:
    graph = in_training("a")
    nodes = {identity: node for identity, node in graph.nodes.items() if identity not in "cd"}
    kept = [edge for edge in graph.edges if edge.target not in "cd"]
    result, _ = fit(Graph(nodes, kept), RECIPE, FEW)
    assert set(result.test) == {"accuracy", "loss", "b_loss"}
    assert result.test["loss"] == pytest.approx(2 * result.test["b_loss"])
    assert set(result.history) - {"a_loss"} == {
        f"{phase}{name}" for phase in ("", "val_") for name in result.test
    }


@pytest.mark.keras
def test_the_main_end_is_asked(run: tuple[Path, Any, ListSink]) -> None:
    """By the confusion matrix and by a prediction, wherever it is among the outputs."""
    import keras

    from training import assessment

    folder, result, _ = run
    graph = googlenet(IN_TRAINING)
    (main,) = (node.name for node in graph if node.name.startswith("loss3_loss"))
    only = keras.Model(result.model.input, result.model.get_layer(main).output)
    found = assessment.evaluate(graph, IMAGES, SHORT, folder, "job")
    assert isinstance(found, Evaluation)
    assert found.metrics == pytest.approx(result.test, rel=1e-5)
    chosen = np.argmax(only.predict(IMAGES.x[:10], verbose=0), axis=-1)
    assert np.trace(np.array(found.confusion)) == (chosen == np.arange(10)).sum()
    assert found.accuracy == pytest.approx((chosen == np.arange(10)).mean())
    trained = assessment.load(graph, folder)
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    answer = assessment.predict(trained, pixels, "job")
    stored = pixels[None] * (trained.white / 255)
    expected = only(trained.preparation.apply(stored.astype(np.float32)))[0]
    assert [item["index"] for item in answer.top] == np.argsort(-expected, kind="stable")[
        :5
    ].tolist()
    # The file that is kept is the whole network, with what a further training needs.
    loaded = keras.models.load_model(folder / "model.keras")
    assert len(loaded.outputs) == 3
    assert int(loaded.optimizer.iterations) == 2 * 3
    for ours, theirs in zip(result.model(IMAGES.x[:3]), loaded(IMAGES.x[:3]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.keras
def test_a_stopped_run_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    graph = in_training("a")
    whole, _ = fit(graph, SHORT, FEW)
    # An epoch has three steps and one of measuring.
    count = itertools.count(1)
    _, first = fit(graph, SHORT, FEW, directory=tmp_path, should_stop=lambda: next(count) >= 6)
    assert isinstance(first.events[-1], Stopped)
    rest, second = fit(graph, SHORT, FEW, directory=tmp_path, resume=True)
    assert second.kinds[:2] == ["started", "resumed"]
    assert (rest.history, rest.test) == (whole.history, whole.test)


@pytest.mark.keras
def test_a_stop_in_the_middle_of_measuring_is_a_stop() -> None:
    count = itertools.count(1)
    _, sink = fit(in_training("a"), SHORT, FEW, should_stop=lambda: next(count) >= 4)
    assert sink.kinds == ["started", "epoch_begin", "stopped"]
    metrics = next(event.metrics for event in sink.events if isinstance(event, Batch))
    assert list(metrics) == ["accuracy", "loss", "a_loss", "b_loss", "d_loss", "c_loss"]


@pytest.mark.keras
def test_what_no_loss_compares_stays_as_it_is() -> None:
    graph = stages()
    extra = Node("shown", "Dense", "shown", {"units": 2})
    graph = Graph({**graph.nodes, "shown": extra}, [*graph.edges, Edge("trunk", "shown")])
    weights = drawn(graph)
    result, _ = fit(graph, RECIPE, FEW, weights=weights)
    kept, _ = result.model.get_layer("shown").get_weights()
    np.testing.assert_array_equal(kept, weights["shown"]["kernel"])
    assert not any("shown" in name for name in result.history)


def test_the_sum_and_the_main_loss_are_told() -> None:
    settled = plan(googlenet(), IMAGES.facts, Recipe())
    assert [item.code for item in settled.warnings] == [SEVERAL]
    assert "0.3 × loss1_loss + 0.3 × loss2_loss + 1 × loss3_loss3" in settled.warnings[0].message
    assert settled.objective.end.node.name == "loss3_loss3"
    assert (settled.loss, settled.objective.from_logits) == (SPARSE, False)


@pytest.mark.parametrize("graph", [head_within(), block_heads(), two_heads(), *hidden_heads()])
def test_every_output_that_keras_has_is_trained(graph: Graph) -> None:
    settled = plan(graph, datasets.find("digits").static, Recipe())
    made = learner(graph, settled.objectives)
    assert len(made.network.outputs) == len(settled.objectives) > 1
    assert set(map(id, made.learning.model.outputs)) == set(map(id, made.network.outputs))


def test_of_heads_in_and_behind_a_block_the_deeper_is_asked() -> None:
    settled = plan(head_within(), datasets.find("digits").static, Recipe())
    assert [(each.end.place, each.end.is_main) for each in settled.objectives] == [
        (("trunk", 0), False),
        (("head", 0), True),
    ]
    assert [said.code for said in settled.warnings] == [EQUAL]


def test_a_loss_within_a_block_is_trained_as_without_the_block() -> None:
    graph = loss_within()
    (inside,) = plan(graph, datasets.find("digits").static, Recipe()).objectives
    (outside,) = plan(expand(graph), datasets.find("digits").static, Recipe()).objectives
    assert (inside.loss.name, inside.weight, inside.from_logits) == (SPARSE, 0.5, False)
    assert inside == outside
    made = learner(graph, [inside]).network
    assert [layer.name for layer in made.layers] == ["x", "t", "head_score", "head_loss"]


def test_what_does_not_fit_within_a_block_is_said_at_the_block() -> None:
    with pytest.raises(GraphError) as caught:
        plan(loss_within(units=4), datasets.find("digits").static, Recipe())
    assert [(found.code, found.node) for found in caught.value.diagnostics] == [
        ("recipe.loss_unfit", "head")
    ]


def test_outputs_without_loss_nodes_are_told_to_be_trained_alike() -> None:
    settled = plan(two_heads(), HALVES, Recipe())
    assert [(item.code, item.severity) for item in settled.warnings] == [(EQUAL, "hint")]
    assert [(one.weight, one.from_logits) for one in settled.objectives] == [
        (1.0, False),
        (1.0, True),
    ]


def test_a_chosen_loss_takes_the_place_of_each_and_leaves_the_weights() -> None:
    settled = plan(googlenet(), IMAGES.facts, Recipe(loss="categorical_crossentropy"))
    assert {one.loss.name for one in settled.objectives} == {"categorical_crossentropy"}
    assert [one.weight for one in settled.objectives] == [0.3, 0.3, 1.0]
    assert [item.code for item in settled.warnings] == [SEVERAL]


def test_losses_by_different_names_are_all_told() -> None:
    assert plan(stages(), HALVES, Recipe()).loss == f"{HINGE}, {SPARSE}"


def two_tasks() -> Graph:
    """Each loss has labels of its own."""
    nodes = {
        "x": image_input(64),
        "y": image_input(1),
        "z": image_input(1),
        "first": dense(10),
        "second": dense(10),
        "a": ("SoftmaxWithLoss", {}),
        "b": ("SoftmaxWithLoss", {}),
    }
    edges = ["x first", "x second", "first a", "second b", "y a 0 1", "z b 0 1"]
    return tree(nodes, *edges)


def unlike() -> Graph:
    """One of several losses is none of Keras."""
    graph = stages()
    return graph.with_node(replace(graph.nodes["b"], type="InfogainLoss"))


REFUSED: list[tuple[str, Graph, str | None, str, str]] = [
    ("other labels", two_tasks(), None, "loss.other_labels", "b"),
    ("an output that does not fit", two_heads(4), None, "labels.output", "second"),
    ("one that the chosen loss does not fit", two_heads(4), SPARSE, "recipe.loss_unfit", "second"),
    ("a loss that Keras has not", unlike(), None, "loss.no_counterpart", "b"),
]


@pytest.mark.parametrize(
    ("graph", "chosen", "code", "place"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_cannot_be_trained_together_is_named(
    graph: Graph, chosen: str | None, code: str, place: str
) -> None:
    with pytest.raises(GraphError) as caught:
        plan(graph, HALVES, Recipe(loss=chosen))
    (mistake,) = caught.value.diagnostics
    assert (mistake.code, mistake.node) == (code, place)
    assert mistake.hint
    assert (mistake.fix is not None) == (code == "labels.output")


def test_a_chosen_loss_trains_what_keras_has_not() -> None:
    settled = plan(unlike(), HALVES, Recipe(loss=SPARSE))
    assert [one.weight for one in settled.objectives] == [0.5, 2.0, 0.5, 0.25]
