"""Caffe's weight decay as penalties of a network: in Caffe it is part of the gradient, and so goes
through momentum and scaling, which an optimizer's own weight decay in Keras does not.

Source: https://caffe.berkeleyvision.org/tutorial/solver.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from exporters.caffe.multipliers import DECAY, REGULARIZERS, multiplier
from layers.graph import Graph, Node
from layers.layer import LAYERS


@dataclass(frozen=True)
class Decay:
    """How strongly the weights are pulled towards 0: Caffe's `weight_decay`, and by which norm."""

    strength: float = DECAY
    penalty: Literal["L1", "L2"] = "L2"


def decayed(graph: Graph, decay: Decay) -> Graph:
    """The network with the penalty of its Caffe solver on every trained weight, each with the
    multiplier that its file states (1 where it states none).
    """
    return Graph(
        [_decayed(node, decay) for node in graph.nodes.values()],
        graph.wiring,
        graph.blocks,
        graph.name,
    )


def _decayed(node: Node, decay: Decay) -> Node:
    declared = LAYERS.get(node.type)
    if declared is None or node.shares or node.params.get("trainable") is False:
        return node
    made: dict[str, Any] = {}
    for name in REGULARIZERS:
        if name not in declared.params:
            continue
        stated = multiplier(node.params.get(name))
        strength = decay.strength * (1.0 if stated is None else stated)
        # The derivative of L2 is twice the weight.
        factor = strength / 2 if decay.penalty == "L2" else strength
        made[name] = (
            {"type": decay.penalty, decay.penalty.lower(): float(f"{factor:.9g}")}
            if factor
            else None
        )
    return replace(node, params={**node.params, **made}) if made else node
