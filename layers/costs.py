"""What a network costs besides weights and products: how far it sees, and memory for training.

Source of the receptive field: Araujo et al. 2019, "Computing receptive fields of convolutional
neural networks", https://doi.org/10.23915/distill.00021
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layers.tensor import Tensor

WEIGHT_BYTES = 4
"""Weights, gradients and optimizer slots are float32."""

SLOTS = {"SGD": 0, "RMSprop": 1, "Adagrad": 1, "Adam": 2, "AdamW": 2, "Nadam": 2, "Adamax": 2}
"""Numbers an optimizer keeps for each trainable weight; SGD has one with momentum."""

FARTHEST = 2**53
"""Where sizes and jumps of receptive fields end; jumps grow with every stride, without a limit."""


@dataclass(frozen=True, slots=True)
class Field:
    """How much of the input one value of a tensor sees, along each spatial axis.

    Attributes:
        size: receptive field, in steps of the input.
        jump: distance of neighbouring values, in steps of the input; below 1 after enlarging.
    """

    size: tuple[int, ...]
    jump: tuple[float, ...]

    @classmethod
    def start(cls, tensor: Tensor) -> Field | None:
        """That of an input; None for one without spatial axes."""
        axes = tensor.rank - 2
        return cls((1,) * axes, (1.0,) * axes) if 1 <= axes <= 3 else None

    def through(self, spans: Sequence[int], steps: Sequence[float]) -> Field:
        """Behind windows that span so many values and step so far; a step of 1/2 enlarges."""
        axes = zip(self.size, self.jump, spans, strict=True)
        size = tuple(min(size + round((span - 1) * jump), FARTHEST) for size, jump, span in axes)
        jump = tuple(
            min(jump * step, float(FARTHEST)) for jump, step in zip(self.jump, steps, strict=True)
        )
        return Field(size, jump)

    def merged(self, other: Field) -> Field:
        """Of values made of two tensors' values in the same place."""
        size = tuple(map(max, self.size, other.size))
        return Field(size, tuple(map(max, self.jump, other.jump)))


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes that training takes, without the backend's own workspace."""

    weights: int
    gradients: int
    slots: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.slots + self.activations


def training_memory(
    trainable: int, non_trainable: int, activation_bytes: int, batch_size: int, slots: int = 2
) -> TrainingMemory:
    """Memory for training.

    Args:
        trainable, non_trainable: numbers of weights.
        activation_bytes: bytes of all outputs for one sample, kept for the way back.
        batch_size: samples in a batch.
        slots: numbers the optimizer keeps for each trainable weight (see SLOTS; Adam: 2).
    """
    return TrainingMemory(
        (trainable + non_trainable) * WEIGHT_BYTES,
        trainable * WEIGHT_BYTES,
        trainable * slots * WEIGHT_BYTES,
        activation_bytes * batch_size,
    )
