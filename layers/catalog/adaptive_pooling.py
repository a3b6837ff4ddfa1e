"""Adaptive pooling: windows of whatever size gives an output of the wanted size."""

from __future__ import annotations

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Example, Family, Layer
from layers.params import Ints
from layers.spatial import AXES
from layers.tensor import Tensor

ADAPTIVE = Family(
    "adaptive-pool", "Adaptive Pool", "自适应池化层", Category.VISION, ("adaptive", "output size")
)
SOURCE = "https://keras.io/api/layers/pooling_layers/"
SINGLE = Problem(
    "pool.adaptive",
    "Maximum pooling from {size} to {wanted} along an axis ends TensorFlow on a processor.",
    "Use global pooling for a single value, and leave axes of size 1 alone.",
)


class _AdaptivePool(Layer):
    """Shared ground of adaptive pooling."""

    category = Category.VISION
    family = ADAPTIVE
    masks = "unknown"
    source = SOURCE

    output_size = Ints(2, preset=[7, 7], help="Height and width of the output.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        for axis in range(1, tensor.rank):
            self.known(tensor, axis)
        return tensor.with_shape((tensor.shape[0], *self.output_size, tensor.shape[-1]))


class _AdaptiveMax(_AdaptivePool):
    """Shared ground of those that keep the largest value."""

    def output(self, *inputs: Tensor) -> Tensor:
        given, made = inputs[0], super().output(*inputs)
        for size, wanted in zip(given.shape[1:-1], made.shape[1:-1], strict=True):
            if 1 in (size, wanted):
                raise Invalid(SINGLE, param="output_size", size=size, wanted=wanted)
        return made


class _Adaptive1D(_AdaptivePool):
    """Shared ground of adaptive pooling along a sequence."""

    input_rank = 3
    axis_names = AXES[1]
    examples = (
        Example((None, 11, 4), (None, 3, 4), {"output_size": 3}),
        Example((None, 2, 4), (None, 5, 4), {"output_size": [5]}),
    )

    output_size = Ints(1, preset=[7], help="Length of the output.")


class _Adaptive2D(_AdaptivePool):
    """Shared ground of adaptive pooling over an image."""

    input_rank = 4
    axis_names = AXES[2]
    examples = (
        Example((None, 24, 25, 3), (None, 7, 7, 3), {"output_size": 7}),
        Example((None, 5, 6, 3), (None, 5, 2, 3), {"output_size": [5, 2]}),
    )


class _Adaptive3D(_AdaptivePool):
    """Shared ground of adaptive pooling over a volume."""

    input_rank = 5
    axis_names = AXES[3]
    examples = (Example((None, 6, 7, 8, 2), (None, 2, 3, 4, 2), {"output_size": [2, 3, 4]}),)

    output_size = Ints(3, preset=[7, 7, 7], help="Depth, height and width of the output.")


class AdaptiveMaxPooling1D(_AdaptiveMax, _Adaptive1D):
    """Keep the largest value of each of a given number of windows along a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, output_size, channels)
    """


class AdaptiveMaxPooling2D(_AdaptiveMax, _Adaptive2D):
    """Keep the largest value of each of a given number of windows over an image.

    Input:  (batch, height, width, channels)
    Output: (batch, *output_size, channels)
    """


class AdaptiveMaxPooling3D(_AdaptiveMax, _Adaptive3D):
    """Keep the largest value of each of a given number of windows over a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, *output_size, channels)
    """


class AdaptiveAveragePooling1D(_Adaptive1D):
    """Take the mean of each of a given number of windows along a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, output_size, channels)
    """


class AdaptiveAveragePooling2D(_Adaptive2D):
    """Take the mean of each of a given number of windows over an image.

    Input:  (batch, height, width, channels)
    Output: (batch, *output_size, channels)
    """


class AdaptiveAveragePooling3D(_Adaptive3D):
    """Take the mean of each of a given number of windows over a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, *output_size, channels)
    """
