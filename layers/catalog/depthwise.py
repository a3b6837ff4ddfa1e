"""Depthwise and separable convolutions: each channel has windows of its own."""

from __future__ import annotations

from typing import ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.catalog.convolution import STRIDED_AND_DILATED
from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Example, Family, Layer, Weight
from layers.params import Bool, Choice, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES, window_output
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

DEPTHWISE = Family(
    "depthwise-convolution",
    "Depthwise Convolution",
    "深度卷积",
    Category.VISION,
    ("separable", "mobilenet", "xception"),
)

UNEQUAL_STRIDES = Problem(
    "conv.unequal_strides",
    "{layer} runs only with equal strides; got {strides}.",
    "Set the same step along both axes.",
)


class _Depthwise(Layer):
    """Shared ground: a window for each channel, `depth_multiplier` times."""

    masks = "unknown"
    category = Category.VISION
    family = DEPTHWISE
    rank: ClassVar[int]

    kernel_size = Ints(2, preset=[3, 3], help="Size of the window along each axis.")
    strides = Ints(2, 1, help="Step between windows.")
    padding = Choice(("valid", "same"), "valid", help="What happens at the borders.")
    dilation_rate = Ints(2, 1, help="Step between the inputs of a window.", advanced=True)
    depth_multiplier = Int(1, minimum=1, help="Windows for each input channel.")
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    use_bias = Bool(True, help="Whether a learned value is added to each channel.")
    depthwise_initializer = Of(Initializer, "GlorotUniform", help="How the windows start.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    depthwise_regularizer = Nullable(Of(Regularizer, help="Penalty on the windows."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    depthwise_constraint = Nullable(Of(Constraint, help="Limit on the windows."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def spatial(self, tensor: Tensor) -> tuple[Dim, ...]:
        """Spatial sizes after the windows. Raises Invalid."""
        self.check_rank(tensor)
        self.known(tensor, -1)
        strided, dilated = max(self.strides) > 1, max(self.dilation_rate) > 1
        if strided and dilated:
            raise Invalid(
                STRIDED_AND_DILATED,
                param="dilation_rate",
                layer=type(self).__name__,
                strides=self.strides,
                dilation_rate=self.dilation_rate,
                remedy=SetParams({"dilation_rate": [1] * self.rank}),
            )
        if len(set(self.strides)) > 1:
            # TensorFlow's kernel knows one stride for both axes.
            raise Invalid(
                UNEQUAL_STRIDES,
                param="strides",
                layer=type(self).__name__,
                strides=self.strides,
                remedy=SetParams({"strides": [max(self.strides)] * self.rank}),
            )
        return window_output(
            self,
            tensor.shape[1:-1],
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
        )

    def depthwise(self, tensor: Tensor) -> tuple[int, ...]:
        """Shape of the windows of all channels."""
        return (*self.kernel_size, self.known(tensor, -1), self.depth_multiplier)


class _DepthwiseConv(_Depthwise):
    """Shared ground of the true depthwise convolutions."""

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        channels = self.known(tensor, -1) * self.depth_multiplier
        return Tensor((tensor.shape[0], *self.spatial(tensor), channels))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        windows = zip(self.kernel_size, self.dilation_rate, strict=True)
        spans = [(length - 1) * dilation + 1 for length, dilation in windows]
        return field.through(spans, self.strides)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shape = self.depthwise(inputs[0])
        made = {"kernel": Weight(shape, self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((shape[-1] * shape[-2],), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        return product((*self.output(*inputs).shape[1:], *self.kernel_size))


class _SeparableConv(_Depthwise):
    """Shared ground of the separable convolutions."""

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    pointwise_initializer = Of(Initializer, "GlorotUniform", help="How the mixing starts.")
    pointwise_regularizer = Nullable(Of(Regularizer, help="Penalty on the mixing."))
    pointwise_constraint = Nullable(Of(Constraint, help="Limit on the mixing."))

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        return Tensor((tensor.shape[0], *self.spatial(tensor), self.filters))

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shape = self.depthwise(inputs[0])
        mixing = (*(1,) * self.rank, shape[-1] * shape[-2], self.filters)
        made = {
            "depthwise_kernel": Weight(shape, self.trainable),
            "pointwise_kernel": Weight(mixing, self.trainable),
        }
        if self.use_bias:
            made["bias"] = Weight((self.filters,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        *window, channels, multiplier = self.depthwise(inputs[0])
        each = channels * multiplier * ((product(window) or 0) + self.filters)
        return product((*self.output(*inputs).shape[1:-1], each))


class DepthwiseConv2D(_DepthwiseConv):
    """Slide windows over an image, each over one channel alone.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels * depth_multiplier)
    """

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    source = "Howard et al. 2017, https://arxiv.org/abs/1704.04861"
    examples = (
        Example((None, 9, 9, 4), (None, 7, 7, 4), {"kernel_size": 3}, weights=40),
        Example(
            (None, 9, 9, 4),
            (None, 5, 5, 8),
            {
                "kernel_size": 3,
                "strides": 2,
                "padding": "same",
                "depth_multiplier": 2,
                "use_bias": False,
            },
            weights=72,
        ),
    )


class DepthwiseConv1D(_DepthwiseConv):
    """Slide windows along a sequence, each over one channel alone.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, channels * depth_multiplier)
    """

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/convolution_layers/depthwise_convolution1d/"
    examples = (
        Example((None, 9, 4), (None, 7, 8), {"kernel_size": 3, "depth_multiplier": 2}, weights=32),
    )

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, help="Step between windows.")
    dilation_rate = Ints(1, 1, help="Step between the inputs of a window.", advanced=True)


class SeparableConv2D(_SeparableConv):
    """Slide windows over each channel of an image, then mix the channels pixel by pixel.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, filters)
    """

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    source = "Chollet 2016, https://arxiv.org/abs/1610.02357"
    examples = (
        Example((None, 9, 9, 4), (None, 7, 7, 6), {"filters": 6, "kernel_size": 3}, weights=66),
        Example(
            (None, None, 9, 4),
            (None, None, 9, 6),
            {"filters": 6, "kernel_size": 3, "padding": "same", "depth_multiplier": 2},
            weights=126,
        ),
    )


class SeparableConv1D(_SeparableConv):
    """Slide windows along each channel of a sequence, then mix the channels step by step.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, filters)
    """

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/convolution_layers/separable_convolution1d/"
    examples = (Example((None, 9, 4), (None, 7, 6), {"filters": 6, "kernel_size": 3}, weights=42),)

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, help="Step between windows.")
    dilation_rate = Ints(1, 1, help="Step between the inputs of a window.", advanced=True)
