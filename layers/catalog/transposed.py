"""Transposed convolutions: the gradient of a convolution used forward, to enlarge."""

from __future__ import annotations

from typing import ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.catalog.convolution import STRIDED_AND_DILATED
from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Example, Family, Layer, Weight
from layers.params import Bool, Choice, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

DECONVOLUTION = Family(
    "deconvolution", "Deconvolution", "反卷积", Category.VISION, ("transposed", "upconvolution")
)

OUTPUT_PADDING = Problem(
    "conv.output_padding",
    "output_padding {output_padding} must be smaller than strides {strides} along each axis.",
    "Make output_padding smaller, or leave it empty.",
)
TOO_SHORT = Problem(
    "conv.too_short",
    "With the window {kernel_size}, padding=same and output_padding=0 the output is a whole step of"
    " the strides too short; TensorFlow cannot compute it.",
    "Leave output_padding empty, or make it at least 1.",
)


class _ConvTranspose(Layer):
    """Shared ground of the transposed convolutions."""

    masks = "unknown"
    category = Category.VISION
    family = DECONVOLUTION
    rank: ClassVar[int]

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    kernel_size = Ints(2, preset=[3, 3], help="Size of the window along each axis.")
    strides = Ints(2, 1, preset=[2, 2], help="Factor by which each axis grows.")
    padding = Choice(("valid", "same"), "valid", preset="same", help="What happens at the borders.")
    output_padding = Nullable(
        Ints(2, minimum=0, help="Added to the size of each axis; empty for none.", advanced=True)
    )
    dilation_rate = Ints(2, 1, help="Step between the inputs of a window.", advanced=True)
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    use_bias = Bool(True, help="Whether a learned value is added to each channel.")
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernel starts.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernel."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernel."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        self.known(tensor, -1)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise Invalid(
                STRIDED_AND_DILATED,
                param="dilation_rate",
                layer=type(self).__name__,
                strides=self.strides,
                dilation_rate=self.dilation_rate,
                remedy=SetParams({"dilation_rate": [1] * self.rank}),
            )
        extra = self.output_padding
        if extra and any(pad >= step for pad, step in zip(extra, self.strides, strict=True)):
            raise Invalid(
                OUTPUT_PADDING,
                param="output_padding",
                output_padding=extra,
                strides=self.strides,
                remedy=SetParams({"output_padding": None}),
            )
        if extra and self.padding == "same" and 0 in self._spare(extra):
            raise Invalid(
                TOO_SHORT,
                param="output_padding",
                kernel_size=self.kernel_size,
                remedy=SetParams({"output_padding": None}),
            )
        sizes = [self._size(index, dim) for index, dim in enumerate(tensor.shape[1:-1])]
        return Tensor((tensor.shape[0], *sizes, self.filters))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        windows = zip(self.kernel_size, self.strides, strict=True)
        spans = [-(-length // step) for length, step in windows]
        return field.through(spans, [1 / step for step in self.strides])

    def _spare(self, extra: tuple[int, ...]) -> list[int]:
        """By how much each axis is longer than all strides but one; a convolution back over it
        must find the input's last value again.
        """
        return [span % 2 + pad for span, pad in zip(self._spans, extra, strict=True)]

    @property
    def _spans(self) -> list[int]:
        """How far the window reaches along each axis."""
        windows = zip(self.kernel_size, self.dilation_rate, strict=True)
        return [(length - 1) * dilation + 1 for length, dilation in windows]

    def _size(self, index: int, size: Dim) -> Dim:
        """Size of an axis afterwards. Source: keras.src.backend.common.backend_utils."""
        if size is None:
            return None
        step = self.strides[index]
        span = self._spans[index]
        if self.output_padding is None:
            return size * step + (max(span - step, 0) if self.padding == "valid" else 0)
        pad = span // 2 if self.padding == "same" else 0
        return (size - 1) * step + span - 2 * pad + self.output_padding[index]

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        channels = self.known(inputs[0], -1)
        kernel = (*self.kernel_size, self.filters, channels)
        made = {"kernel": Weight(kernel, self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((self.filters,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        # Every input value meets every weight of its channel once.
        return product((*inputs[0].shape[1:], *self.kernel_size, self.filters))


class Conv1DTranspose(_ConvTranspose):
    """Spread each step of a sequence over a learned window, to lengthen it.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, filters)
    """

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/convolution_layers/convolution1d_transpose/"
    examples = (
        Example(
            (None, 10, 4), (None, 21, 3), {"filters": 3, "kernel_size": 3, "strides": 2}, weights=39
        ),
        Example(
            (None, None, 4),
            (None, None, 3),
            {"filters": 3, "kernel_size": 2, "padding": "same"},
            weights=27,
        ),
    )

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, preset=[2], help="Factor by which the sequence grows.")
    output_padding = Nullable(
        Ints(1, minimum=0, help="Added to the length; empty for none.", advanced=True)
    )
    dilation_rate = Ints(1, 1, help="Step between the inputs of a window.", advanced=True)


class Conv2DTranspose(_ConvTranspose):
    """Spread each pixel over a learned window, to enlarge an image.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, filters)
    """

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    source = "Zeiler et al. 2010, https://doi.org/10.1109/CVPR.2010.5539957"
    examples = (
        Example(
            (None, 7, 9, 4),
            (None, 14, 18, 3),
            {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"},
            weights=111,
        ),
        Example(
            (None, 7, 9, 4),
            (None, 15, 20, 3),
            {"filters": 3, "kernel_size": [2, 3], "strides": [2, 2], "output_padding": [1, 1]},
            weights=75,
        ),
    )


class Conv3DTranspose(_ConvTranspose):
    """Spread each voxel over a learned window, to enlarge a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, new_depth, new_height, new_width, filters)
    """

    rank = 3
    input_rank = 5
    axis_names = AXES[3]
    source = "https://keras.io/api/layers/convolution_layers/convolution3d_transpose/"
    examples = (
        Example(
            (None, 3, 4, 5, 2),
            (None, 6, 8, 10, 3),
            {"filters": 3, "kernel_size": 2, "strides": 2},
            weights=51,
        ),
    )

    kernel_size = Ints(3, preset=[3, 3, 3], help="Size of the window along each axis.")
    strides = Ints(3, 1, preset=[2, 2, 2], help="Factor by which each axis grows.")
    output_padding = Nullable(
        Ints(3, minimum=0, help="Added to the size of each axis; empty for none.", advanced=True)
    )
    dilation_rate = Ints(3, 1, help="Step between the inputs of a window.", advanced=True)
