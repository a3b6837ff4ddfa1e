"""What a notebook makes small: the losses that the network states, else what fits its outputs."""

from __future__ import annotations

from dataclasses import dataclass

from exporters.code.keras_code import WIDTH
from exporters.plan import Call, Plan
from layers.analysis import analyse
from layers.blocks import has_blocks, places_within
from layers.catalog.caffe_loss import keras_loss, unlike_keras
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.ends import End, ends
from layers.graph import Graph
from layers.lowering import exposed, has_roles, lowered, placed

ALMOST = Problem(
    "notebook.loss",
    "{name} is trained as {loss} in the notebook, which is not quite the same: {how}.",
    "Mind the learning rate, or write the loss into the notebook.",
    severity="warning",
)
LEFT_OUT = Problem(
    "notebook.left_out",
    "{name} is left out of the training in the notebook: {reason}.",
    "Write it into the notebook, or set its loss_weight to 0.",
    severity="warning",
)
NUMBERS = ("sparse_categorical_crossentropy", "categorical_hinge")
"""Losses that a network states for labels that are class numbers, as Caffe has them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One loss of the training.

    Attributes:
        layer: the name of the layer whose output is compared with the labels.
        loss: Keras' string.
        measure: what is measured beside it; None for nothing.
        weight: factor of the loss.
    """

    layer: str
    loss: str
    measure: str | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Goals:
    """All losses of the training.

    Attributes:
        goals: in the order of the outputs where they are those.
        labels: how many arrays of labels there are; one serves all losses that a network states.
        are_outputs: whether the losses compare the outputs of the model, each one once.
        notes: what is to be said of losses that are not quite the network's.
    """

    goals: tuple[Goal, ...]
    labels: int
    are_outputs: bool
    notes: tuple[Diagnostic, ...] = ()


def goals_of(graph: Graph, made: Plan) -> Goals:
    """The losses of a network's notebook.

    Args:
        graph: the network, without errors.
        made: its plan.
    """
    whole, graph = graph, exposed(graph)
    stated = _stated(graph) if has_roles(graph) else ()
    found, notes = dict[tuple[str, int], list[Goal]](), list[Diagnostic]()
    within = places_within(graph) if stated and has_blocks(graph) else {}
    for end in stated:
        identity, port = within.get(end.place, end.place)
        goal, said = _goal(end, made.calls[identity], port, made)
        notes += (placed(note, whole) for note in said)
        if goal is not None:
            found.setdefault((identity, port), []).append(goal)
    if not found:
        goals = tuple(_fitting(made.calls[identity]) for identity, _ in made.outputs)
        return Goals(goals, len(goals), True, tuple(notes))
    outputs = [place for place in made.outputs if place in found]
    ordered = [*outputs, *(place for place in found if place not in outputs)]
    goals = tuple(goal for place in ordered for goal in found[place])
    are_outputs = tuple(ordered) == made.outputs and len(goals) == len(ordered)
    return Goals(goals, 1, are_outputs, tuple(notes))


def _stated(graph: Graph) -> tuple[End, ...]:
    analysis = analyse(graph)
    found = ends(graph, analysis.nodes, lowered(graph, analysis.nodes))
    return tuple(end for end in found if end.loss is not None)


def _goal(end: End, call: Call, port: int, made: Plan) -> tuple[Goal | None, list[Diagnostic]]:
    """The loss of an end, and what is to be said of it."""
    assert end.loss is not None
    node, loss = end.node, keras_loss(end.loss)
    is_shared = any(other.owner is call.owner for other in made.calls.values() if other is not call)
    reason = None
    if loss is None:
        reason = "Keras has no loss like it"
    elif is_shared or port or call.output_count > 1:
        # Keras finds the tensor by the layer's name, where the layer gives one.
        reason = "its layer gives several tensors"
    if loss is None or reason:
        return None, [diagnose(LEFT_OUT, node=node.id, name=node.name, reason=reason)]
    measure = "mae" if loss == "mean_squared_error" else "accuracy"
    notes = [
        diagnose(ALMOST, node=node.id, name=node.name, loss=loss, how=how)
        for how in unlike_keras(end.loss)
    ]
    return Goal(call.node.name, loss, measure if end.is_main else None, end.weight), notes


