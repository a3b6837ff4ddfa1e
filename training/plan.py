"""Everything that can be settled before training: how the data get into the network and what it is
to make small.

Made from facts alone, without loading a sample, so that a form can show it while it is being filled
in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layers.analysis import Analysis, analyse
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.ends import End, ends, main_end
from layers.graph import Graph
from layers.lowering import exposed, has_roles, lowered, placed
from training.datasets.dataset import Facts
from training.objective import Objective, decide
from training.preparation import Preparation, input_of, prepare
from training.recipe import Recipe
from training.refusals import refusal
from training.stated import stated_loss, together

EMPTY_NETWORK = Problem("run.no_layers", "The network has no layers.", "Add an Input layer first.")
NOTHING_TO_LEARN = Problem(
    "run.nothing_to_learn",
    "The network has no weights to train.",
    "Add a layer with weights, such as Dense.",
)
NO_OUTPUT = Problem(
    "run.no_output", "Nothing comes out of the network.", "Add a layer behind its input."
)
ALL_OUTPUTS = Problem(
    "labels.outputs",
    "All {count} outputs are trained on the labels of {data}, with equal weight: {names}. {main} is"
    " the one that is asked and whose accuracy is measured.",
    "Put loss nodes behind outputs to choose and weigh them.",
    severity="hint",
)
TOO_FEW_SAMPLES = Problem(
    "recipe.validation",
    "Of {count} training samples, {held} kept aside leave none to train on.",
    "Lower validation_split.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, and what it warns of.

    Attributes:
        preparation: what is done to each sample.
        objectives: what is made small, added up: one for each end of the network that is trained,
            in the order of their depth.
        warnings: what is to be said of it.
    """

    preparation: Preparation
    objectives: tuple[Objective, ...]
    warnings: tuple[Diagnostic, ...]

    @property
    def objective(self) -> Objective:
        """The main one: its end is asked, and its accuracy measured."""
        return next(objective for objective in self.objectives if objective.end.is_main)

    @property
    def loss(self) -> str:
        """The losses by their names, each once."""
        return ", ".join(dict.fromkeys(objective.loss.name for objective in self.objectives))


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
    found, model, analysis = model_of(graph, analysis)
    source = input_of(model)
    outputs = analysis.nodes[source.id].outputs
    assert outputs  # an input without errors has an output
    mistakes: list[Diagnostic] = []
    said: list[Diagnostic] = []
    prepared = decided = None
    try:
        prepared = prepare(model, source, outputs[0], facts)
    except GraphError as error:
        mistakes += error.diagnostics
    try:
        said = together(exposed(graph), found)
        decided = _decide(model, analysis, found, facts, recipe)
    except GraphError as error:
        mistakes += error.diagnostics
    if prepared is None or decided is None:
        raise GraphError([placed(mistake, graph) for mistake in mistakes])
    warnings = [placed(warning, graph) for warning in (*said, *decided[1], *prepared[1])]
    return Plan(prepared[0], decided[0], tuple(warnings))


def fitting(graph: Graph, choices: Iterable[Facts]) -> list[Facts]:
    """The data sets whose samples get into a network, finished or not, as it is; words only where
    they are looked up.
    """
    model, known = graph, analyse(graph)
    try:
        if not known.errors:
            _, model, known = model_of(graph, known)
    except GraphError:
        pass  # Nothing comes out of it yet; its input is there.
    try:
        source = input_of(model)
    except GraphError:
        return []
    outputs = known.nodes[source.id].outputs
    followers = [model.nodes[edge.target].type for edge in model.outgoing(source.id)]

    def fits(facts: Facts) -> bool:
        if not outputs or ("Embedding" in followers) != (facts.kind == "tokens"):
            return False
        try:
            prepare(model, source, outputs[0], facts)
        except GraphError:
            return False
        return True

    return list(filter(fits, choices))


def model_of(graph: Graph, analysis: Analysis) -> tuple[tuple[End, ...], Graph, Analysis]:
    """What of a network without errors is trained, its lowered form, and the analysis of that. A
    network with loss nodes within blocks is taken without its blocks.

    Raises:
        GraphError: where nothing comes out of it.
    """
    flat = exposed(graph)
    if flat is not graph:
        graph, analysis = flat, analyse(flat)
    model, known = graph, analysis
    if has_roles(graph):
        model = lowered(graph, analysis.nodes)
        known = analyse(model)
    found = ends(graph, analysis.nodes, model)
    if not found:
        raise refusal(NO_OUTPUT)
    return found, model, known


def _decide(
    model: Graph, analysis: Analysis, found: tuple[End, ...], facts: Facts, recipe: Recipe
) -> tuple[tuple[Objective, ...], list[Diagnostic]]:
    """What each end is to make small, with warnings. Raises GraphError."""
    warnings: list[Diagnostic] = []
    objectives = []
    for end in found:
        loss, weight = recipe.loss, end.weight
        if loss is None:
            loss, said = stated_loss(end)
            warnings += said
        elif len(found) == 1:
            # A loss that was chosen is taken as it is; beside others its share still counts.
            weight = 1.0
        others = 0 if end.loss else len(found) - 1
        objective, said = decide(model, analysis, end, facts, loss, weight, others)
        objectives.append(objective)
        warnings += said
    if len(found) > 1 and found[0].loss is None:
        names = ", ".join(end.node.name for end in found)
        main = main_end(found).node
        warnings.append(
            diagnose(
                ALL_OUTPUTS,
                node=main.id,
                count=len(found),
                names=names,
                data=facts.name,
                main=main.name,
            )
        )
    return tuple(objectives), warnings


def held_out(count: int, share: float) -> int:
    """How many of `count` training samples are kept aside to measure each epoch."""
    return max(1, round(count * share)) if share else 0
