"""The Keras models of a run: the network, what of it learns, what is measured, and what is asked.

Where the only output has the only loss, they are one and the same model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from exporters.keras_model import build_with
from layers.ends import Place
from layers.graph import Graph
from training.compilation import compile_for_measuring, compile_model, told
from training.objective import Objective
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.datasets.dataset import Array


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network, and what each of its outputs is compared with."""

    model: keras.Model
    objectives: tuple[Objective, ...]

    def labels(self, y: Array) -> tuple[Array, ...]:
        """Labels as the loss of each output takes them, from labels as stored; what several take
        alike is one array.
        """
        made: dict[object, Array] = {}
        for each in self.objectives:
            if (kind := _kind(each)) not in made:
                made[kind] = each.labels(y)
        return tuple(made[_kind(each)] for each in self.objectives)

    def told(self, logs: Any) -> dict[str, float]:
        """What Keras has measured, by the names that everybody uses."""
        return told(logs, self.objectives)


@dataclass(frozen=True, slots=True)
class Learner:
    """A network that can be trained, measured and asked; all parts share its weights.

    Attributes:
        network: every layer; what is saved.
        learning: gives each tensor that has a loss.
        measured: the same without those of training alone.
        asked: gives the main end alone.
    """

    network: keras.Model
    learning: Part
    measured: Part
    asked: keras.Model

    def compile(self, recipe: Recipe) -> None:
        """Make it ready to be trained and measured."""
        compile_model(self.learning.model, recipe, self.learning.objectives)
        if self.measured is not self.learning:
            compile_for_measuring(self.measured.model, self.measured.objectives)


def learner(graph: Graph, objectives: Sequence[Objective]) -> Learner:
    """The models of a network that is to be trained. Raises GraphError."""
    network, tensors = build_with(graph, [each.end.place for each in objectives])
    pairs = list(zip(objectives, tensors, strict=True))
    own = list(map(id, network.outputs))
    if sorted(own) == sorted(map(id, tensors)):
        # In the order of the network's own outputs, a model of all of them is the network itself.
        pairs.sort(key=lambda pair: own.index(id(pair[1])))
    learning = _part(network, pairs)
    lasting = [pair for pair in pairs if pair[0].end.is_measured]
    measured = learning if len(lasting) == len(pairs) else _part(network, lasting)
    (main,) = (tensor for objective, tensor in pairs if objective.end.is_main)
    return Learner(network, learning, measured, _model(network, [main]))


def asked_of(graph: Graph, place: Place) -> tuple[keras.Model, keras.Model]:
    """A network, and the part of it that gives one tensor. Raises GraphError."""
    network, tensors = build_with(graph, [place])
    return network, _model(network, tensors)


def _part(network: keras.Model, pairs: Sequence[tuple[Objective, Any]]) -> Part:
    objectives = tuple(objective for objective, _ in pairs)
    return Part(_model(network, [tensor for _, tensor in pairs]), objectives)


def _model(network: keras.Model, tensors: Sequence[Any]) -> keras.Model:
    """The part of a network that gives these tensors: the network itself where that is all."""
    if list(map(id, tensors)) == list(map(id, network.outputs)):
        return network
    outputs = tensors[0] if len(tensors) == 1 else list(tensors)
    return keras.Model(network.input, outputs, name=network.name)


def _kind(objective: Objective) -> object:
    return objective.loss.form, objective.classes, objective.output
