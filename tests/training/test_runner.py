"""Training itself: it learns, it can be stopped and resumed, and what fails names its cause."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.training.networks import LayerSpec, chain, classifier, dense, image_input
from training import datasets
from training.datasets.dataset import Data, Dataset, Facts, Say, Wanted
from training.events import Batch, Epoch, Evaluation, Failed, Finished, Started, Stopped
from training.recipe import Recipe
from training.sinks import ListSink

pytestmark = pytest.mark.keras

EPOCH = ["epoch_begin", "epoch", "checkpoint"]
RECIPE = Recipe(epochs=3, batch_size=64, seed=5)


class Arrays(Dataset):
    """Samples that a test has made."""

    def __init__(self, about: Facts, x: Any, y: Any) -> None:
        self.about, self.x, self.y = about, x, y

    @property
    def facts(self) -> Facts:
        return self.about

    def load(self, say: Say, wanted: Wanted) -> Data:
        return Data(self.about, self.x, self.y, self.x[:10], self.y[:10])


def fit(
    graph: Graph, recipe: Recipe = RECIPE, dataset: Dataset | None = None, **settings: Any
) -> Any:
    """Train; gives the result and the sink."""
    from training import runner

    sink = ListSink()
    result = runner.fit(graph, dataset or datasets.find("digits"), recipe, sink, **settings)
    return result, sink


def fails(graph: Graph, recipe: Recipe = RECIPE, dataset: Dataset | None = None) -> Failed:
    """Train, which must fail; gives the event that says why."""
    from training import runner
    from training.failures import RunFailed

    sink = ListSink()
    with pytest.raises(RunFailed) as caught:
        runner.fit(graph, dataset or datasets.find("digits"), recipe, sink)
    failed = sink.events[-1]
    assert isinstance(failed, Failed)
    assert caught.value.failure == failed.error
    return failed


def after(calls: int) -> Callable[[], bool]:
    """Stops when it has been asked so often."""
    count = itertools.count(1)
    return lambda: next(count) >= calls


def test_digits_are_learnt(tmp_path: Path) -> None:
    result, sink = fit(classifier(hidden=128), Recipe(epochs=15, batch_size=32, seed=1))
    assert result.test["accuracy"] > 0.93
    assert sink.kinds == ["started", *["epoch_begin", "epoch"] * 15, "finished"]
    epochs = [event for event in sink.events if isinstance(event, Epoch)]
    assert [event.epoch for event in epochs] == list(range(1, 16))
    assert {name: values[-1] for name, values in result.history.items()} == epochs[-1].metrics
    assert set(result.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert epochs[-1].eta_s == 0
    assert epochs[0].learning_rate == pytest.approx(0.001)
    (started,) = [event for event in sink.events if isinstance(event, Started)]
    assert (started.backend, started.seed, started.loss) == (
        "tensorflow",
        1,
        "sparse_categorical_crossentropy",
    )


def test_the_same_seed_gives_the_same_result() -> None:
    first, again = (fit(classifier())[0] for _ in range(2))
    assert first.history == again.history
    assert first.test == again.test
    other, _ = fit(classifier(), RECIPE.replace(seed=6))
    assert other.history != first.history


def test_a_seed_is_drawn_where_none_is_given() -> None:
    result, sink = fit(classifier(), Recipe(epochs=1, batch_size=256))
    assert sink.events[0].kind == "started"
    again, _ = fit(classifier(), Recipe(epochs=1, batch_size=256, seed=result.seed))
    assert again.history == result.history


def test_a_run_leaves_what_it_promises(tmp_path: Path) -> None:
    import keras

    graph = classifier()
    result, sink = fit(graph, directory=tmp_path)
    assert sink.kinds == ["started", *EPOCH * 3, "finished"]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "graph.json",
        "plan.json",
        "weights.weights.h5",
        "model.keras",
        "history.json",
        "checkpoint.npz",
        "samples.npz",
    }
    assert Graph.from_json(json.loads((tmp_path / "graph.json").read_text())) == graph
    assert json.loads((tmp_path / "history.json").read_text()) == {
        "epochs": result.history,
        "test": result.test,
        "seed": 5,
    }
    x = np.random.default_rng(0).random((4, 64), np.float32)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), result.model(x))


@pytest.mark.parametrize("calls", [1, 21, 50])
def test_a_stopped_run_resumes_as_if_it_had_not_stopped(tmp_path: Path, calls: int) -> None:
    """With dropout, an optimizer that remembers, and statistics of a normalization."""
    graph = chain(
        image_input(64),
        dense(16, "relu"),
        ("BatchNormalization", {}),
        ("Dropout", {"rate": 0.3}),
        dense(10, "softmax"),
    )
    whole, _ = fit(graph)
    _, first = fit(graph, directory=tmp_path, should_stop=after(calls))
    assert isinstance(first.events[-1], Stopped)
    assert (tmp_path / "weights.weights.h5").exists()
    rest, second = fit(graph, directory=tmp_path, resume=True)
    done = first.kinds.count("checkpoint")
    begin = ["started", "resumed"] if done else ["started"]
    assert second.kinds == [*begin, *EPOCH * (3 - done), "finished"]
    assert rest.history == whole.history
    assert rest.test == whole.test


def test_a_stop_in_the_middle_of_measuring_is_a_stop(tmp_path: Path) -> None:
    # 1,437 samples: 20 steps of training, then the validation's one.
    _, sink = fit(classifier(), RECIPE.replace(batch_size=65), should_stop=after(21))
    assert sink.kinds == ["started", "epoch_begin", "stopped"]


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    from training.failures import RunFailed

    fit(classifier(hidden=8), RECIPE.replace(epochs=1), directory=tmp_path)
    for other in (classifier(hidden=9), chain(image_input(64), dense(10, "softmax"))):
        with pytest.raises(RunFailed) as caught:
            fit(other, directory=tmp_path, resume=True)
        assert caught.value.failure.code == "checkpoint.unfit"
    (tmp_path / "checkpoint.npz").write_bytes(b"PK")
    with pytest.raises(RunFailed) as caught:
        fit(classifier(hidden=8), directory=tmp_path, resume=True)
    assert caught.value.failure.code == "checkpoint.unfit"


def test_batches_are_told_at_most_ten_times_a_second() -> None:
    _, sink = fit(classifier(), Recipe(epochs=4, batch_size=2, validation_split=0.0, seed=0))
    batches = [event for event in sink.events if isinstance(event, Batch)]
    seconds = sum(event.duration_s for event in sink.events if isinstance(event, Epoch))
    assert 2 <= len(batches) <= 10 * seconds + 1
    assert batches[0].step == 1
    assert all(0 <= event.eta_s < 3600 and event.samples_per_s > 0 for event in batches)
    assert {event.steps for event in batches} == {719}
    assert "val_loss" not in next(e for e in sink.events if isinstance(e, Epoch)).metrics


FAILURES: list[tuple[str, Graph, Recipe, str, str | None]] = [
    (
        "loss is no number",
        classifier(),
        RECIPE.replace(optimizer={"type": "SGD", "learning_rate": 1e30}),
        "run.not_finite",
        None,
    ),
    ("wrong input", classifier(inputs=784), RECIPE, "data.shape", "n0"),
    ("too few units", classifier(classes=3), RECIPE, "labels.units", "n3"),
    ("broken layer", chain(image_input(64), dense(0)), RECIPE, "param.minimum", "n1"),
    (
        "too large for any memory",
        chain(image_input(64), dense(2_000_000_000), dense(10)),
        RECIPE,
        "run.memory",
        "n1",
    ),
]


@pytest.mark.parametrize(
    ("graph", "recipe", "code", "node"), [r[1:] for r in FAILURES], ids=[r[0] for r in FAILURES]
)
def test_a_failure_names_its_cause(
    graph: Graph, recipe: Recipe, code: str, node: str | None
) -> None:
    failure = fails(graph, recipe).error
    assert failure.node == node
    assert failure.code == code
    assert failure.hint


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


def test_samples_that_vary_are_judged_when_they_are_loaded() -> None:
    """The facts of a file know no vocabulary; its samples do."""
    facts = Facts("words", "tokens", (5,), "int64", "classes", (), ("no", "yes"), 40, 10)

    class Words(Arrays):
        def load(self, say: Say, wanted: Wanted) -> Data:
            data = super().load(say, wanted)
            return replace(data, facts=replace(self.about, vocabulary=31))

    x = np.arange(200).reshape(40, 5) % 31
    graph = chain(
        image_input(5, dtype="int32"),
        ("Embedding", {"input_dim": 30, "output_dim": 2}),
        ("Flatten", {}),
        dense(1, "sigmoid"),
    )
    failure = fails(graph, dataset=Words(facts, x, np.arange(40) % 2)).error
    assert (failure.code, failure.node) == ("data.vocabulary", "n1")


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


def test_the_rehearsal_trains_and_changes_nothing() -> None:
    from training.rehearsal import rehearse

    before, _ = fit(classifier(), RECIPE.replace(epochs=1))
    rehearse()
    after_it, _ = fit(classifier(), RECIPE.replace(epochs=1))
    assert before.history == after_it.history
