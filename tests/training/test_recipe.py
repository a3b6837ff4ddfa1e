"""Recipes, optimizers and losses as declared, and Keras as their judge."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from layers.diagnostics import GraphError
from training.losses import LOSSES, Loss
from training.optimizers import Optimizer
from training.recipe import Recipe, recipe_schema

MISTAKES = [
    ({"epochs": -1}, "param.minimum", "epochs"),
    ({"epochs": 1.5}, "param.type", "epochs"),
    ({"batch_size": True}, "param.type", "batch_size"),
    ({"validation_split": 0.95}, "param.maximum", "validation_split"),
    ({"validation_split": float("nan")}, "param.type", "validation_split"),
    ({"optimizer": "Adamm"}, "param.type", "optimizer"),
    ({"optimizer": {"type": "Adam", "learning_rate": -1}}, "param.minimum", "optimizer"),
    ({"optimizer": {"type": "_AdamLike"}}, "param.type", "optimizer"),
    ({"loss": "accuracy"}, "param.type", "loss"),
    ({"loss": {"type": "huber", "delta": "wide"}}, "param.type", "loss"),
    ({"loss": 7}, "param.type", "loss"),
    ({"seed": 2**31}, "param.maximum", "seed"),
    ({"seed": "tomorrow"}, "param.type", "seed"),
    ({"momentum": 0.9}, "param.unknown", "momentum"),
    (["epochs"], "recipe.malformed", None),
    (None, "recipe.malformed", None),
    ({1: 2}, "recipe.malformed", None),
]


@pytest.mark.parametrize(("given", "code", "param"), MISTAKES)
def test_a_mistake_names_the_setting(given: object, code: str, param: str | None) -> None:
    with pytest.raises(GraphError) as caught:
        Recipe.from_json(given)
    assert [item.code for item in caught.value.diagnostics] == [code]
    assert caught.value.diagnostics[0].param == param


def test_every_mistake_is_told() -> None:
    with pytest.raises(GraphError) as caught:
        Recipe.from_json({"epochs": -1, "batch_size": 0})
    assert [item.param for item in caught.value.diagnostics] == ["batch_size", "epochs"]


@pytest.mark.parametrize("optimizer", Optimizer.alternatives)
@pytest.mark.parametrize("loss", [None, *LOSSES])
def test_a_recipe_survives_json(optimizer: str, loss: str | None) -> None:
    recipe = Recipe(optimizer=optimizer, loss=loss, seed=3)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_gap_takes_the_default() -> None:
    recipe = Recipe.from_json({})
    assert recipe == Recipe()
    assert (recipe.batch_size, recipe.epochs, recipe.loss, recipe.seed) == (128, 20, None, None)


@pytest.mark.parametrize("spelling", ["huber", "Huber", {"type": "huber", "delta": 2.0}])
def test_a_loss_may_be_spelt_as_keras_spells_it(spelling: object) -> None:
    loss = Recipe(loss=spelling).loss
    assert loss is not None
    assert loss.name == "huber"


def test_a_loss_with_parameters_keeps_them() -> None:
    given = {"type": "huber", "delta": 2.0}
    assert Recipe(loss=given).to_json()["loss"] == given


def test_a_second_loss_of_one_name_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        type("Huber", (Loss,), {"form": "values"})


def test_the_form_gets_everything_that_is_declared() -> None:
    schema = recipe_schema()
    assert [entry["name"] for entry in schema["optimizers"]] == list(Optimizer.alternatives)
    assert [entry["name"] for entry in schema["losses"]] == list(LOSSES)
    assert {param["name"] for param in schema["params"]} >= {"batch_size", "epochs", "seed"}
    assert all(entry["summary"] for entry in schema["optimizers"] + schema["losses"])
    assert all(param["help"] for entry in schema["optimizers"] for param in entry["params"])


def keras_defaults(owner: Any) -> dict[str, Any]:
    signature = inspect.signature(owner.__init__)
    return {name: param.default for name, param in signature.parameters.items()}


@pytest.mark.keras
@pytest.mark.parametrize("name", Optimizer.alternatives)
def test_an_optimizer_has_the_names_and_defaults_of_keras(name: str) -> None:
    import keras

    theirs = keras_defaults(getattr(keras.optimizers, name))
    ours = Optimizer.alternatives[name]()
    assert ours.values == {param: theirs[param] for param in ours.values}
    made = getattr(keras.optimizers, name)(**ours.values)
    assert float(made.learning_rate) == pytest.approx(ours.values["learning_rate"])


@pytest.mark.keras
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_names_and_defaults_of_keras(name: str) -> None:
    import keras

    declared = LOSSES[name]
    theirs = keras_defaults(getattr(keras.losses, declared.__name__))
    ours = declared()
    assert ours.values == {param: theirs[param] for param in ours.values}
    assert ("from_logits" in theirs) == declared.takes_logits
    assert keras.losses.get(name) is not None
