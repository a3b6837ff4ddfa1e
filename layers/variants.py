"""Initializers, regularizers and constraints: parameters of layers that have parameters of their
own.

Class names and parameters are Keras'.
"""

from __future__ import annotations

from layers.declared import Variant
from layers.params import Axis, Choice, Float, Int, Nullable


class Initializer(Variant):
    """How weights start."""


class Zeros(Initializer):
    """All zeros."""


class Ones(Initializer):
    """All ones."""


class Constant(Initializer):
    """One value everywhere."""

    value = Float(0.0, help="The value.")


class _Random(Initializer):
    """Shared ground of the random initializers."""

    seed = Nullable(Int(help="Makes the random values repeatable.", advanced=True))


class GlorotUniform(_Random):
    """Uniform within √(6 / (fan_in + fan_out)). Glorot & Bengio 2010."""


class GlorotNormal(_Random):
    """Truncated normal with variance 2 / (fan_in + fan_out). Glorot & Bengio 2010."""


class HeUniform(_Random):
    """Uniform within √(6 / fan_in); for ReLU. He et al. 2015."""


class HeNormal(_Random):
    """Truncated normal with variance 2 / fan_in; for ReLU. He et al. 2015."""


class LecunUniform(_Random):
    """Uniform within √(3 / fan_in). LeCun et al. 1998."""


class LecunNormal(_Random):
    """Truncated normal with variance 1 / fan_in; for SELU. Klambauer et al. 2017."""


class RandomUniform(_Random):
    """Uniform between two limits."""

    minval = Float(-0.05, help="Lower limit.")
    maxval = Float(0.05, help="Upper limit.")


class RandomNormal(_Random):
    """Normal."""

    mean = Float(0.0, help="Mean.")
    stddev = Float(0.05, minimum=0.0, help="Standard deviation.")


class TruncatedNormal(_Random):
    """Normal, values beyond two standard deviations drawn again."""

    mean = Float(0.0, help="Mean.")
    stddev = Float(0.05, minimum=0.0, help="Standard deviation.")


class VarianceScaling(_Random):
    """Scales with the number of inputs, outputs, or their mean."""

    scale = Float(1.0, minimum=1e-12, help="Factor of the variance.")
    mode = Choice(("fan_in", "fan_out", "fan_avg"), "fan_in", help="What the variance divides by.")
    distribution = Choice(
        ("truncated_normal", "untruncated_normal", "uniform"),
        "truncated_normal",
        help="Shape of the distribution.",
    )


class Orthogonal(_Random):
    """A random orthogonal matrix; for recurrent weights. Saxe et al. 2013."""

    gain = Float(1.0, help="Factor.")


class Identity(Initializer):
    """The identity matrix; for two-dimensional weights only."""

    gain = Float(1.0, help="Factor.")


class Regularizer(Variant):
    """A penalty on weights or outputs that is added to the loss."""


class L1(Regularizer):
    """Sum of absolute values."""

    l1 = Float(0.01, minimum=0.0, help="Factor.")


class L2(Regularizer):
    """Sum of squares."""

    l2 = Float(0.01, minimum=0.0, help="Factor.")


class L1L2(Regularizer):
    """Sum of absolute values and squares."""

    l1 = Float(0.0, minimum=0.0, help="Factor of the absolute values.")
    l2 = Float(0.0, minimum=0.0, help="Factor of the squares.")


class OrthogonalRegularizer(Regularizer):
    """Pushes rows or columns of a matrix towards orthogonality."""

    factor = Float(0.01, minimum=0.0, help="Strength.")
    mode = Choice(("rows", "columns"), "rows", help="What is to be orthogonal.")


class Constraint(Variant):
    """A limit that weights are projected to after each step."""


class NonNeg(Constraint):
    """No weight below zero."""


class _Norm(Constraint):
    """Shared ground of the constraints of norms."""

    axis = Axis(0, help="Axis along which norms are taken.")


class MaxNorm(_Norm):
    """Norms at most a limit. Srivastava et al. 2014."""

    max_value = Float(2.0, minimum=0.0, help="Largest norm.")


class UnitNorm(_Norm):
    """Norms of exactly one."""


class MinMaxNorm(_Norm):
    """Norms between two limits."""

    min_value = Float(0.0, minimum=0.0, help="Smallest norm.")
    max_value = Float(1.0, minimum=0.0, help="Largest norm.")
    rate = Float(1.0, minimum=0.0, maximum=1.0, help="How strictly, from 0 to 1.")
