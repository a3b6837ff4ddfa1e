"""Everything that can be settled before training: how the data get into the network and what it is
to make small.

Made from facts alone, without loading a sample, so that a form can show it while it is being filled
in.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers.analysis import analyse
from layers.diagnostics import Diagnostic, GraphError, Problem
from layers.graph import Graph
from layers.lowering import has_roles, lowered
from training.datasets.dataset import Facts
from training.objective import Objective, decide
from training.preparation import Preparation, ends, prepare
from training.recipe import Recipe
from training.refusals import refusal
from training.stated import stated_loss

EMPTY_NETWORK = Problem("run.no_layers", "The network has no layers.", "Add an Input layer first.")
NOTHING_TO_LEARN = Problem(
    "run.nothing_to_learn",
    "The network has no weights to train.",
    "Add a layer with weights, such as Dense.",
)
TOO_FEW_SAMPLES = Problem(
    "recipe.validation",
    "Of {count} training samples, {held} kept aside leave none to train on.",
    "Lower validation_split.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, and what it warns of."""

    preparation: Preparation
    objective: Objective
    warnings: tuple[Diagnostic, ...]


def plan(graph: Graph, facts: Facts, recipe: Recipe) -> Plan:
    """Settle how a network is trained on a data set.

    Raises:
        GraphError: with every mistake of the network, or what keeps data and network from fitting.
    """
    if not graph.nodes:
        raise refusal(EMPTY_NETWORK)
    analysis = analyse(graph)
    if analysis.errors:
        raise GraphError(analysis.errors)
    if not analysis.totals.trainable:
        raise refusal(NOTHING_TO_LEARN)
    if facts.train is not None:
        held = held_out(facts.train, recipe.validation_split)
        if held >= facts.train:
            raise refusal(TOO_FEW_SAMPLES, count=facts.train, held=held)
    weight, warnings = 1.0, list[Diagnostic]()
    loss = recipe.loss
    if loss is None:
        loss, weight, warnings = stated_loss(graph, analysis)
    if has_roles(graph):
        graph = lowered(graph, analysis.nodes)
        analysis = analyse(graph)
    source, target = ends(graph, analysis)
    outputs = analysis.nodes[source.id].outputs
    assert outputs  # an input without errors has an output
    mistakes: list[Diagnostic] = []
    prepared = decided = None
    try:
        prepared = prepare(graph, source, outputs[0], facts)
    except GraphError as error:
        mistakes += error.diagnostics
    try:
        decided = decide(graph, analysis, target, facts, loss, weight)
    except GraphError as error:
        mistakes += error.diagnostics
    if prepared is None or decided is None:
        raise GraphError(mistakes)
    return Plan(prepared[0], decided[0], (*warnings, *prepared[1], *decided[1]))


def held_out(count: int, share: float) -> int:
    """How many of `count` training samples are kept aside to measure each epoch."""
    return max(1, round(count * share)) if share else 0
