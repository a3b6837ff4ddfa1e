"""Solvers of Caffe as recipes, and back; their policies as schedules; their decay as penalties."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import read as read_network
from layers.blocks import expand
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from layers.params import Param
from training.decay import Decay, decayed
from training.recipe import Recipe
from training.schedules import Schedule
from training.solver import is_solver, read, write

LENET = """
net: "lenet.prototxt" test_iter: 100 test_interval: 500 base_lr: 0.01 momentum: 0.9
weight_decay: 0.0005 lr_policy: "inv" gamma: 0.0001 power: 0.75 display: 100 max_iter: 10000
snapshot: 5000 snapshot_prefix: "lenet" solver_mode: CPU
"""
NETWORK = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 3 }
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 3 } }
layer { name: "c" type: "InnerProduct" bottom: "b" top: "c" inner_product_param { num_output: 3 }
  param { lr_mult: 0 } param { lr_mult: 0 } }
"""


def test_a_solver_becomes_a_recipe_and_says_what_is_lost() -> None:
    solver = read(LENET + ' iter_size: 4 test_state { stage: "x" }')
    optimizer = solver.recipe.to_json()["optimizer"]
    assert (optimizer["type"], optimizer["learning_rate"], optimizer["momentum"]) == (
        "SGD",
        0.01,
        0.9,
    )
    assert solver.recipe.to_json()["schedule"] == {
        "type": "InversePowerDecay",
        "gamma": 0.0001,
        "power": 0.75,
    }
    assert (solver.iterations, solver.decay) == (10_000, Decay(0.0005, "L2"))
    assert {note.values["field"] for note in solver.notes} == {"iter_size", "test_state"}


@pytest.mark.parametrize("kind", ["SGD", "Nesterov", "Adam", "RMSProp", "AdaGrad", "AdaDelta"])
def test_there_and_back_is_the_same_recipe(kind: str) -> None:
    text = f'type: "{kind}" base_lr: 0.02 momentum: 0.8 clip_gradients: 5 random_seed: 7 net: "n"'
    solver = read(text)
    written, lost = write(solver.recipe, "n", 100)
    assert read(written).recipe.to_json() == solver.recipe.to_json()
    assert not lost
    has_momentum = kind not in ("RMSProp", "AdaGrad")
    assert [note.values["field"] for note in solver.notes] == [] if has_momentum else ["momentum"]


