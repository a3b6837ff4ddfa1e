"""The loss that a network states itself, by a loss node as Caffe draws them."""

from __future__ import annotations

from layers.analysis import Analysis
from layers.catalog.caffe_loss import keras_loss, unlike_keras
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph
from layers.lowering import losses
from training.losses import LOSSES, Loss
from training.refusals import refusal

SEVERAL_LOSSES = Problem(
    "loss.several",
    "The network states {count} losses: {names}; one output is trained here by one loss.",
    "Delete the others, or set their loss_weight to 0.",
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


def stated_loss(graph: Graph, analysis: Analysis) -> tuple[Loss | None, float, list[Diagnostic]]:
    """The loss of a network's loss node with its factor and warnings; None where it has no such
    node, or only some that do not count in training.

    Raises:
        GraphError: where there are several that count, or Keras has none like it.
    """
    found = []
    for node in losses(graph):
        layer = analysis.nodes[node.id].layer
        if layer is not None and layer.values["loss_weight"]:
            found.append((node, layer))
    if not found:
        return None, 1.0, []
    if len(found) > 1:
        names = ", ".join(node.name for node, _ in found)
        raise refusal(SEVERAL_LOSSES, node=found[1][0].id, count=len(found), names=names)
    ((node, layer),) = found
    name = keras_loss(layer)
    if name is None:
        raise refusal(NO_COUNTERPART, node=node.id, type=node.type, name=node.name)
    warnings = [
        diagnose(ALMOST, node=node.id, name=node.name, loss=name, how=how)
        for how in unlike_keras(layer)
    ]
    return LOSSES[name](), float(layer.values["loss_weight"]), warnings
