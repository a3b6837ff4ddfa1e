"""Layers of Caffe that work on each value or channel by itself; Keras classes of our own."""

from __future__ import annotations

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Weight
from layers.params import Axis, Bool, Float, Int, Nullable, Of
from layers.tensor import Dim, Tensor, product, shape_text
from layers.variants import Constraint, Initializer, Regularizer

SOURCE = "https://caffe.berkeleyvision.org/tutorial/layers/"
TOO_MANY_AXES = Problem(
    "caffe.axes",
    "{shape} has no {count} axes from axis {axis} on.",
    "Choose fewer axes, or -1 for all that are left.",
)
BASE = Problem(
    "caffe.base",
    "base={base} is no base; it is a positive number (not 1 for a logarithm), or -1 for e.",
    "Enter -1 for e.",
)


class _Function(Layer):
    """Shared ground of functions of one value."""

    category = Category.ACTIVATION
    package = "visualnn"

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class _Exponent(_Function):
    """Shared ground of exponential and logarithm."""

    base = Float(-1.0, help="Base; -1 for e.")
    scale = Float(1.0, help="Factor of the input.")
    shift = Float(0.0, help="Number added to the input.")

    def output(self, *inputs: Tensor) -> Tensor:
        if self.base != -1 and (self.base <= 0 or (self.base == 1 and isinstance(self, Log))):
            raise Invalid(BASE, param="base", base=self.base)
        return inputs[0]


class AbsVal(_Function):
    """Take the absolute value.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Absolute Value", "绝对值", keywords=("abs", "Caffe")),)
    source = SOURCE + "absval.html"
    examples = (Example((None, 4, 6), (None, 4, 6)),)


class Power(_Function):
    """Raise to a power: ``(shift + scale · x) ^ power``.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Power", "幂", keywords=("exponent", "Caffe")),)
    source = SOURCE + "power.html"
    examples = (
        Example((None, 4, 6), (None, 4, 6), {"power": 2.0, "scale": 0.5, "shift": 1.0}),
        Example((None, 6), (None, 6)),
    )

    power = Float(1.0, help="The exponent.")
    scale = Float(1.0, help="Factor of the input.")
    shift = Float(0.0, help="Number added to the input.")


class Exp(_Exponent):
    """Raise a base to the input: ``base ^ (shift + scale · x)``.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Exp", "指数", keywords=("exponential", "Caffe")),)
    source = SOURCE + "exp.html"
    examples = (
        Example((None, 6), (None, 6)),
        Example((None, 6), (None, 6), {"base": 2.0, "scale": 0.5, "shift": 1.0}),
    )


class Log(_Exponent):
    """Take the logarithm of ``shift + scale · x``.

    Input:  (batch, ...), such that this is positive
    Output: the same
    """

    entries = (Entry("Log", "对数", keywords=("logarithm", "Caffe")),)
    source = SOURCE + "log.html"
    examples = (
        Example((None, 6), (None, 6), {"shift": 10.0}),
        Example((None, 6), (None, 6), {"base": 2.0, "scale": 0.5, "shift": 5.0}),
    )


class BNLL(_Function):
    """Take the binomial normal log likelihood, ``log(1 + exp(x))``.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("BNLL", "BNLL", keywords=("softplus", "Caffe")),)
    source = SOURCE + "bnll.html"
    examples = (Example((None, 4, 6), (None, 4, 6)),)


class Threshold(_Function):
    """Say whether a value is above a threshold: 1 or 0.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Threshold", "阈值", keywords=("step", "Caffe")),)
    source = SOURCE + "threshold.html"
    examples = (Example((None, 4, 6), (None, 4, 6), {"threshold": 0.2}),)

    threshold = Float(0.0, help="The threshold.")

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)


class _Learned(Layer):
    """Shared ground of learned numbers, one for each place of some axes."""

    category = Category.ACTIVATION
    package = "visualnn"

    axis = Axis(-1, help="First axis that has numbers of its own.")
    num_axes = Int(1, minimum=-1, maximum=7, help="How many axes do; -1 for all that follow.")

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        """Shape of the learned numbers. Raises Invalid."""
        self.check_axis(tensor, self.axis, "axis")
        first = self.axis % tensor.rank
        last = tensor.rank if self.num_axes == -1 else first + self.num_axes
        if last > tensor.rank:
            shape = shape_text(tensor.shape)
            raise Invalid(
                TOO_MANY_AXES, param="num_axes", shape=shape, count=self.num_axes, axis=self.axis
            )
        return tuple(self.known(tensor, axis) for axis in range(first, last))

    def output(self, *inputs: Tensor) -> Tensor:
        self.shape(inputs[0])
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class Scale(_Learned):
    """Multiply each channel by a learned factor, and add a learned shift where wanted.

    Input:  (batch, ..., channels)
    Output: the same
    """

    entries = (Entry("Scale", "缩放系数", keywords=("gamma", "Caffe")),)
    source = SOURCE + "scale.html"
    examples = (
        Example((None, 6, 5, 3), (None, 6, 5, 3), weights=3),
        Example((None, 5, 3), (None, 5, 3), {"bias_term": True, "axis": 1, "num_axes": -1}, 30),
    )

    bias_term = Bool(False, help="Whether a learned shift (beta) is added.")
    gamma_initializer = Of(Initializer, "Ones", help="How gamma starts.")
    beta_initializer = Of(Initializer, "Zeros", help="How beta starts.")
    gamma_regularizer = Nullable(Of(Regularizer, help="Penalty on gamma."))
    beta_regularizer = Nullable(Of(Regularizer, help="Penalty on beta."))
    gamma_constraint = Nullable(Of(Constraint, help="Limit on gamma."))
    beta_constraint = Nullable(Of(Constraint, help="Limit on beta."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        weight = Weight(self.shape(inputs[0]), self.trainable)
        return {"gamma": weight, "beta": weight} if self.bias_term else {"gamma": weight}

    def macs(self, *inputs: Tensor) -> Dim:
        return product(inputs[0].shape[1:])


class Bias(_Learned):
    """Add a learned number to each channel.

    Input:  (batch, ..., channels)
    Output: the same
    """

    entries = (Entry("Bias", "偏置", keywords=("shift", "Caffe")),)
    source = SOURCE + "bias.html"
    examples = (
        Example((None, 6, 5, 3), (None, 6, 5, 3), weights=3),
        Example((None, 5, 3), (None, 5, 3), {"axis": 1}, 5),
    )

    bias_initializer = Of(Initializer, "Zeros", help="How the numbers start.")
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the numbers."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the numbers."))
    trainable = Bool(True, help="Whether training changes the numbers.", advanced=True)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        return {"bias": Weight(self.shape(inputs[0]), self.trainable)}
