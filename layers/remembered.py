"""What a walk need not work out again: large networks say the same few things hundreds of times."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.blocks import TOO_LARGE, contains_itself
from layers.diagnostics import Invalid
from layers.graph import MAX_NODES
from layers.known import NodeAnalysis
from layers.layer import Layer, Weight
from layers.params import LIMIT
from layers.tensor import Dim, Tensor, size_bytes, taken

REMEMBERED = 2000
"""Layers that are kept: more than a network has that are different."""
CALLS = 100
"""Calls of each that are kept: the sizes of images at all depths of a network."""
LONGEST = 5000
"""Signs of parameters that are looked up: longer ones are taken anew each time."""
MAX_STEPS = 5 * MAX_NODES
"""Nodes inside blocks that one walk looks at; a network that can be expanded needs fewer."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a layer gives for certain inputs.

    Attributes:
        outputs: output tensors by port.
        weights: weights by name.
        macs: multiply-accumulates for one sample, None where unknown.
        trainable, non_trainable: numbers of weights.
        frozen: those among the non-trainable ones that would train if the layer were not frozen.
        activation_bytes: bytes of all outputs for one sample, None where unknown.
        too_wide: an output with an axis longer than any tensor's.
    """

    outputs: tuple[Tensor, ...]
    weights: Mapping[str, Weight]
    macs: Dim
    trainable: int
    non_trainable: int
    frozen: int
    activation_bytes: Dim
    too_wide: Tensor | None = None


@dataclass(slots=True)
class Made:
    """A layer, or the mistakes in its parameters, and what it has given so far."""

    layer: Layer
    mistakes: list[Invalid]
    calls: dict[tuple[Tensor, ...], Call] = field(default_factory=dict)

    def call(self, inputs: tuple[Tensor, ...]) -> Call:
        """What the layer gives. Raises Invalid."""
        known = self.calls.get(inputs)
        if known is None:
            known = _call(self.layer, inputs)
            if len(self.calls) >= CALLS:
                self.calls.clear()
            self.calls[inputs] = known
        return known


class Remembered:
    """Layers by class and parameters."""

    def __init__(self) -> None:
        self._made: dict[tuple[type[Layer], str], Made] = {}

    def made(self, kind: type[Layer], params: Mapping[str, object]) -> Made:
        """The layer with these parameters; a mistake in them takes its default."""
        # What is written alike is alike: 1, 1.0 and True are not.
        key = (kind, repr(params))
        known = self._made.get(key)
        if known is None:
            values, mistakes = kind.check(params)
            known = Made(kind.of(values), mistakes)
            if len(key[1]) < LONGEST:
                if len(self._made) >= REMEMBERED:
                    self._made.clear()
                self._made[key] = known
        return known


class Memo(dict[Hashable, tuple[NodeAnalysis, list[NodeAnalysis]]]):
    """What blocks have given: sums and outputs by block, values and inputs.

    Attributes:
        steps: nodes inside blocks that the walk under way has looked at.
        layers: those that the walks have met.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.layers = Remembered()
        self._endless: dict[str, bool] = {}

    def clear(self) -> None:
        """Forget what blocks have given, and which are endless: they are others now."""
        super().clear()
        self._endless.clear()

    def is_endless(self, blocks: Mapping[str, Any], name: str) -> bool:
        """Whether a block contains itself, directly or not."""
        if name not in self._endless:
            self._endless[name] = contains_itself(blocks, name)
        return self._endless[name]

    @property
    def is_spent(self) -> bool:
        """Whether the walk under way has left nodes out."""
        return self.steps > MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count steps: blocks in blocks multiply. Raises Invalid where there are too many."""
        self.steps += steps
        if self.is_spent:
            raise Invalid(TOO_LARGE, limit=MAX_NODES)


def _call(layer: Layer, inputs: tuple[Tensor, ...]) -> Call:
    inputs = tuple(map(taken, inputs))
    output = layer.output(*inputs)
    outputs = output if isinstance(output, tuple) else (output,)
    for tensor in outputs:
        if any(dim is not None and dim > LIMIT for dim in tensor.shape):
            return Call(outputs, {}, None, 0, 0, 0, None, tensor)
    weights = layer.weights(*inputs)
    trainable = _trainable(weights)
    count = sum(weight.count for weight in weights.values())
    frozen = 0
    if layer.values.get("trainable") is False:
        thawed: Layer = layer.replace(trainable=True)
        frozen = _trainable(thawed.weights(*inputs)) - trainable
    macs, size = layer.macs(*inputs), _bytes(outputs)
    return Call(outputs, weights, macs, trainable, count - trainable, frozen, size)


def _trainable(weights: Mapping[str, Weight]) -> int:
    return sum(weight.count for weight in weights.values() if weight.trainable)


def _bytes(outputs: tuple[Tensor, ...]) -> Dim:
    """Bytes of all outputs for one sample; None where an axis is unknown."""
    total = 0
    for tensor in outputs:
        size = size_bytes(tensor)
        if size is None:
            return None
        total += size
    return total
