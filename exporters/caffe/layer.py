"""A layer of a Caffe file in the current syntax, whatever syntax it came in; and the layout of
tensors: channels second in Caffe, last here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporters.caffe.text import Fields
from exporters.weights import Array
from layers.graph import Phase
from layers.tensor import Shape

LOST = ""
"""Where a binary layer's settings of unknown meaning are, by their numbers: no field's name."""
OUTER = ("name", "type", "bottom", "top", "include", "exclude", "phase", "blobs", LOST)


@dataclass
class Spec:
    """One layer.

    Attributes:
        fields: everything but what the other attributes hold.
        blobs: its weights as they lie in the file, in Caffe's layout.
        scale: the Scale layer folded into a BatchNorm.
        lost: numbers of settings in a binary file that are known to its fork only.
    """

    name: str
    type: str
    bottoms: list[str] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    fields: Fields = field(default_factory=dict)
    blobs: list[Array] = field(default_factory=list)
    phase: Phase = "both"
    scale: Spec | None = None
    lost: list[int] = field(default_factory=list)

    def same_as(self, other: Spec) -> bool:
        """Whether both compute the same from the same, in whatever phase."""
        mine, others = (
            (spec.name, spec.type, spec.bottoms, spec.tops, _settings(spec.fields))
            for spec in (self, other)
        )
        return mine == others


def _settings(fields: Fields) -> Any:
    """Fields without what phases set by themselves."""
    norm = fields.get("batch_norm_param")
    if not norm or not isinstance(norm[-1], dict):
        return fields
    rest = {key: value for key, value in norm[-1].items() if key != "use_global_stats"}
    return {**fields, "batch_norm_param": [rest]}


def to_ours(axis: int, rank: int) -> int:
    """An axis of a blob, negative ones counted from the end, as the axis of our tensor.

    Raises ValueError where there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(axis)
    axis %= rank
    return axis if axis == 0 else rank - 1 if axis == 1 else axis - 1


def to_caffe(axis: int, rank: int) -> int:
    """An axis of our tensor as the axis of a blob."""
    axis %= rank
    return axis if axis == 0 else 1 if axis == rank - 1 else axis + 1


def dims_to_ours(dims: list[int]) -> list[int]:
    """Sizes of a blob, batch first, in our order."""
    return [*dims[:1], *dims[2:], *dims[1:2]]


def shape_to_caffe(shape: Shape) -> Shape:
    """A shape of ours, batch first, in Caffe's order."""
    return shape if len(shape) < 3 else (shape[0], shape[-1], *shape[1:-1])


def is_same_order(shape: Shape) -> bool:
    """Whether a tensor of this shape has its values in the same order in both layouts."""
    if len(shape) < 3 or shape[-1] == 1:
        return True
    return all(size == 1 for size in shape[1:-1])


def first(rank: int) -> list[int]:
    """The Permute that brings our tensor into Caffe's order."""
    return [rank - 1, *range(1, rank - 1)]


def last(rank: int) -> list[int]:
    """The Permute that brings a tensor in Caffe's order into ours."""
    return [*range(2, rank), 1]


def flat(blob: Array, *shape: int) -> Array:
    """A blob in a shape, whatever legacy shape it has. Raises ValueError where it does not fit."""
    return np.asarray(blob).reshape(shape)
