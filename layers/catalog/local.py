"""Locally connected layers: convolutions whose windows each have weights of their own.

Keras 3 has them no more; ours are in :mod:`exporters.custom`.
"""

from __future__ import annotations

from typing import ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.categories import Category
from layers.costs import Field
from layers.layer import Example, Family, Layer, Weight
from layers.params import Bool, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES, window_output
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

LOCALLY_CONNECTED = Family(
    "locally-connected", "Locally Connected", "局部连接层", Category.VISION, ("unshared", "local")
)


class _LocallyConnected(Layer):
    """Shared ground of the locally connected layers."""

    category = Category.VISION
    family = LOCALLY_CONNECTED
    package = "visualnn"
    masks = "unknown"
    rank: ClassVar[int]

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    kernel_size = Ints(2, preset=[3, 3], help="Height and width of the window.")
    strides = Ints(2, 1, help="Step between windows.")
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    use_bias = Bool(True, help="Whether a learned value is added in each place.")
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernels start.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernels."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernels."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        for axis in range(1, tensor.rank):
            self.known(tensor, axis)
        return Tensor((tensor.shape[0], *self.places(tensor), self.filters))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field.through(self.kernel_size, self.strides)

    def places(self, tensor: Tensor) -> tuple[Dim, ...]:
        """How many places the window has along each spatial axis. Raises Invalid."""
        spatial = tensor.shape[1:-1]
        return window_output(self, spatial, self.kernel_size, self.strides, "valid", fix={})

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        places = tuple(size or 0 for size in self.places(inputs[0]))
        window = product((*self.kernel_size, inputs[0].shape[-1])) or 0
        kernel = (product(places) or 0, window, self.filters)
        made = {"kernel": Weight(kernel, self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((*places, self.filters), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        return self.weights(*inputs)["kernel"].count


class LocallyConnected1D(_LocallyConnected):
    """Slide a window along a sequence, with other weights in each place.

    Input:  (batch, steps, channels)
    Output: (batch, new_steps, filters)
    """

    rank = 1
    input_rank = 3
    axis_names = AXES[1]
    source = "https://faroit.com/keras-docs/2.0.8/layers/local/"
    examples = (
        Example((None, 10, 3), (None, 8, 4), {"filters": 4, "kernel_size": 3}, weights=320),
        Example(
            (None, 10, 3),
            (None, 5, 2),
            {"filters": 2, "kernel_size": 2, "strides": 2, "use_bias": False},
            weights=60,
        ),
    )

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, help="Step between windows.")


class LocallyConnected2D(_LocallyConnected):
    """Slide a window over an image, with other weights in each place.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, filters)
    """

    rank = 2
    input_rank = 4
    axis_names = AXES[2]
    source = "Taigman et al. 2014, https://doi.org/10.1109/CVPR.2014.220"
    examples = (
        Example((None, 6, 5, 2), (None, 4, 3, 3), {"filters": 3, "kernel_size": 3}, weights=684),
        Example(
            (None, 7, 6, 1),
            (None, 3, 5, 2),
            {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1], "activation": "relu"},
            weights=210,
        ),
    )
