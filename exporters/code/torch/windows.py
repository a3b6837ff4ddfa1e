"""Keras' padding in PyTorch: what comes before and after each spatial axis."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.code.torch.rule import Unwritable
from layers.tensor import Dim


def same(
    spatial: Sequence[Dim], window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Padding before and after each axis for ``padding="same"``, which Keras puts at the end
    where it is odd. Raises Unwritable where it depends on a size that is not known.
    """
    pads = []
    for size, length, step, spread in zip(spatial, window, strides, dilation, strict=True):
        span = (length - 1) * spread + 1
        if step == 1:
            total = span - 1
        elif size is None:
            raise Unwritable("padding same with strides for an input of unknown size")
        else:
            total = max((-(-size // step) - 1) * step + span - size, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def padded(expression: str, pads: Sequence[tuple[int, int]], value: str = "") -> str:
    """An expression padded; PyTorch counts axes from the last one."""
    if not any(map(any, pads)):
        return expression
    flat = [str(side) for pair in reversed(pads) for side in pair]
    return f"F.pad({expression}, ({', '.join(flat)}){value})"
