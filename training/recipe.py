"""How a network is to be trained: everything but the network and the data.

A recipe is checked where it enters (a request, a command line) and travels as plain JSON.
"""

from __future__ import annotations

from typing import Any, Self

from layers.declared import Declared
from layers.diagnostics import GraphError, Invalid, Problem
from layers.params import Bool, Float, Int, Nullable, Of, Param
from training.losses import LOSSES, Loss
from training.optimizers import Optimizer
from training.refusals import refusal
from training.schedules import PiecewiseConstantDecay, Schedule

MALFORMED = Problem(
    "recipe.malformed", "A recipe is an object of settings; got {value}.", "Send a JSON object."
)
VALUES = Problem(
    "recipe.schedule_values",
    "{boundaries} boundaries lie between {expected} learning rates; there are {values}.",
    "Give one rate more than boundaries, and the boundaries in order.",
)
MAX_SEED = 2**31 - 1


class _LossName(Param[Loss]):
    """A loss: Keras' string or class name for it, or ``{"type": name, **parameters}``."""

    kind = "choice"
    expected = f"one of {', '.join(LOSSES)}"

    def take(self, value: object) -> Loss:
        if isinstance(value, Loss):
            return value
        given = {"type": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            raise self.wrong(value)
        wanted = given.get("type")
        for name, loss in LOSSES.items():
            if wanted in (name, loss.__name__):
                try:
                    return loss(**{key: item for key, item in given.items() if key != "type"})
                except Invalid as mistake:
                    raise mistake.within(self.name) from None
        raise self.wrong(wanted)

    def plain(self, value: Loss) -> Any:
        return value.to_json()

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"choices": list(LOSSES)}


class Recipe(Declared):
    """Optimizer, loss, and how the data are served."""

    optimizer = Of(Optimizer, "Adam", help="The rule by which weights change.", advanced=False)
    schedule = Nullable(
        Of(Schedule, help="How the learning rate changes; empty: it stays.", advanced=True)
    )
    loss = Nullable(
        _LossName(help="What is made small; empty: what fits the last layer and the labels.")
    )
    batch_size = Int(
        128, minimum=1, maximum=1_000_000, help="Samples for one step.", unit="samples"
    )
    epochs = Int(
        20,
        minimum=0,
        maximum=100_000,
        help="How often all samples are seen; 0 measures the weights as they are.",
    )
    validation_split = Float(
        0.1,
        minimum=0.0,
        maximum=0.9,
        help="Share of the training samples kept aside to measure each epoch.",
    )
    shuffle = Bool(True, help="Serve the samples in a new order in each epoch.", advanced=True)
    seed = Nullable(
        Int(
            minimum=0,
            maximum=MAX_SEED,
            help="Makes a run repeatable: same seed, same result. Empty: one is drawn and noted.",
            advanced=True,
        )
    )

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read and check a recipe; gaps take defaults. Raises GraphError with every mistake."""
        if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
            raise refusal(MALFORMED, value=f"{data!r:.60}")
        values, mistakes = cls.check(data)
        if mistakes:
            raise GraphError(mistake.diagnostic() for mistake in mistakes)
        schedule: Schedule | None = values["schedule"]
        if isinstance(schedule, PiecewiseConstantDecay):
            bounds, rates = (schedule.values[key] for key in ("boundaries", "learning_rates"))
            if len(rates) != len(bounds) + 1 or list(bounds) != sorted(set(bounds)):
                raise refusal(
                    VALUES, boundaries=len(bounds), expected=len(bounds) + 1, values=len(rates)
                )
        recipe: Self = cls.of(values)
        return recipe


def recipe_schema() -> dict[str, Any]:
    """Everything a form for recipes needs."""
    return {
        "optimizers": [
            {"name": name, "summary": optimizer.summary(), "params": optimizer.schema()}
            for name, optimizer in Optimizer.alternatives.items()
        ],
        "losses": [
            {"name": name, "summary": loss.summary(), "params": loss.schema()}
            for name, loss in LOSSES.items()
        ],
        "params": [
            param.schema()
            for name, param in Recipe.params.items()
            if name not in ("optimizer", "loss")
        ],
    }
