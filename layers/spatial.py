"""Arithmetic of windows that slide over spatial axes.

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", https://arxiv.org/abs/1603.07285
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Layer
from layers.tensor import Dim

AXES = {
    1: ("batch", "steps", "channels"),
    2: ("batch", "height", "width", "channels"),
    3: ("batch", "depth", "height", "width", "channels"),
}
"""Names of the axes of a tensor with that many spatial ones."""

WINDOW_TOO_LARGE = Problem(
    "shape.window",
    "{layer}'s window spans {span} along {axis}, but the input has only {size}.",
    "Make the window smaller, or set padding to same.",
)


def window_output(
    layer: Layer,
    spatial: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] | None = None,
    fix: Mapping[str, object] | None = None,
) -> tuple[Dim, ...]:
    """Spatial sizes after a window has slid over the input.

    Args:
        layer: the layer, for messages.
        spatial: sizes of the spatial axes.
        window, strides, dilation: one number for each of them.
        padding: "valid", "same", or "causal".
        fix: parameters that mend a window that is too large; padding, unless it is given.

    Raises:
        Invalid: where a valid window is larger than the input.
    """
    remedy = {"padding": "same"} if fix is None else fix
    sizes: list[Dim] = []
    for index, (size, length, step) in enumerate(zip(spatial, window, strides, strict=True)):
        if size is None:
            sizes.append(None)
        elif padding == "valid":
            span = (length - 1) * (dilation[index] if dilation else 1) + 1
            if span > size:
                raise Invalid(
                    WINDOW_TOO_LARGE,
                    param="kernel_size" if "kernel_size" in layer.params else "pool_size",
                    layer=type(layer).__name__,
                    span=span,
                    axis=AXES[len(spatial)][index + 1],
                    size=size,
                    remedy=SetParams(remedy) if remedy else None,
                )
            sizes.append((size - span) // step + 1)
        else:
            sizes.append(-(-size // step))
    return tuple(sizes)
