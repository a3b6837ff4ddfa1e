"""How weights of a converted layer are ordered: what channels-first files keep in another order.

A network that keeps channels first is read as one that keeps them last. Most weights do not notice
(Keras 2 and 3 store every kernel with its channels last); those below do, and :class:`Reordering`
turns what such a file holds into what the catalogue's layer declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Reorderings: TypeAlias = Mapping[str, Mapping[str, "Reordering"]]
"""By node of the expanded network and name of the weight."""


@dataclass(frozen=True, slots=True)
class Reordering:
    """One axis (or several in a row) of a weight that counts over several sizes at once.

    Attributes:
        axis: the first of these axes.
        sizes: what they count over in the file, slowest first: (channels, height, width).
        order: which of `sizes` comes first, second, ... here: (1, 2, 0).
        span: how many axes of the array they are: 1 where they are counted in one, as in the kernel
            of a Dense behind a Flatten; as many as there are sizes where each has its own axis.
    """

    axis: int
    sizes: tuple[int, ...]
    order: tuple[int, ...]
    span: int = 1

    def apply(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """The array of the file in the order of the network that was read.

        Raises:
            ValueError: where the array does not have these sizes there.
        """
        before, after = array.shape[: self.axis], array.shape[self.axis + self.span :]
        places = [self.axis + place for place in self.order]
        last = range(self.axis + len(self.sizes), self.axis + len(self.sizes) + len(after))
        split = array.reshape((*before, *self.sizes, *after))
        turned = split.transpose((*range(self.axis), *places, *last))
        sizes = [self.sizes[place] for place in self.order]
        joined = [prod(sizes)] if self.span == 1 else sizes
        return turned.reshape((*before, *joined, *after))
