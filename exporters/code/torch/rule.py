"""What a layer becomes in PyTorch, and the register of the rules that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from exporters.registry import Registry
from exporters.weights import Array
from layers.layer import Layer
from layers.tensor import Dim, Tensor

Arrays: TypeAlias = dict[str, Array]


class Layout(Enum):
    """Where the channels of a tensor with more than two axes are."""

    FIRST = "first"
    LAST = "last"
    ANY = "any"


class Unwritable(Exception):
    """A layer, or a value of a parameter, that PyTorch code here cannot say."""


def no_weights(arrays: Mapping[str, Array]) -> Arrays:
    """The state of what has none."""
    return {}


@dataclass(frozen=True)
class Written:
    """A layer in PyTorch.

    Attributes:
        forward: expression of the output; ``{0}``, ``{1}`` are the inputs, ``{self}`` the module.
        make: expression that makes the module; empty where there is none.
        setup: statements that follow it.
        before: statements before `forward`; ``{out}`` is a free name.
        wants: layout of the inputs.
        gives: layout of the output, the inputs' where it is ANY.
        state: the module's state for the layer's weights, by name within the module.
        carried: classes and functions of :mod:`exporters.code.torch.carried` that it uses.
    """

    forward: str
    make: str = ""
    setup: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    wants: Layout = Layout.ANY
    gives: Layout = Layout.ANY
    state: Callable[[Mapping[str, Array]], Arrays] = field(default=no_weights)
    carried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """One use of a layer.

    Attributes:
        layer: the layer with its values.
        inputs, outputs: the tensors, channels last.
        layout: layout of the first input where it comes from, for rules that leave it.
    """

    layer: Layer
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    layout: Layout = Layout.LAST

    def __getitem__(self, name: str) -> Any:
        return self.layer.values[name]

    @property
    def rank(self) -> int:
        """Axes of the first input, the batch included."""
        return self.inputs[0].rank

    @property
    def spatial(self) -> tuple[Dim, ...]:
        """Sizes between batch and channels."""
        return self.inputs[0].shape[1:-1]

    @property
    def channels(self) -> int:
        """Size of the last axis of the first input."""
        return self.layer.known(self.inputs[0], -1)

    def axis(self, axis: int) -> int:
        """An axis of the first input, counted from the front, where the input lies."""
        rank = self.rank
        place = axis % rank
        if self.layout is Layout.FIRST and rank > 2:
            return 1 if place == rank - 1 else place + (place > 0)
        return place


Rule: TypeAlias = Callable[[Use], Written]

rule: Registry[Rule] = Registry("exporters.code.torch.families", "PyTorch's")
"""What writes layers, by their class names."""


def sizes(values: tuple[int, ...]) -> str:
    """Sizes as an argument: one number where all are the same."""
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


USUAL = "\0"
"""Stands before a default that is written for once."""

always: ContextVar[frozenset[str]] = ContextVar("always", default=frozenset())
"""Arguments that are written even where they have their default, so that calls compare."""


def called(name: str, *positional: object, **named: tuple[object, object]) -> str:
    """A call; of the named arguments, (value, default), those that differ from the default."""
    given = [str(value) for value in positional]
    for key, (value, usual) in named.items():
        if value != usual:
            given.append(f"{key}={value}")
        elif key in always.get():
            given.append(f"{key}={USUAL}{value}")
    return f"{name}({', '.join(given)})"
