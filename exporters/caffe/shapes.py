"""What layers give, as far as it is known, where sizes come from data or layers are not known."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.caffe.operation import UNKNOWN
from layers.diagnostics import Invalid
from layers.layer import Layer
from layers.tensor import Tensor

CONVOLUTIONS = {"Conv2D", "Conv2DTranspose", "CaffeConv2DTranspose"}
"""Layers that are read as taking images where nothing is known of what they take."""


def outputs_of(kind: str, layer: Layer, inputs: Sequence[Tensor | None]) -> tuple[Tensor, ...]:
    """What a layer gives, as far as it is known; empty for nothing."""
    known = tuple(tensor for tensor in inputs if tensor is not None)
    if len(known) < len(inputs):
        return guessed(kind, layer, (UNKNOWN,)) if kind in CONVOLUTIONS else ()
    try:
        output = layer.output(*known)
    except (Invalid, ValueError, IndexError):
        return guessed(kind, layer, known)
    return output if isinstance(output, tuple) else (output,)


def guessed(kind: str, layer: Layer, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a layer gives as far as it is known where sizes are missing; empty for nothing."""
    if kind in ("Data", "ImageData", "WindowData"):
        # How large the images are is up to the data; that they are, is not.
        images = Tensor((None, None, None, layer.values["channels"]))
        return (images, *(Tensor((None,)),) * (layer.values["count"] - 1))
    if kind in CONVOLUTIONS and inputs[0].rank == 4:
        return (Tensor((inputs[0].shape[0], None, None, layer.values["filters"])),)
    if kind == "CaffePooling2D" and inputs[0].rank == 4:
        return (Tensor((inputs[0].shape[0], None, None, inputs[0].shape[-1])),)
    if kind == "Dense":
        return (Tensor((inputs[0].shape[0], layer.values["units"])),)
    return ()
