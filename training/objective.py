"""What a network is to make small: the loss that fits its last layer and the labels, and how labels
reach it.

Whether outputs are probabilities or logits is decided from the network itself, never guessed from
values: a loss told the wrong thing trains, but badly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layers.analysis import Analysis, analyse
from layers.answers import flattened, passes
from layers.blocks import expand, has_blocks, places_within
from layers.diagnostics import Diagnostic, Fix, GraphError, Problem, diagnose
from layers.edits import SetParams
from layers.ends import End
from layers.graph import Graph, Node
from layers.tensor import Shape, product, shape_text
from training.datasets.dataset import Facts
from training.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from training.refusals import refusal

if TYPE_CHECKING:
    from training.datasets.dataset import Array

PROBABILITIES = frozenset({"softmax", "sigmoid", "hard_sigmoid", "sparsemax", "sparse_sigmoid"})
"""Activations whose values are probabilities (or are made so by dividing by their sum)."""

NOT_NEGATIVE = PROBABILITIES | {"relu", "relu6", "softplus", "exponential"}

TOO_FEW_UNITS = Problem(
    "labels.units",
    "{name} gives {units} value(s) for each sample; {data} has {classes} classes.",
    "Set its units to {classes}.",
)
WRONG_OUTPUT = Problem(
    "labels.shape",
    "{name} gives {shape} for each sample; the labels of {data} are {labels}.",
    "Make the last layer give {wanted}.",
)
UNFIT_OUTPUT = Problem(
    "labels.output",
    "{name}, one of {count} outputs, gives {shape} for each sample; the labels of {data} ask for"
    " {wanted}.",
    "Correct it, remove it, or put a loss node behind each output that is to be trained.",
)
CUT_OFF = Problem(
    "labels.activation",
    "{name} ends in {activation}, so it cannot give every score that {loss} compares.",
    "End in softmax for one class of several, sigmoid for yes or no, linear for numbers.",
    severity="warning",
)
NEGATIVE = Problem(
    "labels.negative",
    "{loss} needs outputs that are not negative; {name} ends in {activation}.",
    "End in softplus, or choose another loss.",
    severity="warning",
)
UNFIT_LOSS = Problem(
    "recipe.loss_unfit",
    "{loss} cannot compare {labels} with the {shape} values of {name}.",
    "Choose another loss, or none: then one that fits is taken.",
)


@dataclass(frozen=True, slots=True)
class Objective:
    """A loss at one end of the network, and how labels reach it.

    Attributes:
        end: the tensor that is compared with the labels.
        loss: the loss.
        from_logits: whether outputs are logits; False where the loss does not ask.
        accuracy: which accuracy is measured beside it: of class numbers, of rows, of single yes-or-
            no values, or none. output: shape of one output, without the batch. classes: width of
            one-hot rows; 0 where there are none. weight: factor of the loss.
    """

    end: End
    loss: Loss
    from_logits: bool
    accuracy: Literal["sparse", "categorical", "binary", None]
    output: tuple[int, ...]
    classes: int = 0
    weight: float = 1.0

    def labels(self, y: Array) -> Array:
        """Labels as the loss takes them, from labels as stored."""
        import numpy as np

        form = self.loss.form
        if form == "index":
            return y if y.dtype.kind in "iu" else np.argmax(y, axis=-1)
        if form in ("one_hot", "values") and self.classes and y.dtype.kind in "iu":
            return np.eye(self.classes, dtype=np.float32)[y]
        taken = y.astype(np.float32).reshape(len(y), *self.output)
        return taken * 2 - 1 if form == "signs" else taken


def decide(
    graph: Graph,
    analysis: Analysis,
    end: End,
    facts: Facts,
    chosen: Loss | None,
    weight: float = 1.0,
    others: int = 0,
) -> tuple[Objective, list[Diagnostic]]:
    """What one end of a network is to make small, with warnings.

    Args:
        graph, analysis: the network, lowered.
        end: one of its ends.
        facts: the data.
        chosen: the loss of the recipe, or of the network's own loss node; None to infer it.
        weight: factor of the loss.
        others: how many other outputs are trained, where none has a loss node.

    Raises:
        GraphError: where labels and outputs cannot be compared.
    """
    node, port = graph.nodes[end.place[0]], end.place[1]
    outputs = analysis.nodes[node.id].outputs
    shape = outputs[port].shape[1:] if outputs else ()
    if None in shape:
        mistake = _wrong_output(graph, analysis, node, shape, facts)
        raise GraphError([_among(mistake, end, shape, facts, others)])
    output = tuple(int(dim or 0) for dim in shape)
    last, activation = last_activation(graph, analysis, node, port)
    loss = chosen or infer(output, activation, facts)
    if loss is None:
        mistake = _misfit(graph, analysis, node, last, output, facts)
        raise GraphError([_among(mistake, end, output, facts, others)])
    classes = _check(loss, graph, analysis, node, last, output, facts, bool(chosen))
    from_logits = loss.takes_logits and activation not in PROBABILITIES
    accuracy = _accuracy(loss, output, facts)
    objective = Objective(end, loss, from_logits, accuracy, output, classes, weight)
    return objective, _warnings(loss, last, activation, from_logits)


def last_activation(
    graph: Graph, analysis: Analysis, node: Node, port: int = 0
) -> tuple[Node, str]:
    """The last layer that changes values before an output of a node, and its activation ("linear"
    where it has none). Of a layer in a block, the block stands for it.
    """
    if not has_blocks(graph):
        return _last_activation(graph, analysis, node)
    flat = expand(graph)
    identity, _ = places_within(graph).get((node.id, port), (node.id, port))
    last, activation = _last_activation(flat, analyse(flat), flat.nodes[identity])
    around = (each for each in graph.nodes.values() if last.id.startswith(f"{each.id}-"))
    return graph.nodes.get(last.id) or next(around, node), activation


def _last_activation(graph: Graph, analysis: Analysis, node: Node) -> tuple[Node, str]:
    while True:
        layer = analysis.nodes[node.id].layer
        edges = graph.incoming(node.id)
        if layer is None:
            return node, "linear"
        if (layer.effect == "moves" or layer.training_only) and len(edges) == 1:
            node = graph.nodes[edges[0].source]
            continue
        name = type(layer).__name__
        if name in ("Softmax", "ReLU"):
            return node, name.lower()
        return node, str(layer.values.get("activation", "linear"))


def infer(output: Shape, activation: str, facts: Facts) -> Loss | None:
    """The loss that fits outputs and labels; None where nothing does."""
    units = output[-1] if output else 0
    if facts.labels == "classes":
        count = len(facts.classes or ())
        if output == (*facts.label_shape, 1):
            if count <= 2 and activation != "softmax":
                return BinaryCrossentropy()
            # Class numbers into a single unit without a bound: taken as numbers to predict.
            return MeanSquaredError() if count > 2 and activation not in PROBABILITIES else None
        if output[:-1] == facts.label_shape and units and units >= count:
            return SparseCategoricalCrossentropy()
        return None
    if product(output) != product(facts.label_shape):
        return None
    if facts.labels == "one_hot" and activation != "sigmoid":
        return CategoricalCrossentropy()
    if facts.labels in ("one_hot", "several"):
        return BinaryCrossentropy()
    return MeanSquaredError()


def _check(
    loss: Loss,
    graph: Graph,
    analysis: Analysis,
    node: Node,
    last: Node,
    output: tuple[int, ...],
    facts: Facts,
    is_chosen: bool,
) -> int:
    """Whether a loss can compare labels and outputs; gives the width of one-hot rows. Raises
    GraphError."""
    count = len(facts.classes or ())
    is_index = facts.labels == "classes"
    fits_index = output[:-1] == facts.label_shape and bool(output) and output[-1] >= max(count, 2)
    fits_values = product(output) == product(facts.label_shape)
    fits = fits_values
    match loss.form:
        case "index":
            fits = fits_index if is_index else facts.labels == "one_hot" and fits_values
        case "one_hot":
            is_yes_no = is_index and count <= 2 and fits_values and output[-1:] == (1,)
            fits = fits_index or is_yes_no if is_index else fits_values
            if fits_index and is_index:
                return output[-1]
        case "values" | "signs":
            fits = fits_values
            if loss.form == "values" and is_index and fits_index:
                return output[-1]
            if loss.form == "signs":
                fits = fits and count <= 2
    if not fits:
        if is_index and not is_chosen:
            raise GraphError([_misfit(graph, analysis, node, last, output, facts)])
        raise refusal(
            UNFIT_LOSS,
            node=node.id,
            loss=loss.name,
            labels=_label_text(facts),
            shape=shape_text(output),
            name=node.name,
        )
    return 0


def _accuracy(
    loss: Loss, output: tuple[int, ...], facts: Facts
) -> Literal["sparse", "categorical", "binary", None]:
    if not loss.tells_classes:
        return None
    if loss.form == "index":
        return "sparse"
    single = facts.labels in ("classes", "one_hot") and bool(output) and output[-1] > 1
    return "categorical" if single else "binary"


def _warnings(loss: Loss, last: Node, activation: str, from_logits: bool) -> list[Diagnostic]:
    if from_logits and activation not in ("linear", "log_softmax"):
        return [
            diagnose(CUT_OFF, node=last.id, name=last.name, activation=activation, loss=loss.name)
        ]
    if loss.needs_positive and activation not in NOT_NEGATIVE:
        return [
            diagnose(NEGATIVE, node=last.id, name=last.name, activation=activation, loss=loss.name)
        ]
    return []


def _misfit(
    graph: Graph,
    analysis: Analysis,
    node: Node,
    last: Node,
    output: tuple[int, ...],
    facts: Facts,
) -> Diagnostic:
    count = len(facts.classes or ())
    if facts.labels == "classes" and output and output[:-1] == facts.label_shape:
        maker = _units_owner(graph, last)
        fix = None
        if maker is not None:
            fix = Fix(f"Set units to {count}", (SetParams(maker.id, {"units": count}),))
        place = maker or last
        return diagnose(
            TOO_FEW_UNITS,
            node=place.id,
            fix=fix,
            name=place.name,
            units=output[-1],
            data=facts.name,
            classes=count,
        )
    return _wrong_output(graph, analysis, node, output, facts)


def _among(mistake: Diagnostic, end: End, output: Shape, facts: Facts, others: int) -> Diagnostic:
    """The mistake of an output; beside others, it may be that it is not to be trained at all."""
    if not others:
        return mistake
    return diagnose(
        UNFIT_OUTPUT,
        node=end.node.id,
        fix=mistake.fix,
        name=end.node.name,
        count=others + 1,
        shape=shape_text(output),
        data=facts.name,
        wanted=shape_text(_wanted(facts)),
    )


def _wanted(facts: Facts) -> Shape:
    """The shape of an output that fits the labels."""
    is_index = facts.labels == "classes"
    return (*facts.label_shape, len(facts.classes or ())) if is_index else facts.label_shape


def _units_owner(graph: Graph, node: Node) -> Node | None:
    """The layer that sets the number of outputs: the nearest one above with `units`, through layers
    without weights."""
    while "units" not in node.params:
        edges = graph.incoming(node.id)
        if len(edges) != 1 or not passes(node):
            return None
        node = graph.nodes[edges[0].source]
    return node


def _wrong_output(
    graph: Graph, analysis: Analysis, node: Node, output: Shape, facts: Facts
) -> Diagnostic:
    return diagnose(
        WRONG_OUTPUT,
        node=node.id,
        fix=flattened(graph, analysis.nodes, node) if len(output) > 1 else None,
        name=node.name,
        shape=shape_text(output),
        data=facts.name,
        labels=_label_text(facts),
        wanted=shape_text(_wanted(facts)),
    )


def _label_text(facts: Facts) -> str:
    if facts.labels == "classes":
        return "class numbers" + (
            f" of {shape_text(facts.label_shape)}" if facts.label_shape else ""
        )
    kind = {"one_hot": "one-hot rows", "several": "rows of 0 and 1", "values": "numbers"}
    return f"{kind[facts.labels]} of {shape_text(facts.label_shape)}"
