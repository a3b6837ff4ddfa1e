"""Testing a trained network: the whole test set, or one image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from layers.analysis import analyse
from layers.diagnostics import Problem
from layers.ends import main_end
from layers.graph import Graph
from training import checkpoints
from training.datasets.dataset import Dataset, silent
from training.events import Evaluation, Prediction
from training.images import to_data_url
from training.learner import asked_of, learner
from training.pipeline import serve
from training.plan import model_of, plan
from training.preparation import Preparation
from training.recipe import Recipe
from training.refusals import refusal
from training.runner import TEST_BATCH, WEIGHTS

MAX_CONFUSION = 200
"""Most classes for which a confusion matrix is made."""
TOP = 5

NO_WEIGHTS = Problem(
    "run.no_weights", "The run has no weights yet.", "Wait for its first epoch to end."
)

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with the weights of a run, and how it takes its input.

    Attributes:
        model: gives the main output.
        preparation: what is done to each sample.
        classes: names of the classes, or None.
        white: the stored value of white, for images.
        tells_classes: whether outputs are scores of classes.
        from_logits: whether they are logits.
    """

    model: keras.Model
    preparation: Preparation
    classes: tuple[str, ...] | None
    white: float
    tells_classes: bool
    from_logits: bool


def evaluate(
    graph: Graph, dataset: Dataset, recipe: Recipe, directory: Path, job: str
) -> Evaluation:
    """Measure a run's network on the test set. Raises GraphError.

    Args:
        graph, dataset, recipe: those of the run.
        directory: the run's files.
        job: who asks.
    """
    first = plan(graph, dataset.facts, recipe)
    data = dataset.load(silent, first.preparation.wanted)
    settled = plan(graph, data.facts, recipe)
    objective = settled.objective
    made = learner(graph, settled.objectives)
    load_weights(made.network, directory)
    made.compile(recipe)
    part = made.measured
    served = serve(data.x_test, part.labels(data.y_test), settled.preparation, TEST_BATCH)
    metrics = part.told(part.model.evaluate(served.dataset, return_dict=True, verbose=0))
    confusion = per_class = None
    classes = data.classes
    if classes and objective.accuracy and data.facts.labels != "several":
        outputs = made.asked.predict(served.dataset, verbose=0)
        true = data.y_test if data.facts.labels == "classes" else np.argmax(data.y_test, axis=-1)
        counts = confuse(true, decide(outputs, objective.from_logits), len(classes))
        per_class = score(counts, classes)
        if len(classes) <= MAX_CONFUSION:
            confusion = tuple(tuple(int(count) for count in row) for row in counts)
    return Evaluation(
        job, metrics["loss"], metrics.get("accuracy"), confusion, classes, per_class, metrics
    )


def load(graph: Graph, directory: Path) -> Trained:
    """A run's network, ready to be asked. Raises GraphError."""
    about = json.loads((directory / "plan.json").read_text())
    found, _, _ = model_of(graph, analyse(graph))
    network, asked = asked_of(graph, main_end(found).place)
    load_weights(network, directory)
    classes = about["classes"]
    return Trained(
        asked,
        Preparation.from_json(about["preparation"]),
        tuple(classes) if classes else None,
        about["white"],
        about["tells_classes"],
        about["from_logits"],
    )


def predict(trained: Trained, pixels: Array, job: str, adapts: Sequence[str] = ()) -> Prediction:
    """Ask a network what it sees in an image of (height, width, channels) bytes."""
    preparation = trained.preparation
    stored = pixels.astype(np.float32) * (trained.white / 255)
    taken = preparation.apply(stored.reshape(1, *_known(preparation.stored)))
    outputs = np.asarray(trained.model(taken, training=False), np.float64)[0]
    image = to_data_url(pixels)
    if not trained.tells_classes:
        return Prediction(job, (), image, tuple(outputs.ravel().tolist()), tuple(adapts))
    top = rank(probabilities(outputs, trained.from_logits), trained.classes)
    return Prediction(job, top, image, None, tuple(adapts))


def probabilities(outputs: Array, from_logits: bool) -> Array:
    """Probabilities of the classes from one output (classes,); a single value tells yes from no."""
    if outputs.shape[-1] == 1:
        yes = 1 / (1 + np.exp(-outputs)) if from_logits else outputs
        return np.concatenate([1 - yes, yes], axis=-1)
    if from_logits:
        shifted = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
    return outputs


def rank(
    shares: Array, classes: Sequence[str] | None, count: int = TOP
) -> tuple[dict[str, Any], ...]:
    """The likeliest classes, best first."""
    order = np.argsort(-shares.ravel(), kind="stable")[:count]
    return tuple(
        {
            "label": classes[index] if classes and index < len(classes) else str(index),
            "index": int(index),
            "probability": float(shares.ravel()[index]),
        }
        for index in order
    )


def decide(outputs: Array, from_logits: bool) -> Array:
    """The class number chosen for each output (…, classes)."""
    if outputs.shape[-1] == 1:
        return (outputs[..., 0] > (0.0 if from_logits else 0.5)).astype(np.int64)
    return np.asarray(np.argmax(outputs, axis=-1))


def confuse(true: Array, chosen: Array, classes: int) -> Array:
    """Counts (true class, chosen class); choices beyond the classes are left out."""
    true, chosen = true.ravel(), chosen.ravel()
    inside = chosen < classes
    cells = true[inside] * classes + chosen[inside]
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def score(counts: Array, classes: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Precision, recall, F1 and number of samples of each class, from the confusion matrix."""
    hits, support, chosen = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision = hits / np.maximum(chosen, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return tuple(
        {
            "label": label,
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "f1": float(f1[index]),
            "support": int(support[index]),
        }
        for index, label in enumerate(classes)
    )


def load_weights(model: keras.Model, directory: Path) -> None:
    """The run's latest weights: its last ones, or its last checkpoint's. Raises GraphError."""
    weights, checkpoint = directory / WEIGHTS, directory / checkpoints.FILE
    if not weights_time(directory):
        raise refusal(NO_WEIGHTS)
    # A resumed run has written checkpoints since it ended the first time.
    if _time(weights) >= _time(checkpoint):
        model.load_weights(weights)
    else:
        checkpoints.restore_weights(directory, model)


def weights_time(directory: Path) -> int:
    """When the run's weights last changed, in nanoseconds; 0 where it has none."""
    return max(_time(directory / WEIGHTS), _time(directory / checkpoints.FILE))


def _time(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


def _known(shape: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(int(dim or 0) for dim in shape)
