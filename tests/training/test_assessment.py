"""Asking a trained network: the test set, images, and every kind of label and loss."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.diagnostics import GraphError
from tests.training.fitting import Arrays, fit
from tests.training.networks import LayerSpec, chain, classifier, dense, image_input
from training import datasets
from training.datasets.dataset import Data, Facts
from training.events import Evaluation, Finished
from training.recipe import Recipe

pytestmark = pytest.mark.keras


POINTS = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
CLASSES = np.arange(40) % 3
TABLE = Facts("table", "vector", (4,), "float32", "classes", (), ("a", "b", "c"), 40, 10)
NUMBERS = replace(TABLE, labels="values", label_shape=(1,), classes=None)
TWO = replace(TABLE, classes=("no", "yes"))
ROWS = replace(TABLE, labels="one_hot", label_shape=(3,))
SEVERAL = replace(TABLE, labels="several", label_shape=(3,))
POSITIVE = np.abs(POINTS[:, :1]) + 0.1

KINDS: list[tuple[str, LayerSpec, Facts, Any, str | None, str]] = [
    ("softmax", dense(3, "softmax"), TABLE, CLASSES, None, "accuracy"),
    ("logits", dense(3), TABLE, CLASSES, None, "accuracy"),
    ("one hot", dense(3, "softmax"), ROWS, np.eye(3)[CLASSES], None, "accuracy"),
    ("several", dense(3, "sigmoid"), SEVERAL, np.eye(3)[CLASSES], None, "accuracy"),
    ("several logits", dense(3), SEVERAL, np.eye(3)[CLASSES], None, "accuracy"),
    ("yes or no", dense(1, "sigmoid"), TWO, CLASSES % 2, None, "accuracy"),
    ("yes or no logit", dense(1), TWO, CLASSES % 2, None, "accuracy"),
    ("number", dense(1), NUMBERS, POINTS[:, :1], None, "mae"),
    *(
        (name, dense(3, "softmax"), TABLE, CLASSES, name, "accuracy")
        for name in (
            "categorical_crossentropy",
            "categorical_focal_crossentropy",
            "binary_crossentropy",
            "binary_focal_crossentropy",
            "kl_divergence",
            "categorical_hinge",
        )
    ),
    *(
        (name, dense(1, "tanh"), TWO, CLASSES % 2, name, "mae")
        for name in ("hinge", "squared_hinge")
    ),
    *(
        (name, dense(1, "softplus"), NUMBERS, POSITIVE, name, "mae")
        for name in (
            "mean_absolute_error",
            "huber",
            "log_cosh",
            "mean_absolute_percentage_error",
            "mean_squared_logarithmic_error",
            "poisson",
            "cosine_similarity",
        )
    ),
]


@pytest.mark.parametrize(
    ("ending", "facts", "labels", "loss", "metric"),
    [row[1:] for row in KINDS],
    ids=[row[0] for row in KINDS],
)
def test_every_kind_of_label_and_loss_trains_and_is_measured(
    tmp_path: Path, ending: LayerSpec, facts: Facts, labels: Any, loss: str | None, metric: str
) -> None:
    from training import assessment

    kind = np.int64 if facts.labels == "classes" else np.float32
    data = Arrays(facts, POINTS, np.asarray(labels, kind))
    graph = chain(image_input(4), dense(8, "tanh"), ending)
    recipe = Recipe(epochs=1, batch_size=8, loss=loss, seed=0)
    result, sink = fit(graph, recipe, data, directory=tmp_path)
    assert set(result.test) == {"loss", metric}
    measured = assessment.evaluate(graph, data, recipe, tmp_path, "job")
    assert measured.metrics == pytest.approx(result.test, rel=1e-5)
    if metric == "accuracy" and facts.labels != "several":
        assert measured.confusion is not None
        counts = np.array(measured.confusion)
        assert counts.sum() == 10
        assert np.trace(counts) / 10 == pytest.approx(measured.accuracy)
    else:
        assert measured.confusion is None
    assert isinstance(sink.events[-1], Finished)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run that has learnt digits."""
    folder = tmp_path_factory.mktemp("run")
    fit(classifier(hidden=64), Recipe(epochs=12, batch_size=32, seed=2), directory=folder)
    return folder


