"""Layers that bring values to a common scale."""

from __future__ import annotations

from math import gcd

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Entry, Example, Layer, Weight, call_training
from layers.params import Axis, Bool, Float, Int, Nullable, Of
from layers.tensor import Dim, Tensor, product, shape_text
from layers.variants import Constraint, Initializer, Regularizer

GROUPS = Problem(
    "normalization.groups",
    "groups={groups} does not divide the {count} channels.",
    "Choose a number of groups that divides the channels.",
)

NOT_LAST = Problem(
    "normalization.last_axis",
    "RMSNormalization scales along the last axis of {shape}; got axis={axis}.",
    "Set axis to -1, or put a Permute before it.",
)


class BatchNormalization(Layer):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it by
    learned amounts.

    Training uses the statistics of the batch and keeps a moving average of them for afterwards.

    Input:  (batch, ..., channels)
    Output: the same
    """

    training_differs = True
    call_params = ("training",)
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
    training = call_training(None)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        self.known(tensor, self.axis)
        return Tensor(tensor.shape)

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field

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


class _ScaleShift(Layer):
    """Shared ground of normalizations with a learned factor (gamma) and shift (beta)."""

    category = Category.NORMALIZATION

    axis = Axis(-1, help="Axis of the features.")
    epsilon = Float(0.001, minimum=0.0, help="Small number added to the variance.", advanced=True)
    center = Bool(True, help="Whether a learned shift (beta) is added.")
    scale = Bool(True, help="Whether a learned factor (gamma) is applied.")
    beta_initializer = Of(Initializer, "Zeros", help="How beta starts.")
    gamma_initializer = Of(Initializer, "Ones", help="How gamma starts.")
    beta_regularizer = Nullable(Of(Regularizer, help="Penalty on beta."))
    gamma_regularizer = Nullable(Of(Regularizer, help="Penalty on gamma."))
    beta_constraint = Nullable(Of(Constraint, help="Limit on beta."))
    gamma_constraint = Nullable(Of(Constraint, help="Limit on gamma."))
    trainable = Bool(True, help="Whether training changes gamma and beta.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        self.known(tensor, self.axis)
        return Tensor(tensor.shape)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shape = (self.known(inputs[0], self.axis),)
        made = {}
        if self.scale:
            made["gamma"] = Weight(shape, self.trainable)
        if self.center:
            made["beta"] = Weight(shape, self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        return product((2, *inputs[0].shape[1:]))


class LayerNormalization(_ScaleShift):
    """Bring the features of each sample to mean 0 and variance 1, then scale and shift them.

    Input:  (batch, ..., features)
    Output: the same
    """

    entries = (Entry("Layer Norm", "层归一化", keywords=("layer normalization", "transformer")),)
    source = "Ba et al. 2016, https://arxiv.org/abs/1607.06450"
    examples = (
        Example((None, 7, 5), (None, 7, 5), weights=10),
        Example((None, 7, 5), (None, 7, 5), {"axis": 1, "center": False}, weights=7),
    )


class GroupNormalization(_ScaleShift):
    """Bring groups of channels of each sample to mean 0 and variance 1, then scale and shift them.

    Input:  (batch, ..., channels)
    Output: the same
    """

    entries = (Entry("Group Norm", "组归一化", keywords=("group normalization", "instance")),)
    source = "Wu & He 2018, https://arxiv.org/abs/1803.08494"
    examples = (
        Example((None, 8, 8, 32), (None, 8, 8, 32), {"groups": 4}, weights=64),
        Example((None, 8, 6), (None, 8, 6), {"groups": -1, "scale": False}, weights=6),
    )

    groups = Int(32, minimum=-1, help="Number of groups; -1 for one channel in each.")

    def output(self, *inputs: Tensor) -> Tensor:
        tensor = super().output(*inputs)
        channels = self.known(tensor, self.axis)
        groups = channels if self.groups == -1 else self.groups
        if groups < 1 or channels % groups:
            raise Invalid(
                GROUPS,
                param="groups",
                groups=self.groups,
                count=channels,
                remedy=SetParams({"groups": gcd(channels, 32)}),
            )
        return tensor


class RMSNormalization(Layer):
    """Divide the features of each sample by their root mean square, then scale them.

    Input:  (batch, ..., features)
    Output: the same
    """

    masks = "unknown"
    category = Category.NORMALIZATION
    entries = (Entry("RMS Norm", "均方根归一化", keywords=("root mean square", "llama")),)
    source = "Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467"
    examples = (Example((None, 7, 5), (None, 7, 5), weights=5),)

    axis = Axis(-1, help="Axis of the features.")
    epsilon = Float(1e-6, minimum=0.0, help="Small number added to the mean.", advanced=True)
    trainable = Bool(True, help="Whether training changes the factor.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        if self.axis % tensor.rank != tensor.rank - 1:
            remedy = SetParams({"axis": -1})
            raise Invalid(
                NOT_LAST,
                param="axis",
                remedy=remedy,
                axis=self.axis,
                shape=shape_text(tensor.shape),
            )
        self.known(tensor, self.axis)
        return tensor

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        return {"scale": Weight((self.known(inputs[0], self.axis),), self.trainable)}

    def macs(self, *inputs: Tensor) -> Dim:
        return product((2, *inputs[0].shape[1:]))


class UnitNormalization(Layer):
    """Scale the features of each sample to length 1.

    Input:  (batch, ..., features)
    Output: the same
    """

    category = Category.NORMALIZATION
    entries = (Entry("Unit Norm", "单位归一化", keywords=("l2", "cosine")),)
    source = "https://keras.io/api/layers/normalization_layers/unit_normalization/"
    examples = (Example((None, 7, 5), (None, 7, 5)),)

    axis = Axis(-1, help="Axis of the features.")

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_axis(inputs[0], self.axis, "axis")
        return inputs[0]

    def macs(self, *inputs: Tensor) -> Dim:
        return product((2, *inputs[0].shape[1:]))
