"""Solvers of Caffe as recipes, and back."""

from __future__ import annotations

import pytest

from layers.diagnostics import GraphError
from training.recipe import Recipe
from training.solver import read, write

LENET = """
net: "lenet.prototxt" test_iter: 100 test_interval: 500 base_lr: 0.01 momentum: 0.9
weight_decay: 0.0005 lr_policy: "inv" gamma: 0.0001 power: 0.75 display: 100 max_iter: 10000
snapshot: 5000 snapshot_prefix: "lenet" solver_mode: CPU
"""


def test_a_solver_becomes_a_recipe_and_says_what_is_lost() -> None:
    recipe, notes = read(LENET)
    optimizer = recipe.to_json()["optimizer"]
    assert (optimizer["type"], optimizer["learning_rate"], optimizer["momentum"]) == (
        "SGD",
        0.01,
        0.9,
    )
    assert {note.values["field"] for note in notes} == {
        "lr_policy",
        "weight_decay",
        "gamma",
        "power",
        "max_iter",
    }


@pytest.mark.parametrize("kind", ["SGD", "Nesterov", "Adam", "RMSProp", "AdaDelta"])
def test_there_and_back_is_the_same_recipe(kind: str) -> None:
    text = f'type: "{kind}" base_lr: 0.02 momentum: 0.8 clip_gradients: 5 random_seed: 7 net: "n"'
    recipe, notes = read(text)
    written, lost = write(recipe, "n", 100)
    again, _ = read(written)
    assert again.to_json() == recipe.to_json()
    assert not lost
    assert [note.values["field"] for note in notes] == (["momentum"] if kind == "RMSProp" else [])


def test_the_old_enum_is_understood() -> None:
    recipe, _ = read("solver_type: NESTEROV base_lr: 0.1 momentum: 0.9")
    assert recipe.to_json()["optimizer"]["nesterov"] is True


@pytest.mark.parametrize("text", ['type: "Magic"', "base_lr: much", "base_lr {"])
def test_bad_solvers_are_refused(text: str) -> None:
    with pytest.raises(GraphError):
        read(text)


def test_an_optimizer_that_caffe_has_not_is_refused() -> None:
    with pytest.raises(GraphError, match="Lion"):
        write(Recipe.from_json({"optimizer": {"type": "Lion"}}), "n", 1)
