"""Noise that acts in training only and keeps a network from learning its samples by heart."""

from __future__ import annotations

from layers.categories import Category
from layers.layer import Entry, Example, Layer
from layers.params import Float, Int, Nullable, ShapeOf
from layers.tensor import Tensor


class _Noise(Layer):
    """Shared ground of the noise layers.

    Input:  (batch, ...)
    Output: the same
    """

    category = Category.NOISE
    training_only = True

    seed = Nullable(Int(help="Makes the noise repeatable.", advanced=True))

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]


class GaussianNoise(_Noise):
    """Add normal noise of mean 0 while training.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Gaussian Noise", "加性高斯噪声"),)
    source = "https://keras.io/api/layers/regularization_layers/gaussian_noise/"
    examples = (Example((None, 4, 6), (None, 4, 6), {"stddev": 0.1}),)

    stddev = Float(minimum=0.0, preset=0.1, help="Standard deviation of the noise.")


class GaussianDropout(_Noise):
    """Multiply by normal noise of mean 1 while training.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Gaussian Dropout", "乘性高斯噪声"),)
    source = "Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html"
    examples = (Example((None, 6), (None, 6), {"rate": 0.25, "seed": 4}),)

    rate = Float(
        minimum=0.0,
        maximum=1.0,
        preset=0.5,
        help="Rate r; the noise's deviation is √(r / (1 - r)).",
    )


class AlphaDropout(_Noise):
    """Drop inputs to their negative saturation while training, keeping mean and variance; goes
    with SELU.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Alpha Dropout", "Alpha Dropout"),)
    source = "Klambauer et al. 2017, https://arxiv.org/abs/1706.02515"
    examples = (Example((None, 6), (None, 6), {"rate": 0.25}),)

    rate = Float(minimum=0.0, maximum=1.0, preset=0.5, help="Part of the inputs dropped, 0 to 1.")
    noise_shape = Nullable(ShapeOf(help="Shape of the random mask, batch included.", advanced=True))
