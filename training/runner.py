"""Training, testing and asking a network: plain functions of a graph, data and a recipe that tell a
sink what happens.

Nothing here knows who listens or where it runs: scripts, the worker's processes and tests call the
same functions. A run's directory afterwards holds:

    graph.json              the network, exactly
    plan.json               how samples and labels reach it, and the names of the classes
    weights.weights.h5      the weights, by Keras
    weights.safetensors     the weights by node, for exports and further runs (exporters.weights)
    model.keras             network, weights and optimizer in one file (without the optimizer where
                            losses compare more than the outputs, see training.learner)
    history.json            metrics of every epoch
    checkpoint.npz          what resuming needs (see training.checkpoints)
    samples.npz             some images of the test set, with their classes
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from exporters.keras_model import load, weights_of
from exporters.weights import Weights, save
from exporters.weights import fit as fit_weights
from layers.analysis import analyse
from layers.graph import Graph
from training import checkpoints
from training.callbacks import Reporter, StopAsked
from training.checkpoints import State
from training.datasets.dataset import Data, Dataset
from training.device import device_name
from training.events import Checkpoint, Failed, Finished, Resumed, Started, Status, Stopped
from training.failures import RunFailed, explain
from training.learner import Learner, Part, learner
from training.memory import check_memory
from training.pipeline import Pipeline, serve
from training.plan import Plan, held_out, plan
from training.recipe import MAX_SEED, Recipe
from training.samples import save_samples, white_of
from training.sinks import Sink

logger = logging.getLogger(__name__)

WEIGHTS = "weights.weights.h5"
ARRAYS = "weights.safetensors"
TEST_BATCH = 512
"""Samples in a batch where nothing is learnt; larger ones gain nothing on a CPU."""


@dataclass(slots=True)
class Result:
    """What a run leaves: the model of the whole network, the metrics of all epochs, those of the
    test set (None where stopped), and its plan."""

    model: keras.Model
    plan: Plan
    history: dict[str, list[float]]
    test: dict[str, float] | None
    epoch: int
    seed: int


def never() -> bool:
    """A run that nobody stops."""
    return False


def fit(
    graph: Graph,
    dataset: Dataset,
    recipe: Recipe,
    sink: Sink,
    *,
    should_stop: Callable[[], bool] = never,
    directory: Path | None = None,
    resume: bool = False,
    told: int | None = None,
    weights: Weights | None = None,
) -> Result:
    """Train a network.

    Args:
        graph: the network.
        dataset: what to train on.
        recipe: how.
        sink: told every event.
        should_stop: asked after each batch; True ends the run and keeps its weights.
        directory: where the run's files go; None keeps nothing.
        resume: go on after the last checkpoint in `directory`, if there is one.
        told: how many epochs of a run that goes on the sink knows (None: all); the others before
            the checkpoint are told again.
        weights: what to start from instead of the initializers, as far as it fits the network.
            With no epochs in the recipe they are measured as they are.

    Raises:
        RunFailed: where the run cannot go on; the sink has been told.
    """
    loss = recipe.loss
    try:
        run = _Run(graph, dataset, recipe, sink, directory, weights)
        losses = [objective.loss for objective in run.plan.objectives]
        loss = next((each for each in losses if each.needs_positive), losses[0])
        return run.train(should_stop, resume, told)
    except Exception as error:
        failure = explain(error, graph, recipe, loss)
        if failure.code == "run.unexpected":
            logger.exception("A run failed")
        sink(Failed(failure))
        raise RunFailed(failure) from error


class _Run:
    """One run: everything that its steps share."""

    def __init__(
        self,
        graph: Graph,
        dataset: Dataset,
        recipe: Recipe,
        sink: Sink,
        directory: Path | None,
        weights: Weights | None,
    ) -> None:
        self.graph = graph
        self.recipe = recipe
        self.sink = sink
        self.directory = directory
        self.weights = weights
        # Before loading, what the facts tell; after it, what the samples tell.
        first = plan(graph, dataset.facts, recipe)
        if device_name() == "CPU":
            check_memory(analyse(graph))
        self.data: Data = dataset.load(self._say, first.preparation.wanted)
        self.plan = plan(graph, self.data.facts, recipe)

    def train(self, should_stop: Callable[[], bool], resume: bool, told: int | None) -> Result:
        recipe, preparation = self.recipe, self.plan.preparation
        kept = checkpoints.read_state(self.directory) if resume and self.directory else None
        state = kept or State(_seed(recipe))
        seed = state.seed
        keras.utils.set_random_seed(seed)
        made = learner(self.graph, self.plan.objectives)
        network = made.network
        if self.weights is not None:
            load(network, self.graph, fit_weights(self.graph, self.weights).weights)
        made.compile(recipe)
        optimizer = made.learning.model.optimizer
        if kept and self.directory:
            checkpoints.restore(self.directory, network, optimizer)
        done = state.epoch
        self._begin()
        self.sink(
            Started(
                device_name(),
                keras.backend.backend(),
                seed,
                self.plan.loss,
                preparation.adapts,
            )
        )
        if kept:
            self.sink(Resumed(done))
            # A worker that is killed takes with it what was told and not yet read.
            for epoch in range(done if told is None else told, done):
                self.sink(kept.told(epoch + 1, recipe.epochs))
        order = np.random.default_rng(seed).permutation(len(self.data.x_train))
        held = held_out(len(order), recipe.validation_split)
        training = serve(
            self.data.x_train,
            made.learning.labels(self.data.y_train),
            preparation,
            recipe.batch_size,
            indices=order[held:] if recipe.shuffle else np.sort(order[held:]),
            seed=seed if recipe.shuffle else None,
        )
        validation = serve(
            self.data.x_train,
            made.measured.labels(self.data.y_train),
            preparation,
            max(recipe.batch_size, TEST_BATCH),
            indices=np.sort(order[:held]),
        )

        def on_epoch() -> None:
            if self.directory:
                checkpoints.save(self.directory, network, optimizer, state)
                self.sink(Checkpoint(state.epoch))

        reporter = Reporter(
            made.learning,
            training,
            self.sink,
            should_stop,
            recipe.epochs,
            recipe.batch_size,
            state,
            on_epoch,
        )
        result = Result(network, self.plan, state.history, None, done, seed)
        try:
            self._fit(made, training, validation if held else None, reporter, done)
        except StopAsked as stop:
            result.epoch = stop.epoch
            self._keep(result)
            self.sink(Stopped(stop.epoch))
            return result
        result.epoch = recipe.epochs
        self._say("Measuring the test set.")
        result.test = self._test(made.measured)
        self._keep(result)
        self.sink(Finished(result.test))
        return result

    def _fit(
        self,
        made: Learner,
        training: Pipeline,
        validation: Pipeline | None,
        reporter: Reporter,
        done: int,
    ) -> None:
        """Train all epochs after `done`: the first one step by step, which shows how long a step
        takes; the others so many steps at a time as nobody notices."""
        model, measured = made.learning.model, made.measured.model
        if validation and measured is not model:
            # Keras would measure with what learns.
            reporter.measure_by(made.measured, validation)
            validation = None

        def fit(first: int, last: int) -> None:
            model.fit(
                training.dataset,
                initial_epoch=first,
                epochs=last,
                validation_data=validation.dataset if validation else None,
                callbacks=reporter,
                shuffle=False,
                verbose=0,
            )

        if done < self.recipe.epochs:
            fit(done, done + 1)
        if done + 1 >= self.recipe.epochs:
            return
        together = reporter.steps_together()
        if together > 1:
            model.steps_per_execution = measured.steps_per_execution = together
            model.make_train_function(force=True)
            measured.make_test_function(force=True)
        try:
            fit(done + 1, self.recipe.epochs)
        finally:
            if together > 1:
                # What is saved and measured shall not depend on the speed of this machine.
                model.steps_per_execution = measured.steps_per_execution = 1
                measured.make_test_function(force=True)

    def _test(self, part: Part) -> dict[str, float]:
        labels = part.labels(self.data.y_test)
        served = serve(self.data.x_test, labels, self.plan.preparation, TEST_BATCH)
        return part.told(part.model.evaluate(served.dataset, return_dict=True, verbose=0))

    def _begin(self) -> None:
        """Write what is known before the first step."""
        if self.directory is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        write_json(self.directory / "graph.json", self.graph.to_json())
        facts = self.data.facts
        about = {
            "preparation": self.plan.preparation.to_json(),
            "classes": facts.classes,
            "white": white_of(facts),
            "dark": facts.dark,
            "figure": facts.figure,
            "tells_classes": self.plan.objective.accuracy is not None,
            "from_logits": self.plan.objective.from_logits,
        }
        write_json(self.directory / "plan.json", about)
        save_samples(self.directory, self.data)

    def _keep(self, result: Result) -> None:
        """Write what the run has made."""
        if self.directory is None:
            return
        history = {"epochs": result.history, "test": result.test, "seed": result.seed}
        write_json(self.directory / "history.json", history)
        with _Draft(self.directory / WEIGHTS) as draft:
            result.model.save_weights(draft)
        with _Draft(self.directory / ARRAYS) as draft:
            save(weights_of(result.model, self.graph), draft)
        with _Draft(self.directory / "model.keras") as draft:
            result.model.save(draft)

    def _say(self, sentence: str) -> None:
        self.sink(Status(sentence))


def write_json(path: Path, value: object) -> None:
    """Write JSON so that a reader meets the old file or the new one."""
    with _Draft(path) as draft:
        draft.write_text(json.dumps(value))


class _Draft:
    """A file beside the wanted one that takes its place when it is complete; its suffix is the
    same, as Keras asks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.draft = path.with_name(f".draft-{path.name}")

    def __enter__(self) -> Path:
        return self.draft

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            os.replace(self.draft, self.path)
        else:
            self.draft.unlink(missing_ok=True)


def _seed(recipe: Recipe) -> int:
    given: int | None = recipe.seed
    return secrets.randbelow(MAX_SEED) if given is None else given
