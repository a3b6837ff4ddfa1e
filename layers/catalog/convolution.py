"""Convolutions: learned windows that slide over the input."""

from __future__ import annotations

from typing import ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Example, Family, Layer, Weight
from layers.params import Bool, Choice, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES, window_output
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

CONVOLUTION = Family(
    "convolution", "Convolution", "卷积层", Category.VISION, ("conv", "filter", "kernel")
)

STRIDED_AND_DILATED = Problem(
    "conv.strided_and_dilated",
    "{layer} cannot have strides {strides} and dilation_rate {dilation_rate} both above 1.",
    "Set one of them to 1.",
)
GROUPS = Problem(
    "conv.groups",
    "groups={groups} does not divide {what}={count}.",
    "Choose a number of groups that divides both the input channels and the filters.",
)


def check_strides(layer: Layer, strides: tuple[int, ...], dilation_rate: tuple[int, ...]) -> None:
    """Refuse windows that both step and spread. Raises Invalid."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise Invalid(
            STRIDED_AND_DILATED,
            param="dilation_rate",
            layer=type(layer).__name__,
            strides=strides,
            dilation_rate=dilation_rate,
            remedy=SetParams({"dilation_rate": [1] * len(strides)}),
        )


class _Conv(Layer):
    """Shared ground of the convolutions."""

    masks = "unknown"
    category = Category.VISION
    family = CONVOLUTION
    rank: ClassVar[int]

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    kernel_size = Ints(2, preset=[3, 3], help="Height and width of the window.")
    strides = Ints(2, 1, help="Step between windows.")
    padding = Choice(("valid", "same"), "valid", help="What happens at the borders.")
    dilation_rate = Ints(2, 1, help="Step between the inputs of a window.", advanced=True)
    groups = Int(1, minimum=1, help="Number of groups the channels are split into.", advanced=True)
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
        channels = self.known(tensor, -1)
        for what, count in (("filters", self.filters), ("input channels", channels)):
            if count % self.groups:
                raise Invalid(
                    GROUPS,
                    param="groups",
                    groups=self.groups,
                    what=what,
                    count=count,
                    remedy=SetParams({"groups": 1}),
                )
        check_strides(self, self.strides, self.dilation_rate)
        spatial = window_output(
            self,
            tensor.shape[1:-1],
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
        )
        return Tensor((tensor.shape[0], *spatial, self.filters))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        windows = zip(self.kernel_size, self.dilation_rate, strict=True)
        spans = [(length - 1) * dilation + 1 for length, dilation in windows]
        return field.through(spans, self.strides)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        channels = self.known(inputs[0], -1)
        kernel = (*self.kernel_size, channels // self.groups, self.filters)
        made = {"kernel": Weight(kernel, self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((self.filters,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        window = product(self.kernel_size) or 0
        channels = self.known(inputs[0], -1) // self.groups
        output = self.output(*inputs)
        return product((*output.shape[1:], window * channels))


class Conv1D(_Conv):
    """Slide learned windows along a sequence.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, filters)
    """

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    source = "https://keras.io/api/layers/convolution_layers/convolution1d/"
    examples = (
        Example((None, 100, 8), (None, 98, 16), {"filters": 16, "kernel_size": 3}, weights=400),
        Example(
            (None, None, 4),
            (None, None, 6),
            {"filters": 6, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
            weights=78,
        ),
        Example(
            (None, 11, 4),
            (None, 6, 2),
            {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same"},
            weights=34,
        ),
    )

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, help="Step between windows.")
    padding = Choice(("valid", "same", "causal"), "valid", help="What happens at the borders.")
    dilation_rate = Ints(1, 1, help="Step between the inputs of a window.", advanced=True)


class Conv2D(_Conv):
    """Slide learned windows over height and width of an image.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, filters)
    """

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    source = "LeCun et al. 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf"
    examples = (
        Example(
            (None, 28, 28, 1), (None, 26, 26, 32), {"filters": 32, "kernel_size": 3}, weights=320
        ),
        Example(
            (None, 9, 12, 4),
            (None, 5, 4, 6),
            {
                "filters": 6,
                "kernel_size": [3, 5],
                "strides": [2, 3],
                "padding": "same",
                "groups": 2,
            },
            weights=186,
        ),
        Example(
            (None, None, 17, 3),
            (None, None, 13, 2),
            {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "use_bias": False},
            weights=54,
        ),
    )


class Conv3D(_Conv):
    """Slide learned windows over depth, height and width of a volume.

    Input:  (batch, depth, height, width, channels)
    Output: (batch, new_depth, new_height, new_width, filters)
    """

    rank = 3
    input_rank = 5
    axis_names = AXES[3]
    source = "https://keras.io/api/layers/convolution_layers/convolution3d/"
    examples = (
        Example(
            (None, 8, 9, 10, 2), (None, 6, 7, 8, 4), {"filters": 4, "kernel_size": 3}, weights=220
        ),
        Example(
            (None, 8, 9, 10, 2),
            (None, 4, 5, 5, 3),
            {"filters": 3, "kernel_size": [1, 2, 3], "strides": 2, "padding": "same"},
            weights=39,
        ),
    )

    kernel_size = Ints(3, preset=[3, 3, 3], help="Depth, height and width of the window.")
    strides = Ints(3, 1, help="Step between windows.")
    dilation_rate = Ints(3, 1, help="Step between the inputs of a window.", advanced=True)
