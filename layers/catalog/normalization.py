"""Layers that bring values to a common scale."""

from __future__ import annotations

from layers.categories import Category
from layers.layer import Entry, Example, Layer, Weight
from layers.params import Axis, Bool, Float, Nullable, Of
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer


class BatchNormalization(Layer):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it by
    learned amounts.

    Training uses the statistics of the batch and keeps a moving average of them for afterwards.

    Input:  (batch, ..., channels)
    Output: the same
    """

    category = Category.NORMALIZATION
    entries = (Entry("Batch Norm", "批量归一化", keywords=("batch normalization", "bn")),)
    source = "Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167"
    examples = (
        Example((None, 28, 28, 32), (None, 28, 28, 32), weights=128),
        Example((None, 6), (None, 6), {"scale": False}, weights=18),
        Example((None, 5, 7), (None, 5, 7), {"axis": 1, "center": False}, weights=15),
        Example((None, None, 4), (None, None, 4), {"trainable": False}, weights=16),
    )

    axis = Axis(-1, help="Axis of the channels.")
    momentum = Float(
        0.99, minimum=0.0, maximum=1.0, help="Weight of the past in the moving averages."
    )
    epsilon = Float(0.001, minimum=0.0, help="Small number added to the variance.", advanced=True)
    center = Bool(True, help="Whether a learned shift (beta) is added.")
    scale = Bool(True, help="Whether a learned factor (gamma) is applied.")
    beta_initializer = Of(Initializer, "Zeros", help="How beta starts.")
    gamma_initializer = Of(Initializer, "Ones", help="How gamma starts.")
    moving_mean_initializer = Of(Initializer, "Zeros", help="How the moving mean starts.")
    moving_variance_initializer = Of(Initializer, "Ones", help="How the moving variance starts.")
    beta_regularizer = Nullable(Of(Regularizer, help="Penalty on beta."))
    gamma_regularizer = Nullable(Of(Regularizer, help="Penalty on gamma."))
    beta_constraint = Nullable(Of(Constraint, help="Limit on beta."))
    gamma_constraint = Nullable(Of(Constraint, help="Limit on gamma."))
    synchronized = Bool(False, help="Whether statistics are taken over all devices.", advanced=True)
    trainable = Bool(True, help="Whether training changes gamma and beta.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        self.known(tensor, self.axis)
        return tensor

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shape = (self.known(inputs[0], self.axis),)
        made = {}
        if self.scale:
            made["gamma"] = Weight(shape, self.trainable)
        if self.center:
            made["beta"] = Weight(shape, self.trainable)
        return made | {
            "moving_mean": Weight(shape, trainable=False),
            "moving_variance": Weight(shape, trainable=False),
        }

    def macs(self, *inputs: Tensor) -> Dim:
        # Folded into one factor and one shift for each value, as at inference.
        return product(inputs[0].shape[1:])
