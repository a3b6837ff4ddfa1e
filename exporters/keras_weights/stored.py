"""The weights of a file before anybody knows whose they are, and the layouts they come in."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import ClassVar, Literal, TypeAlias

from exporters.hdf5.tree import Dataset, Group
from exporters.keras_rounding import PLAIN, Rounding

Generation: TypeAlias = Literal[0, 1, 2, 3]
"""Of Keras; 0 are its first releases, which named nothing."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The weights of one layer as a file has them.

    Attributes:
        names: the layer's name, behind those of the models it is in; empty where the file does not
            say.
        place: where a file of Keras 3 has them: a class and a number for each model and layer.
        weights: the arrays by the names they have, in the order of the file.
        generation: which Keras wrote them.
        is_theano: whether convolutions are Theano's, which turns kernels over.
        is_channels_first: whether kernels of Keras 1 begin with their filters, where that is known.
        rounding: what the configuration beside the weights says of how Keras 3 rounded them.
    """

    names: tuple[str, ...]
    place: tuple[str, ...]
    weights: Mapping[str, Dataset]
    generation: Generation
    is_theano: bool = False
    is_channels_first: bool | None = None
    rounding: Rounding = PLAIN

    @property
    def title(self) -> str:
        """What messages call it."""
        return "/".join(self.names or self.place)


class Layout:
    """Base of the layouts; declaring one registers it.

    Class attributes:
        order: layouts that are asked earlier have smaller ones.
    """

    order: ClassVar[int] = 100
    all: ClassVar[list[Layout]] = []

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        Layout.all.append(cls())

    def matches(self, root: Group) -> bool:
        """Whether a file, or a group of one, keeps its weights so."""
        raise NotImplementedError

    def layers(self, root: Group) -> list[Stored]:
        """The layers that have weights, in the order of the file. Raises GraphError."""
        raise NotImplementedError


@cache
def layouts() -> list[Layout]:
    """Every layout."""
    package = import_module("exporters.keras_weights.layouts")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return sorted(Layout.all, key=lambda layout: layout.order)


def layout_of(root: Group) -> Layout | None:
    """The layout of a file, where it has one of Keras'."""
    return next((layout for layout in layouts() if layout.matches(root)), None)
