"""Activation functions as layers of their own."""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.layer import Effect, Entry, Example, Family, Layer, Weight
from layers.params import Axis, Bool, Float, Function, Nullable, Of, ShapeOf
from layers.tensor import Tensor
from layers.variants import Constraint, Initializer, Regularizer

ACTIVATIONS = (
    "linear",
    "relu",
    "softmax",
    "sigmoid",
    "tanh",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "softsign",
    "hard_sigmoid",
    "hard_silu",
    "leaky_relu",
    "relu6",
    "exponential",
    "mish",
    "log_softmax",
    "log_sigmoid",
    "celu",
    "hard_tanh",
    "hard_shrink",
    "soft_shrink",
    "tanh_shrink",
    "squareplus",
    "sparse_plus",
    "sparsemax",
    "sparse_sigmoid",
)
"""Names in keras.activations that keep the shape and need no argument."""


RELU = Family(
    "relu", "ReLU/Leaky-ReLU", "ReLU/Leaky-ReLU", Category.ACTIVATION, ("rectified linear",)
)


class _Elementwise(Layer):
    """Shared ground of layers that keep the shape of their input.

    Input:  (batch, ...)
    Output: the same
    """

    effect: ClassVar[Effect] = "maps"
    category = Category.ACTIVATION

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class Activation(_Elementwise):
    """Apply an activation function.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (
        Entry("SELU", "SELU", {"activation": "selu"}),
        Entry("Softplus", "Softplus", {"activation": "softplus"}),
        Entry("Softsign", "Softsign", {"activation": "softsign"}),
        Entry("Sigmoid", "Sigmoid", {"activation": "sigmoid"}, ("logistic",)),
        Entry("TanH", "TanH", {"activation": "tanh"}, ("hyperbolic tangent",)),
        Entry("Hard Sigmoid", "Hard Sigmoid", {"activation": "hard_sigmoid"}),
    )
    source = "https://keras.io/api/layers/activations/"
    examples = tuple(
        Example((None, 4, 6), (None, 4, 6), {"activation": name}) for name in ACTIVATIONS
    )

    activation = Function(ACTIVATIONS, preset="relu", help="The function.")


class ReLU(_Elementwise):
    """Pass positive values on; negative ones become 0, or shrink by negative_slope.

    Input:  (batch, ...)
    Output: the same
    """

    family = RELU
    source = "https://keras.io/api/layers/activation_layers/relu/"
    examples = (
        Example((None, 4, 6), (None, 4, 6)),
        Example((None, 6), (None, 6), {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.5}),
    )

    max_value = Nullable(Float(minimum=0.0, help="Upper limit of the output; empty for none."))
    negative_slope = Float(0.0, minimum=0.0, help="Factor of the values below the threshold.")
    threshold = Float(0.0, minimum=0.0, help="Where values start to pass.")


class LeakyReLU(_Elementwise):
    """Pass positive values on; negative ones shrink.

    Input:  (batch, ...)
    Output: the same
    """

    family = RELU
    source = (
        "Maas et al. 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf"
    )
    examples = (Example((None, 6), (None, 6), {"negative_slope": 0.1}),)

    negative_slope = Float(0.3, minimum=0.0, help="Factor of the negative values.")

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)


class PReLU(_Elementwise):
    """Pass positive values on; negative ones shrink by a learned factor.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("PReLU", "PReLU", keywords=("parametric",)),)
    source = "He et al. 2015, https://arxiv.org/abs/1502.01852"
    examples = (
        Example((None, 6, 4), (None, 6, 4), weights=24),
        Example((None, None, 4), (None, None, 4), {"shared_axes": [1]}, weights=4),
    )

    alpha_initializer = Of(Initializer, "Zeros", help="How the factors start.")
    alpha_regularizer = Nullable(Of(Regularizer, help="Penalty on the factors."))
    alpha_constraint = Nullable(Of(Constraint, help="Limit on the factors."))
    shared_axes = Nullable(
        ShapeOf(help="Axes that share one factor, counted from 1: 1, 2 for an image.")
    )
    trainable = Bool(True, help="Whether training changes the factors.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        for axis in self.shared_axes or ():
            self.check_axis(tensor, axis or 0, "shared_axes")
        for axis in range(1, tensor.rank):
            if axis not in (self.shared_axes or ()):
                self.known(tensor, axis)
        return tensor

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shared = self.shared_axes or ()
        shape = tuple(
            1 if axis in shared else self.known(inputs[0], axis)
            for axis in range(1, inputs[0].rank)
        )
        return {"alpha": Weight(shape, self.trainable)}


class ELU(_Elementwise):
    """Pass positive values on; negative ones approach -alpha.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("ELU", "ELU", keywords=("exponential linear",)),)
    source = "Clevert et al. 2015, https://arxiv.org/abs/1511.07289"
    examples = (Example((None, 6), (None, 6), {"alpha": 0.5}),)

    alpha = Float(1.0, minimum=0.0, help="Limit of the negative values.")


class ThresholdedReLU(_Elementwise):
    """Pass values above theta on; all others become 0. Keras 3 has it no more; this is our own.

    Input:  (batch, ...)
    Output: the same
    """

    package = "visualnn"
    entries = (Entry("Thresholded ReLU", "Thresholded ReLU"),)
    source = "Konda et al. 2014, https://arxiv.org/abs/1402.3337"
    examples = (
        Example((None, 4, 6), (None, 4, 6)),
        Example((None, 6), (None, 6), {"theta": 0.5}),
    )

    theta = Float(1.0, minimum=0.0, help="Values up to this become 0.")


class Softmax(_Elementwise):
    """Turn scores into probabilities that add up to one along an axis.

    Input:  (batch, ..., classes)
    Output: the same
    """

    category = Category.UTILITY
    entries = (Entry("Softmax", "Softmax", keywords=("probability", "classifier")),)
    source = "https://keras.io/api/layers/activation_layers/softmax/"
    examples = (
        Example((None, 10), (None, 10)),
        Example((None, 5, 3), (None, 5, 3), {"axis": 1}),
    )

    axis = Axis(-1, help="Axis along which the values add up to one.")

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_axis(inputs[0], self.axis, "axis")
        return inputs[0]
