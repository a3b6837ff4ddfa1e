"""How a learning rate changes while a network is trained: the schedules of Keras under its names,
and the two of Caffe that Keras has not. All count steps: a step is one batch.

Declaring a subclass of :class:`Schedule` is all it takes to add one; :mod:`training.compilation`
makes Keras' object of the same name, or that of :mod:`training.decays`.
"""

from __future__ import annotations

from layers.declared import Variant
from layers.params import Bool, Float, Int, Numbers


class Schedule(Variant):
    """Base of the schedules. They start at the optimizer's learning rate."""


def _decay_steps(preset: int = 10_000) -> Int:
    return Int(minimum=1, preset=preset, help="Steps after which it has fallen so far.")


class ExponentialDecay(Schedule):
    """Multiplied by a rate every so many steps: ``rate · decay_rate ^ (step / decay_steps)``."""

    decay_steps = _decay_steps()
    decay_rate = Float(minimum=0.0, preset=0.1, help="Factor for that many steps.")
    staircase = Bool(False, help="Change at once after that many steps, not little by little.")


class PiecewiseConstantDecay(Schedule):
    """One value up to each boundary, and the next one behind it.

    The learning rate of the optimizer is the first one.
    """

    boundaries = Numbers(
        whole=True, minimum=0, preset=[10_000], help="The last step of each value but the last."
    )
    learning_rates = Numbers(
        minimum=0.0, preset=[0.01, 0.001], help="One more than boundaries; `values` in Keras."
    )


class PolynomialDecay(Schedule):
    """Down to a last value along a power of the steps that are left, and then constant."""

    decay_steps = _decay_steps()
    end_learning_rate = Float(0.0001, minimum=0.0, help="The last value.")
    power = Float(1.0, minimum=0.0, help="The power; 1 for a straight line.")
    cycle = Bool(False, help="Start again, for longer each time, instead of staying there.")


class InverseTimeDecay(Schedule):
    """Divided by a growing number: ``rate / (1 + decay_rate · step / decay_steps)``."""

    decay_steps = _decay_steps()
    decay_rate = Float(minimum=0.0, preset=0.1, help="What is added to 1 for that many steps.")
    staircase = Bool(False, help="Change at once after that many steps, not little by little.")


class CosineDecay(Schedule):
    """Down along half a cosine.

    Source: Loshchilov and Hutter 2016, "SGDR: Stochastic Gradient Descent with Warm Restarts"
    """

    decay_steps = _decay_steps()
    alpha = Float(0.0, minimum=0.0, maximum=1.0, help="The last value as a share of the first.")


class InversePowerDecay(Schedule):
    """Caffe's ``inv``: ``rate · (1 + gamma · step) ^ -power``.

    Source: https://caffe.berkeleyvision.org/tutorial/solver.html
    """

    gamma = Float(minimum=0.0, preset=0.0001, help="How fast it falls.")
    power = Float(minimum=0.0, preset=0.75, help="The power.")


class SigmoidDecay(Schedule):
    """Caffe's ``sigmoid``: ``rate / (1 + exp(-gamma · (step - stepsize)))``.

    Source: https://caffe.berkeleyvision.org/tutorial/solver.html
    """

    gamma = Float(preset=-0.001, help="How steep it is; below 0 it falls.")
    stepsize = Int(minimum=0, preset=5_000, help="The step where half of the rate is left.")
