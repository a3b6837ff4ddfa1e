"""Pooling: the largest or mean value of each window, or of everything."""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.layer import Example, Family, Layer, Masks
from layers.params import Bool, Choice, Ints, Nullable
from layers.spatial import AXES, window_output
from layers.tensor import Tensor

POOL = Family(
    "pool",
    "Pool",
    "池化层",
    Category.VISION,
    ("max pooling", "average pooling", "subsampling", "global"),
)


class _Pool(Layer):
    """Shared ground of pooling with windows."""

    masks = "unknown"
    category = Category.VISION
    family = POOL
    rank: ClassVar[int]

    pool_size = Ints(2, 2, help="Height and width of the window.")
    strides = Nullable(Ints(2, help="Step between windows; empty for the window's own size."))
    padding = Choice(("valid", "same"), "valid", help="What happens at the borders.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        strides = self.strides or self.pool_size
        spatial = window_output(self, tensor.shape[1:-1], self.pool_size, strides, self.padding)
        return tensor.with_shape((tensor.shape[0], *spatial, tensor.shape[-1]))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field.through(self.pool_size, self.strides or self.pool_size)


class _Pool1D(_Pool):
    """Shared ground of pooling along a sequence."""

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    examples = (
        Example((None, 11, 4), (None, 5, 4)),
        Example(
            (None, None, 4), (None, None, 4), {"pool_size": 3, "strides": 1, "padding": "same"}
        ),
    )

    pool_size = Ints(1, 2, help="Length of the window.")
    strides = Nullable(Ints(1, help="Step between windows; empty for the window's own length."))


class _Pool2D(_Pool):
    """Shared ground of pooling over an image."""

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    examples = (
        Example((None, 24, 25, 64), (None, 12, 12, 64)),
        Example(
            (None, 7, None, 3),
            (None, 4, None, 3),
            {"pool_size": [3, 2], "strides": [2, 1], "padding": "same"},
        ),
    )


class _Pool3D(_Pool):
    """Shared ground of pooling over a volume."""

    rank = 3
    input_rank = 5
    axis_names = AXES[3]
    examples = (
        Example((None, 8, 9, 10, 2), (None, 4, 4, 5, 2)),
        Example((None, 8, 9, 10, 2), (None, 3, 3, 4, 2), {"pool_size": 3, "padding": "same"}),
    )

    pool_size = Ints(3, 2, help="Depth, height and width of the window.")
    strides = Nullable(Ints(3, help="Step between windows; empty for the window's own size."))


class _GlobalPool(Layer):
    """Shared ground of pooling over all spatial axes."""

    masks: ClassVar[Masks] = "unknown"
    category = Category.VISION
    family = POOL
    rank: ClassVar[int]
    is_mean: ClassVar[bool] = False

    keepdims = Bool(False, help="Whether the pooled axes stay, with size 1.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        kept = (1,) * self.rank if self.keepdims else ()
        dtype = "float32" if self.is_mean else tensor.dtype
        return Tensor((tensor.shape[0], *kept, tensor.shape[-1]), dtype)


class _GlobalPool1D(_GlobalPool):
    """Shared ground of pooling over a whole sequence."""

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    examples = (
        Example((None, 11, 4), (None, 4)),
        Example((None, None, 4), (None, 1, 4), {"keepdims": True}),
    )


class _GlobalPool2D(_GlobalPool):
    """Shared ground of pooling over a whole image."""

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    examples = (
        Example((None, 7, 7, 512), (None, 512)),
        Example((None, None, None, 3), (None, 1, 1, 3), {"keepdims": True}),
    )


class _GlobalPool3D(_GlobalPool):
    """Shared ground of pooling over a whole volume."""

    rank = 3
    input_rank = 5
    axis_names = AXES[3]
    examples = (
        Example((None, 4, 5, 6, 2), (None, 2)),
        Example((None, 4, 5, 6, 2), (None, 1, 1, 1, 2), {"keepdims": True}),
    )


class MaxPooling1D(_Pool1D):
    """Keep the largest value of each window along a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/max_pooling1d/"


class MaxPooling2D(_Pool2D):
    """Keep the largest value of each window over an image.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/max_pooling2d/"


class MaxPooling3D(_Pool3D):
    """Keep the largest value of each window over a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, new_depth, new_height, new_width, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/max_pooling3d/"


class AveragePooling1D(_Pool1D):
    """Take the mean of each window along a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/average_pooling1d/"


class AveragePooling2D(_Pool2D):
    """Take the mean of each window over an image.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/average_pooling2d/"


class AveragePooling3D(_Pool3D):
    """Take the mean of each window over a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, new_depth, new_height, new_width, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/average_pooling3d/"


class GlobalMaxPooling1D(_GlobalPool1D):
    """Keep the largest value of each channel of a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/global_max_pooling1d/"


class GlobalMaxPooling2D(_GlobalPool2D):
    """Keep the largest value of each channel of an image.

    Input:  (batch, height, width, channels)
    Output: (batch, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/global_max_pooling2d/"


class GlobalMaxPooling3D(_GlobalPool3D):
    """Keep the largest value of each channel of a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, channels)
    """

    source = "https://keras.io/api/layers/pooling_layers/global_max_pooling3d/"


class GlobalAveragePooling1D(_GlobalPool1D):
    """Take the mean of each channel of a sequence, masked steps left out.

    Input:  (batch, steps, channels)
    Output: (batch, channels)
    """

    is_mean = True
    masks = "stop"

    source = "https://keras.io/api/layers/pooling_layers/global_average_pooling1d/"


class GlobalAveragePooling2D(_GlobalPool2D):
    """Take the mean of each channel of an image.

    Input:  (batch, height, width, channels)
    Output: (batch, channels)
    """

    is_mean = True
    source = "Lin et al. 2013, https://arxiv.org/abs/1312.4400"


class GlobalAveragePooling3D(_GlobalPool3D):
    """Take the mean of each channel of a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, channels)
    """

    is_mean = True
    source = "https://keras.io/api/layers/pooling_layers/global_average_pooling3d/"
