"""A solver.prototxt of Caffe as a recipe, and back.

Caffe counts iterations and keeps the data's sizes in the network; a recipe counts epochs. What one
side cannot say is told. Source: https://caffe.berkeleyvision.org/tutorial/solver.html
"""

from __future__ import annotations

from typing import Any

from exporters.caffe.schema import View, message
from exporters.caffe.text import Fields, Quoted, parse, text_of
from layers.diagnostics import Diagnostic, Problem, diagnose
from training.recipe import Recipe
from training.refusals import refusal

UNKNOWN = Problem(
    "solver.type", "There is no solver {type}.", "Choose SGD, Nesterov, Adam or another of Caffe's."
)
NOT_KEPT = Problem(
    "solver.not_kept",
    "{field}={value} of the solver has no counterpart in a recipe and is left out.",
    "Set what it stands for by hand, where it matters.",
    severity="warning",
)
NOT_WRITTEN = Problem(
    "solver.not_written",
    "{setting}={value} cannot be said to Caffe and is left out.",
    "Set what it stands for by hand, where it matters.",
    severity="warning",
)
NO_OPTIMIZER = Problem(
    "solver.optimizer", "Caffe has no optimizer like {optimizer}.", "Choose SGD or Adam."
)
OPTIMIZERS = {
    "SGD": "SGD",
    "Nesterov": "SGD",
    "Adam": "Adam",
    "RMSProp": "RMSprop",
    "AdaGrad": "Adagrad",
    "AdaDelta": "Adadelta",
}
QUIET = {
    "net", "train_net", "test_net", "test_iter", "test_interval", "display", "snapshot",
    "snapshot_prefix", "snapshot_format", "snapshot_after_train", "solver_mode", "device_id",
    "debug_info", "test_initialization", "test_compute_loss", "average_loss", "random_seed",
}  # fmt: skip
"""Where files lie and how often something is shown: no part of a recipe."""


def read(text: str) -> tuple[Recipe, tuple[Diagnostic, ...]]:
    """The recipe of a solver, and what it does not keep. Raises GraphError."""
    view = View(parse(text), message("SolverParameter"), "The solver")
    old = view.get("solver_type") if view.has("solver_type") else ""
    kind = {name.upper(): name for name in OPTIMIZERS}.get(old, "") or view.get("type")
    if kind not in OPTIMIZERS:
        raise refusal(UNKNOWN, type=kind[:60])
    optimizer: dict[str, Any] = {"type": OPTIMIZERS[kind]}
    if view.has("base_lr"):
        optimizer["learning_rate"] = view.get("base_lr")
    if kind in ("SGD", "Nesterov"):
        optimizer |= {"momentum": view.get("momentum"), "nesterov": kind == "Nesterov"}
    elif kind == "Adam":
        optimizer["beta_1"] = view.get("momentum") if view.has("momentum") else 0.0
        optimizer |= {"beta_2": view.get("momentum2"), "epsilon": view.get("delta")}
    elif kind == "RMSProp":
        optimizer |= {"rho": view.get("rms_decay"), "epsilon": view.get("delta")}
    elif kind == "AdaDelta":
        optimizer |= {"rho": view.get("momentum"), "epsilon": view.get("delta")}
    else:
        optimizer |= {"epsilon": view.get("delta"), "initial_accumulator_value": 0.0}
    if view.get("clip_gradients") >= 0:
        optimizer["global_clipnorm"] = view.get("clip_gradients")
    policy = view.get("lr_policy") or "fixed"
    recipe: dict[str, Any] = {"optimizer": optimizer}
    seed = view.get("random_seed")
    if 0 <= seed < 2**31:
        recipe["seed"] = seed
    notes = [] if policy == "fixed" else [diagnose(NOT_KEPT, field="lr_policy", value=policy[:60])]
    notes.extend(
        diagnose(
            NOT_KEPT,
            field=name[:60],
            value="{...}" if isinstance(value, dict) else f"{value!s:.60}",
        )
        for name, value in view.unread()
        if name not in QUIET
    )
    return Recipe.from_json(recipe), tuple(notes)


def write(recipe: Recipe, net: str, iterations: int) -> tuple[str, tuple[Diagnostic, ...]]:
    """A recipe as a solver of the network in the file `net`, and what it does not keep.

    Raises GraphError for an optimizer that Caffe has not.
    """
    given = recipe.to_json()["optimizer"]
    kind = given["type"]
    names = {ours: theirs for theirs, ours in reversed(OPTIMIZERS.items())}
    if kind not in names:
        raise refusal(NO_OPTIMIZER, optimizer=kind)
    named = "Nesterov" if given.get("nesterov") else names[kind]
    solver: Fields = {
        "net": [Quoted(net)],
        "type": [Quoted(named)],
        "base_lr": [given["learning_rate"]],
        "lr_policy": [Quoted("fixed")],
        "max_iter": [iterations],
    }
    fields = {
        "SGD": {"momentum": "momentum"},
        "Adam": {"beta_1": "momentum", "beta_2": "momentum2", "epsilon": "delta"},
        "RMSprop": {"rho": "rms_decay", "epsilon": "delta"},
        "Adagrad": {"epsilon": "delta"},
        "Adadelta": {"rho": "momentum", "epsilon": "delta"},
    }[kind]
    for ours, theirs in {**fields, "global_clipnorm": "clip_gradients"}.items():
        if given.get(ours) is not None:
            solver[theirs] = [given[ours]]
    if recipe.seed is not None:
        solver["random_seed"] = [recipe.seed]
    said = {"type", "learning_rate", "nesterov", "global_clipnorm", *fields}
    notes = [
        diagnose(NOT_WRITTEN, setting=name, value=f"{value!s:.60}")
        for name, value in given.items()
        if name not in said and value not in (None, False, 0.0)
    ]
    return text_of(solver), tuple(notes)
