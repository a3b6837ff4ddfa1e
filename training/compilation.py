"""Keras' optimizer, loss and metrics from their declarations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from training import decays
from training.objective import Objective
from training.recipe import Recipe


def compile_model(model: keras.Model, recipe: Recipe, objectives: Sequence[Objective]) -> None:
    """Make a model ready to be trained and measured.

    Args:
        model: gives one tensor for each objective.
        recipe: how it is trained.
        objectives: what is made small at each of its outputs.
    """
    optimizer = recipe.optimizer
    settings = optimizer.values | {"learning_rate": learning_rate_of(recipe)}
    made = getattr(keras.optimizers, type(optimizer).__name__)(**settings)
    _compile(model, objectives, made)
    # Left to the first step, its variables would be made while the step is traced, which TensorFlow
    # then does twice: half a second for a small network.
    made.build(model.trainable_variables)


def compile_for_measuring(model: keras.Model, objectives: Sequence[Objective]) -> None:
    """Make a model ready to be measured only."""
    _compile(model, objectives, "sgd")


def _compile(model: keras.Model, objectives: Sequence[Objective], optimizer: Any) -> None:
    weights = [objective.weight for objective in objectives]
    if len(objectives) > 1:
        # Keras calls the losses after the layers, of which one may have several.
        model.output_names = [objective.end.name for objective in objectives]
        loss: Any = [loss_of(objective) for objective in objectives]
        metrics: Any = [[metric_of(each)] if each.end.is_main else None for each in objectives]
    else:
        (objective,) = objectives
        loss, metrics = loss_of(objective), [metric_of(objective)]
        if objective.end.name:
            # Beside others in training: told apart here, too.
            metrics.append(_measure_of(objective))
    model.compile(
        optimizer=optimizer,
        loss=loss,
        loss_weights=None if set(weights) == {1} else weights,
        metrics=metrics,
    )


def told(logs: Any, objectives: Sequence[Objective]) -> dict[str, float]:
    """What Keras has measured, by the names that everybody uses: ``loss`` (the sum), what the main
    end is measured by (``accuracy``), then the loss of each end by its name, without its weight.
    """
    found = {name: float(value) for name, value in (logs or {}).items()}
    if len(objectives) < 2:
        return found
    (main,) = (each.end.name for each in objectives if each.end.is_main)
    single = {f"{phase}{each.end.name}_loss" for phase in ("", "val_") for each in objectives}
    # Keras puts the name of the output before its metrics.
    spelt = {f"{phase}{main}_": phase for phase in ("", "val_")}
    whole = dict[str, float]()
    for name in found.keys() - single:
        start = next((start for start in spelt if name.startswith(start)), None)
        whole[name if start is None else spelt[start] + name[len(start) :]] = found[name]
    ordered = {name: whole[name] for name in sorted(whole)}
    return ordered | {name: value for name, value in found.items() if name in single}


def learning_rate_of(recipe: Recipe) -> Any:
    """The learning rate: a number, or the Keras schedule that starts there."""
    rate, schedule = recipe.optimizer.values["learning_rate"], recipe.schedule
    if schedule is None:
        return rate
    name, settings = type(schedule).__name__, schedule.values
    if name == "PiecewiseConstantDecay":
        bounds, rates = list(settings["boundaries"]), list(settings["learning_rates"])
        return keras.optimizers.schedules.PiecewiseConstantDecay(bounds, rates)
    kind = getattr(decays, name, None) or getattr(keras.optimizers.schedules, name)
    return kind(initial_learning_rate=rate, **settings)


def loss_of(objective: Objective) -> Any:
    """The Keras loss."""
    loss = objective.loss
    settings = dict(loss.values)
    if loss.takes_logits:
        settings["from_logits"] = objective.from_logits
    return getattr(keras.losses, type(loss).__name__)(**settings)


def metric_of(objective: Objective) -> Any:
    """What is measured beside the loss: `accuracy` where there are classes, else `mae`."""
    match objective.accuracy:
        case "sparse":
            return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        case "categorical":
            return keras.metrics.CategoricalAccuracy(name="accuracy")
        case "binary":
            # Keras' BinaryAccuracy takes no threshold of 0, which is where logits change sides.
            threshold = 0.0 if objective.from_logits else 0.5
            return keras.metrics.MeanMetricWrapper(_agreement, "accuracy", threshold=threshold)
        case None:
            return keras.metrics.MeanAbsoluteError(name="mae")


def _measure_of(objective: Objective) -> Any:
    """The loss as a metric, without its weight and without penalties."""
    name = f"{objective.end.name}_loss"
    return keras.metrics.MeanMetricWrapper(loss_of(objective).call, name)


def _agreement(labels: Any, outputs: Any, threshold: float) -> Any:
    return keras.ops.equal(labels > 0.5, outputs > threshold)
