"""Noise that acts in training only and keeps a network from learning its samples by heart."""

from __future__ import annotations

from typing import Any, ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Effect, Entry, Example, Family, Layer, call_training
from layers.params import Float, Int, Nullable, ShapeOf
from layers.spatial import AXES
from layers.tensor import Shape, Tensor, shape_text

SPATIAL_DROPOUT = Family(
    "spatial-dropout", "Spatial Dropout", "空间舍弃", Category.NOISE, ("channels", "feature maps")
)

NOISE_SHAPE = Problem(
    "dropout.noise_shape",
    "A mask of {noise_shape} does not stretch over {shape}.",
    "Give each axis its size, or 1 where it shares a choice; leave the batch empty.",
)


def check_noise_shape(noise_shape: Shape | None, tensor: Tensor) -> None:
    """Refuse a mask that does not stretch over a tensor. Raises Invalid."""
    if noise_shape is None:
        return
    axes = zip(reversed(noise_shape), reversed(tensor.shape), strict=False)
    if len(noise_shape) > tensor.rank or any(dim not in (None, 1, size) for dim, size in axes):
        raise Invalid(
            NOISE_SHAPE,
            param="noise_shape",
            noise_shape=shape_text(noise_shape),
            shape=shape_text(tensor.shape),
            remedy=SetParams({"noise_shape": None}),
        )


class _Noise(Layer):
    """Shared ground of the noise layers.

    Input:  (batch, ...)
    Output: the same
    """

    effect: ClassVar[Effect] = "maps"
    category = Category.NOISE
    training_only = True
    call_params = ("training",)

    seed = Nullable(Int(help="Makes the noise repeatable.", advanced=True))
    training = call_training(False)

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


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

    def output(self, *inputs: Tensor) -> Tensor:
        check_noise_shape(self.noise_shape, inputs[0])
        return inputs[0]


class _SpatialDropout(_Noise):
    """Shared ground of dropping whole channels."""

    family = SPATIAL_DROPOUT

    rate = Float(minimum=0.0, maximum=1.0, preset=0.2, help="Part of the channels set to zero.")

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_rank(inputs[0])
        return inputs[0]

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        # Keras' constructor does not take what every other layer takes.
        return {name: value for name, value in config.items() if name != "trainable"}


class SpatialDropout1D(_SpatialDropout):
    """Set whole channels of a sequence to zero while training.

    Input:  (batch, steps, channels)
    Output: the same
    """

    input_rank = 3
    axis_names = AXES[1]
    source = "Tompson et al. 2014, https://arxiv.org/abs/1411.4280"
    examples = (Example((None, 7, 4), (None, 7, 4), {"rate": 0.3}),)


class SpatialDropout2D(_SpatialDropout):
    """Set whole channels of an image to zero while training.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    input_rank = 4
    axis_names = AXES[2]
    source = "Tompson et al. 2014, https://arxiv.org/abs/1411.4280"
    examples = (Example((None, 7, 6, 4), (None, 7, 6, 4), {"rate": 0.3}),)


class SpatialDropout3D(_SpatialDropout):
    """Set whole channels of a volume to zero while training.

    Input:  (batch, depth, height, width, channels)
    Output: the same
    """

    input_rank = 5
    axis_names = AXES[3]
    source = "Tompson et al. 2014, https://arxiv.org/abs/1411.4280"
    examples = (Example((None, 3, 7, 6, 4), (None, 3, 7, 6, 4), {"rate": 0.3}),)
