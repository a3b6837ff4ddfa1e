"""Layers that enlarge, pad or crop the spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Effect, Example, Family, Layer
from layers.params import Choice, Ints
from layers.spatial import AXES
from layers.tensor import Dim, Tensor

UPSAMPLE = Family("upsample", "Upsample", "升采样", Category.VISION, ("enlarge", "resize"))
PADDING = Family("zero-padding", "Zero Padding", "零填充", Category.VISION, ("border", "pad"))
CROPPING = Family("cropping", "Cropping", "裁剪", Category.VISION, ("crop", "border"))

CROPPED_AWAY = Problem(
    "shape.cropping",
    "{layer} cuts {cut} along {axis}, but the input has only {size}.",
    "Crop less.",
)


class _UpSampling(Layer):
    """Shared ground of enlarging by repetition."""

    masks = "unknown"
    category = Category.VISION
    family = UPSAMPLE

    size = Ints(2, 2, help="Factor along each axis.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        return _resized(
            tensor, [_times(dim, by) for dim, by in zip(_spatial(tensor), self.size, strict=True)]
        )

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field.through([1] * len(self.size), [1 / size for size in self.size])


class UpSampling1D(_UpSampling):
    """Repeat every step of a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, size * steps, channels)
    """

    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/reshaping_layers/up_sampling1d/"
    examples = (
        Example((None, 5, 3), (None, 15, 3), {"size": 3}),
        Example((None, None, 3), (None, None, 3)),
    )

    size = Ints(1, 2, help="How often each step is repeated.")

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _single(config, "size")


class UpSampling2D(_UpSampling):
    """Enlarge an image by repetition or interpolation.

    Input:  (batch, height, width, channels)
    Output: (batch, size * height, size * width, channels)
    """

    input_rank = 4
    axis_names = AXES[2]
    source = "https://keras.io/api/layers/reshaping_layers/up_sampling2d/"
    examples = (
        Example((None, 5, 6, 3), (None, 10, 18, 3), {"size": [2, 3]}),
        Example((None, 5, 6, 3), (None, 10, 12, 3), {"interpolation": "bilinear"}),
    )

    interpolation = Choice(
        ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
        "nearest",
        help="How new values are made.",
    )


class UpSampling3D(_UpSampling):
    """Enlarge a volume by repetition.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, size * depth, size * height, size * width, channels)
    """

    input_rank = 5
    axis_names = AXES[3]
    source = "https://keras.io/api/layers/reshaping_layers/up_sampling3d/"
    examples = (Example((None, 2, 3, 4, 1), (None, 4, 6, 8, 1)),)

    size = Ints(3, 2, help="Factor along each axis.")


class _ZeroPadding(Layer):
    """Shared ground of padding with zeros."""

    masks = "unknown"
    category = Category.VISION
    family = PADDING

    padding: ClassVar[Any]

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        pairs = _pairs(self.values["padding"])
        sizes = [
            _plus(dim, before + after)
            for dim, (before, after) in zip(_spatial(tensor), pairs, strict=True)
        ]
        return _resized(tensor, sizes)

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return config | {"padding": _keras_pairs(config["padding"])}

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _flat_pairs(config, "padding", (cls.input_rank or 2) - 2)


class ZeroPadding1D(_ZeroPadding):
    """Put zeros before and after a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, steps + padding, channels)
    """

    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/reshaping_layers/zero_padding1d/"
    examples = (Example((None, 5, 3), (None, 8, 3), {"padding": [1, 2]}),)

    padding = Ints(2, 1, minimum=0, help="Zeros before and after.")


class ZeroPadding2D(_ZeroPadding):
    """Put zeros around an image.

    Input:  (batch, height, width, channels)
    Output: (batch, height + padding, width + padding, channels)
    """

    input_rank = 4
    axis_names = AXES[2]
    source = "https://keras.io/api/layers/reshaping_layers/zero_padding2d/"
    examples = (
        Example((None, 224, 224, 3), (None, 230, 230, 3), {"padding": [3, 3, 3, 3]}),
        Example((None, 5, None, 3), (None, 8, None, 3), {"padding": [1, 2, 0, 4]}),
    )

    padding = Ints(4, 1, minimum=0, help="Zeros above, below, left and right.")


class ZeroPadding3D(_ZeroPadding):
    """Put zeros around a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, depth + padding, height + padding, width + padding, channels)
    """

    input_rank = 5
    axis_names = AXES[3]
    source = "https://keras.io/api/layers/reshaping_layers/zero_padding3d/"
    examples = (Example((None, 2, 3, 4, 1), (None, 4, 5, 6, 1)),)

    padding = Ints(6, 1, minimum=0, help="Zeros before and after along depth, height and width.")


class _Cropping(Layer):
    """Shared ground of cutting off borders."""

    effect: ClassVar[Effect] = "moves"
    masks = "unknown"
    category = Category.VISION
    family = CROPPING

    cropping: ClassVar[Any]

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        sizes = []
        pairs = _pairs(self.values["cropping"])
        for index, (dim, (before, after)) in enumerate(zip(_spatial(tensor), pairs, strict=True)):
            if dim is not None and before + after >= dim:
                raise Invalid(
                    CROPPED_AWAY,
                    param="cropping",
                    layer=type(self).__name__,
                    cut=before + after,
                    axis=self.axis_names[index + 1],
                    size=dim,
                )
            sizes.append(_plus(dim, -before - after))
        return _resized(tensor, sizes)

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return config | {"cropping": _keras_pairs(config["cropping"])}

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _flat_pairs(config, "cropping", (cls.input_rank or 2) - 2)


class Cropping1D(_Cropping):
    """Cut steps off both ends of a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, steps - cropping, channels)
    """

    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/reshaping_layers/cropping1d/"
    examples = (Example((None, 5, 3), (None, 2, 3), {"cropping": [1, 2]}),)

    cropping = Ints(2, 1, minimum=0, help="Steps cut off before and after.")


class Cropping2D(_Cropping):
    """Cut the borders off an image.

    Input:  (batch, height, width, channels)
    Output: (batch, height - cropping, width - cropping, channels)
    """

    input_rank = 4
    axis_names = AXES[2]
    source = "https://keras.io/api/layers/reshaping_layers/cropping2d/"
    examples = (Example((None, 8, None, 3), (None, 5, None, 3), {"cropping": [1, 2, 0, 4]}),)

    cropping = Ints(
        4, 0, minimum=0, preset=[1, 1, 1, 1], help="Cut off above, below, left and right."
    )


class Cropping3D(_Cropping):
    """Cut the borders off a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, depth - cropping, height - cropping, width - cropping, channels)
    """

    input_rank = 5
    axis_names = AXES[3]
    source = "https://keras.io/api/layers/reshaping_layers/cropping3d/"
    examples = (Example((None, 4, 5, 6, 1), (None, 2, 3, 4, 1)),)

    cropping = Ints(6, 1, minimum=0, help="Cut off before and after along depth, height and width.")


def _spatial(tensor: Tensor) -> Sequence[Dim]:
    return tensor.shape[1:-1]


def _resized(tensor: Tensor, sizes: Sequence[Dim]) -> Tensor:
    return tensor.with_shape((tensor.shape[0], *sizes, tensor.shape[-1]))


def _times(dim: Dim, factor: int) -> Dim:
    return None if dim is None else dim * factor


def _plus(dim: Dim, amount: int) -> Dim:
    return None if dim is None else dim + amount


def _pairs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _keras_pairs(numbers: Sequence[int]) -> Any:
    """Keras nests one pair for each axis, and leaves a single pair flat."""
    return list(numbers) if len(numbers) == 2 else [list(pair) for pair in _pairs(numbers)]


def _flat_pairs(config: dict[str, Any], name: str, axes: int) -> dict[str, Any]:
    """Keras writes a number, one for each axis, or a pair for each axis; here it is flat pairs."""
    value = config.get(name)
    if not isinstance(value, list):
        return config
    is_nested = any(isinstance(item, list) for item in value)
    if not is_nested and len(value) != axes:
        return config
    flat = [number for item in value for number in (item if isinstance(item, list) else [item] * 2)]
    return config | {name: flat}


def _single(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Keras writes the only number of a one-dimensional layer without a list around it."""
    value = config[name]
    return config | {name: value[0] if isinstance(value, list | tuple) else value}
