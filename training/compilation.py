"""Keras' optimizer, loss and metrics from their declarations."""

from __future__ import annotations

from typing import Any

import keras

from training import decays
from training.objective import Objective
from training.recipe import Recipe


def compile_model(model: keras.Model, recipe: Recipe, objective: Objective) -> None:
    """Make a model ready to be trained and measured."""
    optimizer = recipe.optimizer
    settings = optimizer.values | {"learning_rate": learning_rate_of(recipe)}
    made = getattr(keras.optimizers, type(optimizer).__name__)(**settings)
    model.compile(
        optimizer=made,
        loss=loss_of(objective),
        loss_weights=None if objective.weight == 1 else [objective.weight],
        metrics=[metric_of(objective)],
    )
    # Left to the first step, its variables would be made while the step is traced, which TensorFlow
    # then does twice: half a second for a small network.
    made.build(model.trainable_variables)


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


def _agreement(labels: Any, outputs: Any, threshold: float) -> Any:
    return keras.ops.equal(labels > 0.5, outputs > threshold)
