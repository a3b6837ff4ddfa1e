"""Recipes in files: solvers of Caffe, and our own JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from exporters.format import read
from scripts import recipe_file
from scripts import train as training
from scripts.console import Refused
from tests.scripts.conftest import Script
from training.datasets import find
from training.recipe import Recipe
from training.solver import read as read_solver

SOLVER = """
net: "net.prototxt" base_lr: 0.05 momentum: 0.9 weight_decay: 0.001 max_iter: 60
lr_policy: "step" gamma: 0.1 stepsize: 40 random_seed: 3
"""


@pytest.mark.keras
def test_a_solver_of_caffe_trains_as_it_says(
    script: Script, tmp_path: Path, digits_model: Path
) -> None:
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    arguments = ["--recipe", tmp_path / "solver.prototxt", "--batch-size", 50]
    written = ["--write-solver", tmp_path / "again.prototxt"]
    output = script("train.py", digits_model, "digits", *arguments, *written).stdout
    # 1,437 samples make 29 steps.
    assert len(re.findall(r"^Epoch .*accuracy: ", output, re.MULTILINE)) == 3
    again = read_solver((tmp_path / "again.prototxt").read_text()).recipe.to_json()
    assert again == read_solver(SOLVER).recipe.to_json()


def test_a_recipe_as_json_is_changed_by_options(tmp_path: Path, digits_model: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({"optimizer": "SGD", "epochs": 7, "batch_size": 16}))
    graph = read(digits_model.read_bytes(), digits_model.name).graph
    given = recipe_file.read(path, graph)
    options = training.parser().parse_args(
        ["net", "digits", "--learning-rate", "0.3", "--epochs", "2"]
    )
    recipe = training.recipe_of(options, given.settings).to_json()
    assert (recipe["optimizer"]["type"], recipe["optimizer"]["learning_rate"]) == ("SGD", 0.3)
    assert (recipe["epochs"], recipe["batch_size"]) == (2, 16)
    assert given.applied(graph) is graph


def test_steps_are_epochs_by_the_batch_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    graph = read(
        'layer { name: "data" type: "MemoryData" top: "data" top: "label"'
        " memory_data_param { batch_size: 10 channels: 1 height: 4 width: 4 } }\n"
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"'
        " inner_product_param { num_output: 3 } }",
        "net.prototxt",
    ).graph
    given = recipe_file.read(tmp_path / "solver.prototxt", graph)
    recipe = Recipe.from_json({"validation_split": 0.0, **given.settings})
    assert recipe.batch_size == 10
    facts = find("digits").facts
    assert given.epochs(replace(facts, train=95), recipe) == 6
    with pytest.raises(Refused, match="iterations"):
        given.epochs(replace(facts, train=None), recipe)
    [dense] = [node for node in given.applied(graph) if node.type == "Dense"]
    assert dense.params["bias_regularizer"] == {"type": "L2", "l2": 0.0005}
