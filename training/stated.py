"""The losses that a network states itself, by loss nodes as Caffe draws them."""

from __future__ import annotations

from layers.catalog.caffe_loss import keras_loss, unlike_keras
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.ends import End, main_end
from layers.graph import Graph
from layers.lowering import losses
from training.losses import LOSSES, Loss
from training.refusals import refusal

SEVERAL_LOSSES = Problem(
    "loss.several",
    "The network states {count} losses, which are added up: {sum}. {main} is the one that is asked"
    " and whose accuracy is measured.",
    "Change loss_weight to weigh them otherwise.",
    severity="hint",
)
WITHOUT_WEIGHT = Problem(
    "loss.without_weight",
    "Every loss that the network states has the weight 0 ({names}), so its outputs are trained by"
    " what fits them.",
    "Give one a loss_weight, or delete them.",
    severity="warning",
)
OTHER_LABELS = Problem(
    "loss.other_labels",
    "{names} see different labels; a data set serves one kind.",
    "Set the loss_weight of the others to 0, or connect the same labels to all.",
)
NO_COUNTERPART = Problem(
    "loss.no_counterpart",
    "Keras has no loss like {type} ({name}).",
    "Choose a loss in the settings of the training.",
)
ALMOST = Problem(
    "loss.almost",
    "{name} is trained as {loss} of Keras, which is not quite the same: {how}.",
    "Mind the learning rate, or choose another loss in the settings of the training.",
    severity="warning",
)


def stated_loss(end: End) -> tuple[Loss | None, list[Diagnostic]]:
    """The loss of an end's loss node with warnings; None where it has no such node.

    Raises:
        GraphError: where Keras has none like it.
    """
    if end.loss is None:
        return None, []
    node, name = end.node, keras_loss(end.loss)
    if name is None:
        raise refusal(NO_COUNTERPART, node=node.id, type=node.type, name=node.name)
    warnings = [
        diagnose(ALMOST, node=node.id, name=node.name, loss=name, how=how)
        for how in unlike_keras(end.loss)
    ]
    return LOSSES[name](), warnings


def together(graph: Graph, ends: tuple[End, ...]) -> list[Diagnostic]:
    """What is to be said of a network's loss nodes as a whole.

    Raises:
        GraphError: where they see different labels.
    """
    stated = [end for end in ends if end.loss is not None]
    idle = [] if stated else list(losses(graph))
    if idle:
        names = ", ".join(node.name for node in idle)
        return [diagnose(WITHOUT_WEIGHT, node=idle[0].id, names=names)]
    if len(stated) < 2:
        return []
    first: dict[object, End] = {}
    for end in stated:
        if end.labels is not None:
            first.setdefault(end.labels, end)
    if len(first) > 1:
        other = list(first.values())[1]
        names = ", ".join(end.node.name for end in first.values())
        raise refusal(OTHER_LABELS, node=other.node.id, names=names)
    main = main_end(ends).node
    terms = " + ".join(f"{end.weight:g} × {end.node.name}" for end in stated)
    return [
        diagnose(SEVERAL_LOSSES, node=main.id, count=len(stated), sum=terms, main=main.name),
    ]