def _fitting(call: Call) -> Goal:
    """What an output is usually trained with."""
    layer = call.layer
    function = layer.values.get("activation") if layer is not None else None
    if function == "softmax" or (layer is not None and type(layer).__name__ == "Softmax"):
        return Goal(call.node.name, "sparse_categorical_crossentropy", "accuracy")
    if function == "sigmoid":
        return Goal(call.node.name, "binary_crossentropy", "accuracy")
    return Goal(call.node.name, "mse", "mae")


def training(goals: Goals) -> str:
    """The cell that trains the model, and states its losses and labels."""
    return (
        f"{_labels(goals)}{_part(goals)}{_compiling(goals)}"
        f"history = {_name(goals)}.fit(\n"
        "    x_train,\n"
        f"    {_taken(goals, 'y_train')},\n"
        f"    validation_data=(x_test, {_taken(goals, 'y_test')}),\n"
        "    batch_size=128,\n"
        "    epochs=EPOCHS,\n"
        ")"
    )


def evaluation(goals: Goals) -> str:
    """The cell that measures the model on the test set."""
    return f"{_name(goals)}.evaluate(x_test, {_taken(goals, 'y_test')}, return_dict=True)"


def _name(goals: Goals) -> str:
    return "model" if goals.are_outputs else "trained"


def _part(goals: Goals) -> str:
    """The model of what is compared, where that is not just the outputs."""
    if goals.are_outputs:
        return ""
    names = ", ".join(f'"{goal.layer}"' for goal in goals.goals)
    return (
        "# The layers whose outputs are compared with the labels.\n"
        f"compared = [{names}]\n"
        "outputs = [model.get_layer(name).output for name in compared]\n"
        "trained = keras.Model(model.inputs, outputs)\n\n"
    )


def _compiling(goals: Goals) -> str:
    losses = [f'"{goal.loss}"' for goal in goals.goals]
    measures = [f'["{goal.measure}"]' if goal.measure else "None" for goal in goals.goals]
    weights = [f"{goal.weight:g}" for goal in goals.goals]
    if len(losses) == 1:
        settings = [f"loss={losses[0]}", f"metrics={measures[0]}"]
    else:
        settings = [f"loss=[{', '.join(losses)}]", f"metrics=[{', '.join(measures)}]"]
    if set(weights) != {"1"}:
        settings.insert(1, f"loss_weights=[{', '.join(weights)}]")
    line = f'{_name(goals)}.compile(optimizer="adam", {", ".join(settings)})\n'
    if len(line) <= WIDTH:
        return line
    if len(losses) > 1:
        settings[0] = "loss=[\n" + "".join(f"        {loss},\n" for loss in losses) + "    ]"
    settings.insert(0, 'optimizer="adam"')
    return f"{_name(goals)}.compile(\n" + "".join(f"    {each},\n" for each in settings) + ")\n"


def _labels(goals: Goals) -> str:
    """The function that gives each loss its labels, where one array serves several."""
    if not _are_made(goals):
        return ""
    rows = _rows(goals)
    each = ["rows" if is_row else "y" for is_row in rows]
    lines = ["    rows = keras.utils.to_categorical(y)"] if any(rows) else []
    made = f"[{', '.join(each)}]" if len(each) > 1 else each[0]
    return "\n".join(["def labels(y):", *lines, f"    return {made}"]) + "\n\n\n"


def _taken(goals: Goals, name: str) -> str:
    return f"labels({name})" if _are_made(goals) else name


def _are_made(goals: Goals) -> bool:
    """Whether labels are made of one array; those of outputs without losses are one for each."""
    return goals.labels == 1 and (len(goals.goals) > 1 or any(_rows(goals)))


def _rows(goals: Goals) -> list[bool]:
    """Which losses want class numbers as rows of 0 and 1."""
    are_numbers = any(goal.loss in NUMBERS for goal in goals.goals)
    return [are_numbers and goal.loss != NUMBERS[0] for goal in goals.goals]
