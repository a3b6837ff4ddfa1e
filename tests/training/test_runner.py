"""Training itself: it learns, it can be stopped and resumed, and what fails names its cause."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exporters.weights import is_complete, load
from layers.graph import Graph
from tests.exporters.judging import random_weights
from tests.training.fitting import RECIPE, Arrays, fit
from tests.training.networks import chain, classifier, dense, image_input
from training import datasets
from training.datasets.dataset import Data, Dataset, Facts, Say, Wanted
from training.events import Batch, Epoch, Failed, Started, Stopped
from training.recipe import Recipe
from training.sinks import ListSink

pytestmark = pytest.mark.keras

EPOCH = ["epoch_begin", "epoch", "checkpoint"]


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


def test_training_goes_on_from_given_weights(tmp_path: Path) -> None:
    first, _ = fit(classifier(), directory=tmp_path)
    weights = load(tmp_path / "weights.safetensors")
    assert is_complete(classifier(), weights)
    measured, sink = fit(classifier(), RECIPE.replace(epochs=0), weights=weights)
    assert sink.kinds == ["started", "finished"]
    assert measured.test == first.test
    assert measured.history == {}
    further, _ = fit(classifier(), RECIPE.replace(epochs=1), weights=weights)
    assert further.history["loss"][0] < first.history["loss"][-1]


def test_weights_that_do_not_fit_any_more_are_left_out() -> None:
    weights = random_weights(classifier(hidden=16))
    result, _ = fit(classifier(hidden=24), RECIPE.replace(epochs=1), weights=weights)
    assert result.test["accuracy"] > 0


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
        "weights.safetensors",
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


@pytest.mark.parametrize("told", [0, 1, 2])
def test_a_resumed_run_tells_the_epochs_that_nobody_has_read(tmp_path: Path, told: int) -> None:
    """A checkpoint can be ahead of what the worker had read when it was killed."""
    _, first = fit(classifier(), directory=tmp_path, should_stop=after(50))
    done = first.kinds.count("checkpoint")
    assert done == 2
    _, second = fit(classifier(), directory=tmp_path, resume=True, told=told)
    repeated = ["epoch"] * (done - told)
    assert second.kinds == ["started", "resumed", *repeated, *EPOCH * (3 - done), "finished"]
    epochs = [event for event in first.events if event.kind == "epoch"]
    assert second.events[2 : 2 + len(repeated)] == epochs[told:]


def test_a_checkpoint_of_the_first_version_is_resumed(tmp_path: Path) -> None:
    """It has neither durations nor learning rates."""
    fit(classifier(), directory=tmp_path, should_stop=after(50))
    with np.load(tmp_path / "checkpoint.npz") as arrays:
        kept = dict(arrays)
    note = json.loads(bytes(kept["state"]))
    old = {name: note[name] for name in ("epoch", "seed", "history")}
    kept["state"] = np.frombuffer(json.dumps(old).encode(), np.uint8)
    np.savez(tmp_path / "checkpoint.npz", **kept)
    _, second = fit(classifier(), directory=tmp_path, resume=True, told=1)
    assert second.kinds == ["started", "resumed", "epoch", *EPOCH, "finished"]


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


def test_the_rehearsal_trains_and_changes_nothing() -> None:
    from training.rehearsal import rehearse

    before, _ = fit(classifier(), RECIPE.replace(epochs=1))
    rehearse()
    after_it, _ = fit(classifier(), RECIPE.replace(epochs=1))
    assert before.history == after_it.history


@pytest.mark.parametrize("together", [3, 32])
def test_steps_made_together_change_no_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, together: int
) -> None:
    from training import callbacks

    graph = chain(
        image_input(64),
        dense(16, "relu"),
        ("BatchNormalization", {}),
        ("Dropout", {"rate": 0.3}),
        dense(10, "softmax"),
    )
    alone, _ = fit(graph)
    monkeypatch.setattr(callbacks, "STEPS_WORTH_IT", 1)
    monkeypatch.setattr(callbacks, "MOST_TOGETHER", together)
    monkeypatch.setattr(callbacks, "TOGETHER_S", 60.0)
    monkeypatch.setattr(callbacks, "REPORT_INTERVAL_S", 0.0)
    joined, sink = fit(graph, directory=tmp_path)
    assert joined.history == alone.history
    assert joined.test == alone.test
    steps = [event.step for event in sink.events if isinstance(event, Batch) and event.epoch == 2]
    assert steps == [*range(together, 21, together), 21][: -(-21 // together)]
    assert joined.model.steps_per_execution == 1
