"""What a name in an ONNX graph stands for while it is read: a constant, or a tensor of the network
and how its axes lie there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from exporters.weights import Array
from layers.tensor import Dim, Tensor, product


@dataclass(frozen=True)
class Const:
    """A constant.

    Attributes:
        array: its values; of one without values, zeros without memory of their own.
        known: whether the file has the values.
        name: what the file calls it.
        is_guess: whether it comes of stand-ins for sizes that are not known.
    """

    array: Array
    known: bool = True
    name: str = ""
    is_guess: bool = False


@dataclass(frozen=True)
class Unit:
    """How a tensor was rounded: whole numbers from `lowest` to `highest`, less `zero`, in units of
    `scale`; of those without a scale, as the file works it out while it runs.
    """

    scale: float | None
    zero: int
    lowest: int
    highest: int


@dataclass(frozen=True)
class Term:
    """A tensor of the network.

    Attributes:
        node, port: what makes it.
        tensor: its shape in the network; None behind an operation that is not understood.
        axes: for each axis in the file, which axis of the network's it is; empty where not even
            the number of axes is known.
        view: a shape that the axes are of instead, into which the tensor falls by splitting axes.
        rows: of a tensor that the network flattens in another order: for each place in the file,
            the place in the network.
        flat: what was flattened then.
    """

    node: str
    port: int
    tensor: Tensor | None
    axes: tuple[int, ...]
    view: tuple[Dim, ...] = ()
    rows: Array | None = None
    flat: Term | None = None

    @property
    def rank(self) -> int:
        return len(self.axes)

    @property
    def own_shape(self) -> tuple[Dim, ...] | None:
        """The shape that the axes are of."""
        if self.view:
            return self.view
        return self.tensor.shape if self.tensor else None

    @property
    def shape(self) -> tuple[Dim, ...] | None:
        """The shape in the file; None where it is unknown."""
        own = self.own_shape
        return None if own is None else tuple(own[axis] for axis in self.axes)

    @property
    def is_plain(self) -> bool:
        """Whether the axes are in the same order, and the values, too."""
        return self.axes == tuple(range(self.rank)) and self.rows is None and not self.view

    def transposed(self, order: tuple[int, ...]) -> Term:
        """The same tensor with the file's axes in another order."""
        return replace(self, axes=tuple(self.axes[place] for place in order))


Tensors: TypeAlias = list[Const | Term]


def first_axes(rank: int) -> tuple[int, ...]:
    """The axes of a tensor that has channels first in the file and last here."""
    return (0, rank - 1, *range(1, rank - 1)) if rank > 2 else tuple(range(rank))


def directed(count: int, units: Dim) -> tuple[tuple[int, ...], tuple[Dim, ...]]:
    """Axes and view of (batch, directions · units) that is (directions, batch, units) in the
    file.
    """
    return (1, 0, 2), (None, count, units)


def flattened_rows(term: Term) -> Array | None:
    """For each place of a tensor flattened in the file, the place where the network has it; None
    where that is the same. The sizes must be known.
    """
    own = term.own_shape
    assert own is not None
    sizes = [dim or 0 for dim in own[1:]]
    order = [axis - 1 for axis in term.axes[1:]]
    moving = [axis for axis in order if sizes[axis] != 1]
    if moving == sorted(moving):
        return None
    return np.arange(product(sizes) or 0).reshape(sizes).transpose(order).ravel()
