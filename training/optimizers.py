"""The optimizers of Keras under its names, with its parameters and defaults.

Declaring a subclass of :class:`Optimizer` is all it takes to add one: the form, the checks and the
Keras object follow from the class. A test compares every name and default with Keras itself.
"""

from __future__ import annotations

from layers.declared import Variant
from layers.params import Bool, Float, Nullable


class Optimizer(Variant):
    """Base of the optimizers: what all of them have."""

    learning_rate = Float(0.001, minimum=0.0, help="Size of a step against the gradient.")
    weight_decay = Nullable(
        Float(minimum=0.0, help="Share by which each weight shrinks at a step.", advanced=True)
    )
    clipnorm = Nullable(
        Float(minimum=0.0, help="Longest gradient of one weight tensor.", advanced=True)
    )
    clipvalue = Nullable(
        Float(minimum=0.0, help="Largest absolute value in a gradient.", advanced=True)
    )
    global_clipnorm = Nullable(
        Float(minimum=0.0, help="Longest gradient of all weights together.", advanced=True)
    )


def _epsilon() -> Float:
    return Float(1e-7, minimum=0.0, help="Small number that keeps divisions finite.", advanced=True)


def _beta_1(default: float = 0.9) -> Float:
    return Float(
        default, minimum=0.0, maximum=1.0, help="Decay of the mean of the gradients.", advanced=True
    )


def _beta_2(default: float = 0.999) -> Float:
    return Float(
        default,
        minimum=0.0,
        maximum=1.0,
        help="Decay of the mean of the squared gradients.",
        advanced=True,
    )


def _rho(default: float) -> Float:
    return Float(
        default, minimum=0.0, maximum=1.0, help="Decay of the mean of the squares.", advanced=True
    )


def _accumulator() -> Float:
    return Float(0.1, minimum=0.0, help="Where the sums of squares begin.", advanced=True)


class _AdamLike(Optimizer):
    """What Adam and its kin share."""

    beta_1 = _beta_1()
    beta_2 = _beta_2()
    epsilon = _epsilon()


class Adam(_AdamLike):
    """Steps scaled for each weight by the recent size of its gradient: a good first choice.

    Source: Kingma and Ba 2014, "Adam: A Method for Stochastic Optimization"
    """

    amsgrad = Bool(False, help="Never let a scale shrink again (AMSGrad).", advanced=True)


class AdamW(_AdamLike):
    """Adam whose weight decay is kept apart from the gradient.

    Source: Loshchilov and Hutter 2017, "Decoupled Weight Decay Regularization"
    """

    weight_decay = Nullable(
        Float(minimum=0.0, help="Share by which each weight shrinks at a step."), 0.004
    )
    amsgrad = Bool(False, help="Never let a scale shrink again (AMSGrad).", advanced=True)


class SGD(Optimizer):
    """Plain gradient descent, with momentum if wanted."""

    learning_rate = Float(0.01, minimum=0.0, help="Size of a step against the gradient.")
    momentum = Float(
        0.0, minimum=0.0, maximum=1.0, help="Share of the last step that is made again."
    )
    nesterov = Bool(False, help="Look ahead along the momentum (Nesterov).", advanced=True)


class RMSprop(Optimizer):
    """Steps scaled by a moving mean of the squared gradient; the usual choice for recurrent
    networks."""

    rho = _rho(0.9)
    momentum = Float(
        0.0, minimum=0.0, maximum=1.0, help="Share of the last step that is made again."
    )
    epsilon = _epsilon()
    centered = Bool(False, help="Scale by the variance instead of the square.", advanced=True)


class Adagrad(Optimizer):
    """Steps that shrink for weights that have moved much; made for sparse data.

    Source: Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning"
    """

    initial_accumulator_value = _accumulator()
    epsilon = _epsilon()


class Adadelta(Optimizer):
    """Adagrad over a moving window instead of all the past.

    Source: Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method"
    """

    rho = _rho(0.95)
    epsilon = _epsilon()


class Adamax(_AdamLike):
    """Adam scaled by the largest recent gradient.

    Source: Kingma and Ba 2014, section 7
    """


class Nadam(_AdamLike):
    """Adam with Nesterov's momentum.

    Source: Dozat 2015, "Incorporating Nesterov Momentum into Adam"
    """


class Ftrl(Optimizer):
    """Follow the regularised leader: for shallow models with many sparse features.

    Source: McMahan et al. 2013, "Ad Click Prediction: a View from the Trenches"
    """

    learning_rate_power = Float(
        -0.5, maximum=0.0, help="How fast the learning rate falls.", advanced=True
    )
    initial_accumulator_value = _accumulator()
    l1_regularization_strength = Float(0.0, minimum=0.0, help="Strength of L1.", advanced=True)
    l2_regularization_strength = Float(0.0, minimum=0.0, help="Strength of L2.", advanced=True)
    l2_shrinkage_regularization_strength = Float(
        0.0, minimum=0.0, help="Strength of L2 as a penalty on size.", advanced=True
    )
    beta = Float(0.0, minimum=0.0, help="The paper's beta.", advanced=True)


class Lion(Optimizer):
    """Steps of equal size in the direction of the momentum's sign; wants a small learning rate.

    Source: Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"
    """

    beta_1 = _beta_1()
    beta_2 = _beta_2(0.99)


class Lamb(_AdamLike):
    """Adam with a scale for each layer; made for very large batches.

    Source: You et al. 2019, "Large Batch Optimization for Deep Learning"
    """
