"""A solver.prototxt of Caffe as a recipe, and back.

Caffe counts iterations and keeps the data's sizes in the network; a recipe counts epochs. Caffe's
weight decay is a penalty that goes through the momentum, and so one of the network here
(:mod:`training.decay`). What one side cannot say is told.
Source: https://caffe.berkeleyvision.org/tutorial/solver.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from exporters.caffe.schema import View, message
from exporters.caffe.text import Fields, Quoted, parse, text_of
from layers.declared import Variant
from layers.diagnostics import Diagnostic, Problem, diagnose
from training.decay import Decay
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


@dataclass(frozen=True)
class Solver:
    """What a solver says.

    Attributes:
        recipe: optimizer, schedule and seed; epochs and batch size are not the solver's.
        iterations: how many steps it makes; None where it does not say.
        decay: the penalty on all weights whose own multiplier is 1.
        notes: what is not kept.
    """

    recipe: Recipe
    iterations: int | None
    decay: Decay
    notes: tuple[Diagnostic, ...]


def is_solver(text: str) -> bool:
    """Whether a text of Caffe is a solver and no network."""
    fields = parse(text)
    return not fields.keys() & {"layer", "layers", "input"} and bool(
        fields.keys() & {"base_lr", "net", "train_net", "lr_policy", "solver_type", "max_iter"}
    )


def read(text: str) -> Solver:
    """What a solver says. Raises GraphError."""
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
    recipe: dict[str, Any] = {"optimizer": optimizer}
    seed = view.get("random_seed")
    if 0 <= seed < 2**31:
        recipe["seed"] = seed
    notes: list[Diagnostic] = []
    policy = view.get("lr_policy") or "fixed"
    if policy != "fixed":
        recipe["schedule"] = _schedule(view, policy)
        if recipe["schedule"] is None:
            notes.append(diagnose(NOT_KEPT, field="lr_policy", value=policy[:60]))
    penalty = view.get("regularization_type")
    if penalty not in ("L1", "L2"):
        notes.append(diagnose(NOT_KEPT, field="regularization_type", value=penalty[:60]))
    decay = Decay(max(view.get("weight_decay"), 0.0), "L1" if penalty == "L1" else "L2")
    iterations = view.get("max_iter")
    notes.extend(
        diagnose(
            NOT_KEPT,
            field=name[:60],
            value="{...}" if isinstance(value, dict) else f"{value!s:.60}",
        )
        for name, value in view.unread()
        if name not in QUIET
    )
    return Solver(
        Recipe.from_json(recipe), iterations if iterations > 0 else None, decay, tuple(notes)
    )


def _schedule(view: View, policy: str) -> dict[str, Any] | None:
    """A policy as a schedule; None where there is none like it. Raises GraphError."""
    gamma, power, size = view.get("gamma"), view.get("power"), view.get("stepsize")
    if policy == "step" and size > 0:
        return {
            "type": "ExponentialDecay",
            "decay_steps": size,
            "decay_rate": gamma,
            "staircase": True,
        }
    if policy == "exp":
        return {"type": "ExponentialDecay", "decay_steps": 1, "decay_rate": gamma}
    if policy == "inv":
        return {"type": "InversePowerDecay", "gamma": gamma, "power": power}
    if policy == "sigmoid":
        return {"type": "SigmoidDecay", "gamma": gamma, "stepsize": size}
    if policy == "poly" and view.get("max_iter") > 0:
        return {
            "type": "PolynomialDecay",
            "decay_steps": view.get("max_iter"),
            "end_learning_rate": 0.0,
            "power": power,
        }
    if policy == "multistep":
        bounds: list[int] = []
        for value in view.all("stepvalue"):
            # At most one change a step, and each behind the one before.
            bounds.append(max(value - 1, bounds[-1] + 1 if bounds else 0))
        rates = [_short(view.get("base_lr") * gamma**place) for place in range(len(bounds) + 1)]
        return {"type": "PiecewiseConstantDecay", "boundaries": bounds, "learning_rates": rates}
    return None


def _short(value: float) -> float:
    return float(f"{value:.9g}")


def write(
    recipe: Recipe, net: str, iterations: int, decay: Decay | None = None
) -> tuple[str, tuple[Diagnostic, ...]]:
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
    notes: list[Diagnostic] = []
    if recipe.schedule is not None:
        policy = _policy(recipe.schedule, iterations)
        if policy is None:
            name = type(recipe.schedule).__name__
            notes.append(diagnose(NOT_WRITTEN, setting="schedule", value=name))
        solver |= policy or {}
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
    if decay is not None and decay.strength:
        solver["weight_decay"] = [decay.strength]
        if decay.penalty != "L2":
            solver["regularization_type"] = [Quoted(decay.penalty)]
    if recipe.seed is not None:
        solver["random_seed"] = [recipe.seed]
    said = {"type", "learning_rate", "nesterov", "global_clipnorm", *fields}
    notes.extend(
        diagnose(NOT_WRITTEN, setting=name, value=f"{value!s:.60}")
        for name, value in given.items()
        if name not in said and value not in (None, False, 0.0)
    )
    return text_of(solver), tuple(notes)


def _policy(schedule: Variant, iterations: int) -> Fields | None:
    """A schedule as Caffe's policy; None where it has none like it."""
    name, values = type(schedule).__name__, schedule.values
    if name == "ExponentialDecay":
        steps, rate = values["decay_steps"], values["decay_rate"]
        if values["staircase"]:
            return {"lr_policy": [Quoted("step")], "gamma": [rate], "stepsize": [steps]}
        return {"lr_policy": [Quoted("exp")], "gamma": [rate ** (1 / steps)]}
    if name == "InverseTimeDecay" and not values["staircase"]:
        gamma = values["decay_rate"] / values["decay_steps"]
        return {"lr_policy": [Quoted("inv")], "gamma": [gamma], "power": [1.0]}
    if name == "InversePowerDecay":
        return {
            "lr_policy": [Quoted("inv")],
            "gamma": [values["gamma"]],
            "power": [values["power"]],
        }
    if name == "SigmoidDecay":
        return {
            "lr_policy": [Quoted("sigmoid")],
            "gamma": [values["gamma"]],
            "stepsize": [values["stepsize"]],
        }
    if name == "PolynomialDecay" and not values["cycle"] and not values["end_learning_rate"]:
        # Behind its last step nothing is learnt any more, and Caffe ends there.
        steps = values["decay_steps"]
        if iterations >= steps:
            return {
                "lr_policy": [Quoted("poly")],
                "power": [values["power"]],
                "max_iter": [steps],
            }
    if name == "PiecewiseConstantDecay":
        rates = values["learning_rates"]
        factors = [after / before for before, after in pairwise(rates) if before]
        if len(factors) == len(rates) - 1 and all(
            math.isclose(factor, factors[0], rel_tol=1e-6) for factor in factors
        ):
            return {
                "base_lr": [rates[0]],
                "lr_policy": [Quoted("multistep")],
                "gamma": [_short(factors[0]) if factors else 1.0],
                "stepvalue": [int(bound) + 1 for bound in values["boundaries"]],
            }
    return None
