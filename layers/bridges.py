"""What to put between a tensor and a layer that wants other axes: a flat table of small rules.

They are for what is drawn first: rows of a table that are images or sequences, images without an
axis of channels, and images that are read line by line.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import TYPE_CHECKING, TypeAlias

from layers.diagnostics import InsertBefore, Invalid
from layers.tensor import Dim, Tensor

if TYPE_CHECKING:
    from layers.layer import Layer

Bridge: TypeAlias = "Callable[[Layer, Tensor], InsertBefore | None]"

BRIDGES: list[Bridge] = []
"""Every rule; the first that has an answer is heard."""

IMAGE = ("height", "width", "channels")
SEQUENCE = ("steps", "features")
LEAST_SIDE = 4
"""Of an image: fewer values are those of a table."""
USUAL_SIDE = 8


def bridge(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """What makes of a tensor the input that a layer wants, by its number of axes; None where
    nobody can know, and where the layer takes several tensors (of states, the first is none).
    """
    if layer.max_inputs != 1 and "initial_state" not in layer.input_names:
        return None
    found = next((found for rule in BRIDGES if (found := rule(layer, tensor))), None)
    return found if found is None or _takes(layer, tensor, found) else None


def _takes(layer: Layer, tensor: Tensor, found: InsertBefore) -> bool:
    """Whether the layer is well behind a Reshape that is to be put before it."""
    target = found.params.get("target_shape")
    if not isinstance(target, list):
        return True
    sizes = [None if dim == -1 else dim for dim in target]
    try:
        layer.output(tensor.with_shape((tensor.shape[0], *sizes)))
    except Invalid:
        return False
    return True


def rule(bridge: Bridge) -> Bridge:
    """Put a rule into the table."""
    BRIDGES.append(bridge)
    return bridge


@rule
def rows_become_images(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """784 values are 28 × 28 of one channel, 3,072 are 32 × 32 of three."""
    if layer.axis_names[1:] != IMAGE or tensor.rank != 2:
        return None
    square = _square(tensor.shape[1])
    return _reshape(*square) if square else None


@rule
def images_get_channels(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """28 × 28 values are an image of one channel, rather than 28 steps of 28 features."""
    if layer.axis_names[1:] != IMAGE or tensor.rank != 3:
        return None
    _, height, width = tensor.shape
    is_image = height == width and height is not None and height >= LEAST_SIDE
    return _reshape(height, width, 1) if is_image else None


@rule
def lines_become_steps(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """A recurrent layer reads an image line by line."""
    if layer.axis_names[1:] != SEQUENCE:
        return None
    if tensor.rank == 4:
        _, height, width, channels = tensor.shape
        if width is None or channels is None:
            return None
        return _reshape(height, width * channels)
    square = _square(tensor.shape[1]) if tensor.rank == 2 else None
    if square is None or square[0] < USUAL_SIDE or square[0] % 4:
        return None
    height, width, channels = square
    return _reshape(height, width * channels)


@rule
def values_become_steps(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """The values of a row follow one another, each a step of one number."""
    if layer.axis_names[1:2] != ("steps",) or tensor.rank != 2 or tensor.shape[1] is None:
        return None
    return _reshape(tensor.shape[1], 1)


@rule
def images_become_rows(layer: Layer, tensor: Tensor) -> InsertBefore | None:
    """What takes a row of values takes all of an image."""
    if layer.axis_names[1:] != ("features",) or tensor.rank != 4 or None in tensor.shape[1:]:
        return None
    return InsertBefore("Flatten")


def _square(length: Dim) -> tuple[int, int, int] | None:
    """Height, width and channels of a square image of so many values."""
    for channels in (1, 3):
        side = isqrt((length or 0) // channels)
        if side >= LEAST_SIDE and side * side * channels == length:
            return side, side, channels
    return None


def _reshape(*target: Dim) -> InsertBefore:
    """A size that is not known is what remains."""
    return InsertBefore("Reshape", {"target_shape": [dim or -1 for dim in target]})