RATE = 0.1
POLICIES: dict[str, tuple[str, Callable[[int], float]]] = {
    "fixed": ("", lambda step: RATE),
    "step": ("gamma: 0.5 stepsize: 3", lambda step: RATE * 0.5 ** (step // 3)),
    "exp": ("gamma: 0.9", lambda step: RATE * 0.9**step),
    "inv": ("gamma: 0.1 power: 0.75", lambda step: RATE * (1 + 0.1 * step) ** -0.75),
    "multistep": (
        "gamma: 0.5 stepvalue: 2 stepvalue: 5",
        lambda step: RATE * 0.5 ** ((step >= 2) + (step >= 5)),
    ),
    "poly": ("power: 2 max_iter: 8", lambda step: RATE * (1 - step / 8) ** 2),
    "sigmoid": (
        "gamma: -0.5 stepsize: 4",
        lambda step: RATE / (1 + math.exp(0.5 * (step - 4))),
    ),
}


@pytest.mark.keras
@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_gives_the_rates_of_caffe_and_comes_back(policy: str) -> None:
    from training.compilation import learning_rate_of

    settings, formula = POLICIES[policy]
    solver = read(f'net: "n" base_lr: {RATE} lr_policy: "{policy}" {settings} weight_decay: 0.1')
    assert solver.notes == ()
    rate = learning_rate_of(solver.recipe)
    for step in range(9):
        found = rate if policy == "fixed" else float(rate(step))
        assert found == pytest.approx(formula(step), abs=1e-7)
    if policy != "fixed":
        assert type(rate).from_config(rate.get_config()).get_config() == rate.get_config()
    written, lost = write(solver.recipe, "n", 8, solver.decay)
    again = read(written)
    assert again.recipe.to_json() == solver.recipe.to_json()
    assert again.decay == solver.decay
    assert lost == ()


SAID: dict[str, dict[str, object]] = {
    "InverseTimeDecay": {"decay_steps": 100, "decay_rate": 0.5},
    "ExponentialDecay": {"decay_steps": 10, "decay_rate": 0.5},
}
UNSAID: dict[str, dict[str, object]] = {
    "CosineDecay": {"decay_steps": 100},
    "PolynomialDecay": {"decay_steps": 1000, "end_learning_rate": 0.0},
    "PiecewiseConstantDecay": {"boundaries": [1, 2], "learning_rates": [0.1, 0.05, 0.04]},
}


@pytest.mark.parametrize("name", SAID | UNSAID)
def test_what_caffe_cannot_say_of_a_schedule_is_told(name: str) -> None:
    schedule = {"type": name, **(SAID | UNSAID)[name]}
    text, lost = write(Recipe.from_json({"optimizer": "SGD", "schedule": schedule}), "n", 100)
    assert [note.values["value"] for note in lost] == ([name] if name in UNSAID else [])
    assert ('"fixed"' in text) == (name in UNSAID)


@pytest.mark.keras
@pytest.mark.parametrize("name", Schedule.alternatives)
def test_a_schedule_has_the_names_and_defaults_of_keras(name: str) -> None:
    import inspect

    import keras

    from training.compilation import learning_rate_of

    declared = Schedule.alternatives[name]
    wanted = {key: param.example() for key, param in declared.params.items() if needed(param)}
    recipe = Recipe.from_json({"schedule": {"type": name, **wanted}})
    assert float(learning_rate_of(recipe)(0)) > 0
    theirs = getattr(keras.optimizers.schedules, name, None)
    if theirs is not None:
        known = inspect.signature(theirs.__init__).parameters
        for key, param in declared.params.items():
            assert needed(param) or known[key].default == param.typed_default
            assert key in known or key == "learning_rates"


def needed(param: Param[Any]) -> bool:
    return param.schema()["required"] is True


@pytest.mark.parametrize(
    "values",
    [
        {"boundaries": [5], "learning_rates": [1.0]},
        {"boundaries": [5, 4], "learning_rates": [1, 2, 3]},
    ],
)
def test_pieces_that_do_not_fit_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(GraphError, match="boundaries"):
        Recipe.from_json({"schedule": {"type": "PiecewiseConstantDecay", **values}})


def test_the_decay_of_a_solver_reaches_every_trained_weight() -> None:
    graph = read_network(NETWORK, "net.prototxt").graph
    made = decayed(graph, Decay(0.01, "L1"))
    found = {
        node.name: [
            (node.params.get(f"{name}_regularizer") or {}).get("l1") for name in ("kernel", "bias")
        ]
        for node in made
        if node.type == "Dense"
    }
    assert found == {"a": [0.01, None], "b": [0.01, 0.01], "c": [None, None]}
    second = decayed(graph, Decay(0.01)).nodes[next(n.id for n in graph if n.name == "a")]
    assert second.params["kernel_regularizer"] == {"type": "L2", "l2": 0.005}


def test_decay_reaches_into_blocks_and_leaves_other_penalties_alone() -> None:
    own = {"type": "L1", "l1": 0.1}
    inside = [
        {"id": "i", "type": "BlockInput", "name": "i", "params": {}},
        {"id": "d", "type": "Dense", "name": "d", "params": {"units": {"expr": "u"}}},
    ]
    block = {"params": {"u": 2}, "nodes": inside, "edges": [{"source": "i", "target": "d"}]}
    graph = Graph(
        [
            Node("x", "InputLayer", "x", {"shape": [4]}),
            Node("b", "Block", "b", {"block": "two", "values": {"u": 3}, "repeat": 1}),
            Node("d", "Dense", "last", {"units": 2, "kernel_regularizer": own}),
        ],
        [Edge("x", "b"), Edge("b", "d")],
        {"two": block},
    )
    made = decayed(graph, Decay(0.01))
    assert made.nodes["d"].params["kernel_regularizer"] == own
    assert made.nodes["d"].params["bias_regularizer"] == {"type": "L2", "l2": 0.005}
    (found,) = (node for node in expand(made) if node.name == "b_d")
    assert found.params["kernel_regularizer"] == {"type": "L2", "l2": 0.005}


def test_the_old_enum_is_understood() -> None:
    recipe = read("solver_type: NESTEROV base_lr: 0.1 momentum: 0.9").recipe
    assert recipe.to_json()["optimizer"]["nesterov"] is True


def test_what_only_forks_know_is_told() -> None:
    solver = read('lr_policy: "plateau" base_lr: 0.1 regularization_type: "L0"')
    assert [note.values["value"] for note in solver.notes] == ["plateau", "L0"]


@pytest.mark.parametrize("text", ['type: "Magic"', "base_lr: much", "base_lr {"])
def test_bad_solvers_are_refused(text: str) -> None:
    with pytest.raises(GraphError):
        read(text)


def test_a_network_is_no_solver() -> None:
    assert is_solver(LENET)
    assert not is_solver(NETWORK)


def test_an_optimizer_that_caffe_has_not_is_refused() -> None:
    with pytest.raises(GraphError, match="Lion"):
        write(Recipe.from_json({"optimizer": {"type": "Lion"}}), "n", 1)
