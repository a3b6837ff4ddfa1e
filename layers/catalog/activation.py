"""Activation functions as layers of their own."""

from __future__ import annotations

from layers.categories import Category
from layers.layer import Entry, Example, Layer
from layers.params import Axis, Choice
from layers.tensor import Tensor

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


class _Elementwise(Layer):
    """Shared ground of layers that keep the shape of their input.

    Input:  (batch, ...)
    Output: the same
    """

    category = Category.ACTIVATION

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]


class Activation(_Elementwise):
    """Apply an activation function.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (
        Entry("ReLU", "ReLU 激活", {"activation": "relu"}, ("rectified linear",)),
        Entry("SELU", "SELU 激活", {"activation": "selu"}),
        Entry("Softplus", "Softplus 激活", {"activation": "softplus"}),
        Entry("Softsign", "Softsign 激活", {"activation": "softsign"}),
        Entry("Sigmoid", "Sigmoid 激活", {"activation": "sigmoid"}, ("logistic",)),
        Entry("TanH", "TanH 激活", {"activation": "tanh"}, ("hyperbolic tangent",)),
        Entry("Hard Sigmoid", "Hard Sigmoid 激活", {"activation": "hard_sigmoid"}),
    )
    source = "https://keras.io/api/layers/activations/"
    examples = tuple(
        Example((None, 4, 6), (None, 4, 6), {"activation": name}) for name in ACTIVATIONS
    )

    activation = Choice(ACTIVATIONS, preset="relu", help="The function.")


class Softmax(_Elementwise):
    """Turn scores into probabilities that add up to one along an axis.

    Input:  (batch, ..., classes)
    Output: the same
    """

    category = Category.UTILITY
    entries = (Entry("Softmax", "Softmax 归一化", keywords=("probability", "classifier")),)
    source = "https://keras.io/api/layers/activation_layers/softmax/"
    examples = (
        Example((None, 10), (None, 10)),
        Example((None, 5, 3), (None, 5, 3), {"axis": 1}),
    )

    axis = Axis(-1, help="Axis along which the values add up to one.")

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_axis(inputs[0], self.axis, "axis")
        return inputs[0]
