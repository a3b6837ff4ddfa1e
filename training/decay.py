"""Caffe's weight decay as penalties of a network: in Caffe it is part of the gradient, and so goes
through momentum and scaling, which an optimizer's own weight decay in Keras does not.

Source: https://caffe.berkeleyvision.org/tutorial/solver.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from exporters.caffe.multipliers import DECAY, REGULARIZERS, multiplier
from layers.graph import Graph
from layers.layer import LAYERS


@dataclass(frozen=True)
class Decay:
    """How strongly the weights are pulled towards 0: Caffe's `weight_decay`, and by which norm."""

    strength: float = DECAY
    penalty: Literal["L1", "L2"] = "L2"


def decayed(graph: Graph, decay: Decay) -> Graph:
    """The network with the penalty of its Caffe solver on every trained weight, in blocks too, each
    with the multiplier that its file states (1 where it states none). Penalties that no multiplier
    stands for, such as L1, stay.
    """
    nodes = [
        node if node.shares else replace(node, params=_decayed(node.type, node.params, decay))
        for node in graph.nodes.values()
    ]
    blocks = {name: _inside(block, decay) for name, block in graph.blocks.items()}
    return Graph(nodes, graph.wiring, blocks, graph.name)


def _inside(block: Any, decay: Decay) -> Any:
    """A block, in its plain form; what is none is left to the analysis."""
    nodes = block.get("nodes") if isinstance(block, dict) else None
    if not isinstance(nodes, list):
        return block
    made = [
        {**node, "params": _decayed(str(node.get("type")), node["params"], decay)}
        if isinstance(node, dict) and isinstance(node.get("params"), dict)
        else node
        for node in nodes
    ]
    return {**block, "nodes": made}


def _decayed(kind: str, params: Mapping[str, Any], decay: Decay) -> dict[str, Any]:
    declared = LAYERS.get(kind)
    made = dict(params)
    if declared is None or params.get("trainable") is False:
        return made
    for name in REGULARIZERS:
        if name not in declared.params:
            continue
        own = params.get(name)
        stated = multiplier(own)
        if own is not None and stated is None:
            continue
        strength = decay.strength * (1.0 if stated is None else stated)
        # The derivative of L2 is twice the weight.
        factor = strength / 2 if decay.penalty == "L2" else strength
        made[name] = (
            {"type": decay.penalty, decay.penalty.lower(): float(f"{factor:.9g}")}
            if factor
            else None
        )
    return made