class TestAssessment:
    def test_the_test_set_is_measured_class_by_class(self, trained: Path) -> None:
        from training import assessment

        recipe = Recipe(epochs=12, batch_size=32, seed=2)
        data = datasets.find("digits")
        found = assessment.evaluate(classifier(hidden=64), data, recipe, trained, "j")
        assert isinstance(found, Evaluation)
        kept = json.loads((trained / "history.json").read_text())["test"]
        assert found.accuracy == pytest.approx(kept["accuracy"])
        counts = np.array(found.confusion)
        assert counts.shape == (10, 10)
        assert counts.sum() == 360
        assert found.per_class is not None
        for index, row in enumerate(found.per_class):
            assert row["label"] == str(index)
            assert row["support"] == counts[index].sum()
            assert row["recall"] == pytest.approx(counts[index, index] / counts[index].sum())
            assert row["precision"] == pytest.approx(counts[index, index] / counts[:, index].sum())
        assert found.classes == tuple("0123456789")

    def test_real_digits_are_read_as_the_data_set_has_them(self, trained: Path) -> None:
        from training import assessment
        from training.images import fit_image, read_image, to_png
        from training.samples import read_samples

        network = assessment.load(classifier(hidden=64), trained)
        samples = read_samples(trained, network.classes, 40)
        assert [sample.label for sample in samples[:10]] == list("0123456789")
        right = 0
        for sample in samples:
            pixels, said = fit_image(read_image(to_png(sample.pixels)), (8, 8, 1), dark=True)
            assert said == []
            found = assessment.predict(network, pixels, "j", ["Said."])
            assert len(found.top) == 5
            shares = [item["probability"] for item in found.top]
            assert shares == sorted(shares, reverse=True)
            assert found.image.startswith("data:image/png;base64,")
            assert found.adapts == ("Said.",)
            right += found.top[0]["label"] == sample.label
        assert right >= 36

    def test_weights_of_the_last_checkpoint_answer_where_a_run_was_lost(
        self, trained: Path, tmp_path: Path
    ) -> None:
        from training import assessment

        for name in ("plan.json", "checkpoint.npz"):
            (tmp_path / name).write_bytes((trained / name).read_bytes())
        x = np.random.default_rng(0).random((3, 64), np.float32)
        graph = classifier(hidden=64)
        kept, saved = (assessment.load(graph, folder) for folder in (tmp_path, trained))
        np.testing.assert_array_equal(kept.model(x), saved.model(x))
        assert assessment.weights_time(tmp_path) > 0

    def test_without_weights_there_is_no_answer(self, trained: Path, tmp_path: Path) -> None:
        from training import assessment

        (tmp_path / "plan.json").write_bytes((trained / "plan.json").read_bytes())
        with pytest.raises(GraphError) as caught:
            assessment.load(classifier(hidden=64), tmp_path)
        assert caught.value.diagnostics[0].code == "run.no_weights"

    @pytest.mark.parametrize(
        ("outputs", "from_logits", "top"),
        [
            ([0.2, 0.7, 0.1], False, [("b", 0.7), ("a", 0.2), ("c", 0.1)]),
            ([0.0, np.log(3.0)], True, [("b", 0.75), ("a", 0.25)]),
            ([1000.0, 0.0], True, [("a", 1.0), ("b", 0.0)]),
            ([0.9], False, [("b", 0.9), ("a", 0.1)]),
            ([0.0], True, [("a", 0.5), ("b", 0.5)]),
            ([0.1, 0.1, 0.1, 0.7], False, [("3", 0.7), ("a", 0.1), ("b", 0.1), ("c", 0.1)]),
        ],
    )
    def test_outputs_become_probabilities(
        self, outputs: list[float], from_logits: bool, top: list[tuple[str, float]]
    ) -> None:
        from training.assessment import probabilities, rank

        found = rank(probabilities(np.array(outputs), from_logits), ("a", "b", "c"))
        assert [row["label"] for row in found] == [label for label, _ in top]
        assert [row["probability"] for row in found] == pytest.approx([p for _, p in top])

    def test_a_network_of_numbers_answers_with_numbers(self, tmp_path: Path) -> None:
        from training import assessment

        facts = replace(NUMBERS, sample=(16,))
        x = np.random.default_rng(0).random((40, 16), np.float32)
        graph = chain(image_input(16), dense(1))
        data = Arrays(facts, x, x[:, :1])
        fit(graph, Recipe(epochs=1, seed=0), data, directory=tmp_path)
        network = assessment.load(graph, tmp_path)
        pixels = np.full((4, 4, 1), 255, np.uint8)
        found = assessment.predict(network, pixels, "j")
        assert found.top == ()
        (expected,) = network.model(np.ones((1, 16), np.float32)).numpy()[0]
        assert found.values == pytest.approx((float(expected),))


@pytest.mark.parametrize(
    ("facts", "x"),
    [
        (replace(TABLE, sample=(5,)), np.zeros((40, 5), np.float32)),
        (replace(TABLE, sample=(4,)), POINTS),
        (replace(TABLE, sample=(16,)), np.full((40, 16), -1, np.float32)),
        (replace(TABLE, sample=(16,), kind="tokens"), np.zeros((40, 16), np.int32)),
    ],
)
def test_what_is_no_picture_leaves_no_samples(tmp_path: Path, facts: Facts, x: Any) -> None:
    from training.samples import read_samples, save_samples

    save_samples(tmp_path, Data(facts, x, CLASSES, x, CLASSES))
    assert read_samples(tmp_path, None, 5) == []


@pytest.mark.parametrize("labels", ["values", "one_hot"])
def test_pictures_without_class_numbers_are_kept_too(tmp_path: Path, labels: Any) -> None:
    from training.samples import read_samples, save_samples

    facts = replace(TABLE, sample=(4, 4, 1), labels=labels, kind="image")
    y = np.eye(3, dtype=np.float32)[CLASSES] if labels == "one_hot" else POINTS[:, :1]
    x = np.ones((40, 4, 4, 1), np.float32)
    save_samples(tmp_path, Data(facts, x, y, x, y))
    classes = facts.classes if labels == "one_hot" else None
    found = read_samples(tmp_path, classes, 3)
    assert [sample.label for sample in found] == (
        ["a", "b", "c"] if labels == "one_hot" else [""] * 3
    )
    assert (found[0].pixels == 255).all()
