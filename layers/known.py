"""What is known of a network: of each node, in total, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.costs import Field, TrainingMemory, training_memory
from layers.diagnostics import Diagnostic
from layers.layer import Layer, Weight
from layers.tensor import Dim, Tensor


@dataclass(frozen=True, slots=True)
class NodeAnalysis:
    """What is known of one node.

    Attributes:
        layer: the checked layer, None where its parameters or type are wrong.
        inputs: input tensors by port, None where something upstream is unknown.
        outputs: output tensors by port, None where unknown.
        weights: weights by name; empty where the layer is shared from another node.
        macs: multiply-accumulates for one sample, None where unknown.
        diagnostics: the mistakes of this node alone; their fixes within blocks are not tried yet.
        trainable, non_trainable: numbers of weights.
        frozen: those among the non-trainable ones that would train if the layer were not frozen.
        masked: whether the first output says which steps are padding.
        field: how much of the input one value sees, None where windows do not say.
        activation_bytes: bytes of all outputs for one sample, of every layer in a block; None where
            unknown.
    """

    layer: Layer | None = None
    inputs: tuple[Tensor, ...] | None = None
    outputs: tuple[Tensor, ...] | None = None
    weights: Mapping[str, Weight] = field(default_factory=dict)
    macs: Dim = None
    diagnostics: tuple[Diagnostic, ...] = ()
    trainable: int = 0
    non_trainable: int = 0
    frozen: int = 0
    masked: bool = False
    field: Field | None = None
    activation_bytes: Dim = None

    def to_json(self) -> dict[str, Any]:
        return {
            "inputs": _tensors(self.inputs),
            "outputs": _tensors(self.outputs),
            "weights": self.trainable + self.non_trainable,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "frozen": self.frozen,
            "macs": self.macs,
            "activation_bytes": self.activation_bytes,
            "masked": self.masked,
            "receptive_field": list(self.field.size) if self.field else None,
            "jump": list(self.field.jump) if self.field else None,
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a network; unknown parts count as nothing.

    Attributes:
        is_partial: whether the costs of a part are unknown: of a layer with a mistake, or of one
            whose sizes only data tell.
    """

    layers: int = 0
    trainable: int = 0
    non_trainable: int = 0
    macs: int = 0
    activation_bytes: int = 0
    frozen: int = 0
    is_partial: bool = False

    @property
    def weights(self) -> int:
        return self.trainable + self.non_trainable

    def training_memory(self, batch_size: int, slots: int = 2) -> TrainingMemory:
        """Memory for training with a batch size, and an optimizer with so many slots."""
        return training_memory(
            self.trainable, self.non_trainable, self.activation_bytes, batch_size, slots
        )

    def to_json(self) -> dict[str, Any]:
        fixed = self.training_memory(batch_size=0)
        return {
            "layers": self.layers,
            "weights": self.weights,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "frozen": self.frozen,
            "macs": None if self.is_partial else self.macs,
            "activation_bytes": None if self.is_partial else self.activation_bytes,
            # Training takes the first, and the second for each sample of a batch.
            "training_bytes": fixed.total,
            "training_bytes_per_sample": self.activation_bytes,
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """Nodes by id, totals, and diagnostics by node id ("" for the whole graph)."""

    nodes: Mapping[str, NodeAnalysis]
    totals: Totals
    groups: Mapping[str, tuple[Diagnostic, ...]]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All diagnostics, those of the whole graph first, then in topological order."""
        return [diagnostic for group in self.groups.values() for diagnostic in group]

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]

    def to_json(self) -> dict[str, Any]:
        return {
            "nodes": {identity: node.to_json() for identity, node in self.nodes.items()},
            "totals": self.totals.to_json(),
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What an update changed, so that only that is sent: None stands for a node that is gone."""

    nodes: Mapping[str, NodeAnalysis | None]
    groups: Mapping[str, tuple[Diagnostic, ...]]


def _tensors(tensors: tuple[Tensor, ...] | None) -> list[dict[str, object]] | None:
    return None if tensors is None else [tensor.to_json() for tensor in tensors]
