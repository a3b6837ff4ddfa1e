"""Images made different at random while training: colours and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Family, Layer, call_training
from layers.params import Bool, Choice, Float, Int, Ints, Nullable, Numbers
from layers.spatial import AXES
from layers.tensor import Tensor

COLOR = Family(
    "color-augmentation",
    "Color Augmentation",
    "颜色增强",
    Category.PREPROCESSING,
    ("augmentation", "random", "brightness", "contrast", "hue"),
)
SOURCE = "https://keras.io/api/layers/preprocessing_layers/image_augmentation/"
SHAPE = (None, 8, 9, 3)


NOT_RGB = Problem(
    "image.channels",
    "{layer} needs images with 3 channels; got {count}.",
    "Put it where images have their colours.",
)


NO_RANGE = Problem(
    "image.range", "value_range={range} has no extent.", "Give the lowest and the highest value."
)
LEAST_RANGE = 1e-6
"""What is less does not count as an extent: values divided by it leave what an integer can hold."""
TOO_MANY_TILES = Problem(
    "image.tiles",
    "{count} tiles along an axis of {size} pixels would be mostly border.",
    "Lower tile_grid_size.",
)


class _Image(Layer):
    """Shared ground of layers that keep an image's shape."""

    category = Category.PREPROCESSING
    input_rank = 4
    axis_names = AXES[2]
    masks = "unknown"
    source = SOURCE
    is_rgb: ClassVar[bool] = False
    examples: ClassVar[Sequence[Example]] = (Example(SHAPE, SHAPE),)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        if self.is_rgb and self.known(tensor, -1) != 3:
            raise Invalid(NOT_RGB, layer=type(self).__name__, count=tensor.shape[-1])
        low, high = self.values.get("value_range", (0, 1))
        if abs(high - low) < LEAST_RANGE:
            raise Invalid(NO_RANGE, param="value_range", range=[low, high])
        return Tensor(tensor.shape)


class _Color(_Image):
    """Shared ground of random changes of colour."""

    family = COLOR
    training_only = True
    call_params = ("training",)

    seed = Nullable(Int(minimum=0, help="Makes the choice repeatable.", advanced=True))
    training = call_training(True)


class _Ranged(_Color):
    """Shared ground of those that must know the range of the values."""

    examples: ClassVar[Sequence[Example]] = (
        Example(SHAPE, SHAPE, {"factor": [0.0, 0.2]}),
        Example(SHAPE, SHAPE, {"factor": [0.1, 0.3], "value_range": [0, 1], "seed": 4}),
    )

    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")


class RandomBrightness(_Ranged):
    """Make images brighter or darker.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    factor = Numbers(
        length=2, single=True, minimum=-1.0, maximum=1.0, preset=0.2, help="Range of the change."
    )


class RandomContrast(_Ranged):
    """Make the contrast of images stronger or weaker.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    factor = Numbers(
        length=2, single=True, minimum=0.0, maximum=1.0, preset=0.2, help="Range of the change."
    )


class RandomColorDegeneration(_Ranged):
    """Take a random part of the colour out of images.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    factor = Numbers(
        length=2, single=True, minimum=-1.0, maximum=1.0, preset=0.2, help="Part taken out."
    )


class RandomHue(_Ranged):
    """Shift the hue of images.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    factor = Numbers(
        length=2, single=True, minimum=0.0, maximum=1.0, preset=0.2, help="Range of the shift."
    )


class RandomSaturation(_Ranged):
    """Make colours stronger or weaker.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    factor = Numbers(
        length=2, single=True, minimum=-1.0, maximum=1.0, preset=0.2, help="Range of the change."
    )


class RandomSharpness(_Ranged):
    """Make images sharper or softer.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    factor = Numbers(
        length=2, single=True, minimum=0.0, maximum=1.0, preset=0.2, help="Range of the change."
    )


class RandomPosterization(_Ranged):
    """Keep only some bits of each value.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (Example(SHAPE, SHAPE, {"factor": [2, 3]}),)

    factor = Numbers(
        length=2,
        single=True,
        whole=True,
        minimum=1,
        maximum=8,
        preset=4,
        help="Number of bits that are kept.",
        unit="bit",
    )


class RandomInvert(_Ranged):
    """Turn the values of some images round.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    factor = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Part of the images turned."
    )


class RandomGrayscale(_Color):
    """Make some images grey.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    examples = (Example(SHAPE, SHAPE), Example(SHAPE, SHAPE, {"factor": 0.1}))

    factor = Float(0.5, minimum=0.0, maximum=1.0, help="Part of the images made grey.")

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(super().output(*inputs).shape, inputs[0].dtype)


class RandomColorJitter(_Ranged):
    """Change brightness, contrast, saturation and hue together.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    examples = (
        Example(SHAPE, SHAPE, {"brightness_factor": [-0.1, 0.2], "hue_factor": [0.1, 0.2]}),
    )

    brightness_factor = Nullable(
        Numbers(length=2, single=True, minimum=-1, maximum=1, help="Range of the brightness.")
    )
    contrast_factor = Nullable(
        Numbers(length=2, single=True, minimum=0, maximum=1, help="Range of the contrast.")
    )
    saturation_factor = Nullable(
        Numbers(length=2, single=True, minimum=0, maximum=1, help="Range of the saturation.")
    )
    hue_factor = Nullable(
        Numbers(length=2, single=True, minimum=0, maximum=1, help="Range of the hue.")
    )


class Solarization(_Ranged):
    """Turn values above a threshold round.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (
        Example(SHAPE, SHAPE, {"addition_factor": [0.0, 0.1], "threshold_factor": [0.1, 0.4]}),
    )

    addition_factor = Numbers(
        0.0, length=2, single=True, minimum=0, maximum=1, help="Range of what is added first."
    )
    threshold_factor = Numbers(
        0.0, length=2, single=True, minimum=0, maximum=1, help="Range of the threshold."
    )


class RandAugment(_Ranged):
    """Change images by a few operations drawn from many.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    source = "Cubuk et al. 2019, https://arxiv.org/abs/1909.13719"
    examples = (Example(SHAPE, SHAPE, {"num_ops": 1, "factor": [0.1, 0.3]}),)

    num_ops = Int(2, minimum=1, maximum=10, help="Number of operations.")
    factor = Numbers(
        0.5, length=2, single=True, minimum=0.0, maximum=1.0, help="Strength of the operations."
    )
    interpolation = Choice(("nearest", "bilinear"), "bilinear", help="How new values are made.")


class AugMix(_Ranged):
    """Mix images with several chains of operations on them.

    Input:  (batch, height, width, 3)
    Output: the same
    """

    is_rgb = True
    source = "Hendrycks et al. 2020, https://arxiv.org/abs/1912.02781"
    examples = (
        Example(
            SHAPE,
            SHAPE,
            {"num_chains": 2, "chain_depth": 1, "factor": [0.1, 0.2], "all_ops": False},
        ),
    )

    num_chains = Int(3, minimum=1, maximum=10, help="Number of chains.")
    chain_depth = Int(
        3, minimum=-1, maximum=10, help="Operations in a chain; -1 for a random number."
    )
    factor = Numbers(
        0.3, length=2, single=True, minimum=0.0, maximum=1.0, help="Strength of the operations."
    )
    alpha = Float(1.0, minimum=0.01, help="Concentration of the mixture.")
    all_ops = Bool(True, help="Whether those of colour are among the operations.")
    interpolation = Choice(("nearest", "bilinear"), "bilinear", help="How new values are made.")


class AutoContrast(_Image):
    """Spread the values of each image over the whole range.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    entries = (Entry("Auto Contrast", "自动对比度", keywords=("histogram",)),)

    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")


class ContrastLimitedAdaptiveHistogramEqualization(_Image):
    """Give each value the same share of the pixels in each tile of an image (CLAHE).

    Input:  (batch, height, width, channels)
    Output: the same
    """

    entries = (Entry("CLAHE", "限制对比度自适应直方图均衡", keywords=("histogram",)),)
    source = "Zuiderveld 1994, https://doi.org/10.1016/B978-0-12-336156-1.50061-6"
    examples = (Example((None, 16, 16, 3), (None, 16, 16, 3), {"tile_grid_size": [2, 2]}),)

    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")
    clip_limit = Float(4.0, minimum=0.0, help="Limit of the contrast.")
    tile_grid_size = Ints(2, [8, 8], help="Number of tiles in height and width.")

    def output(self, *inputs: Tensor) -> Tensor:
        made = super().output(*inputs)
        for size, count in zip(made.shape[1:3], self.tile_grid_size, strict=True):
            # The last tiles are filled with a mirror image, which is as large as the image at most.
            if size is not None and -size % count + size > 2 * size:
                raise Invalid(TOO_MANY_TILES, param="tile_grid_size", count=count, size=size)
        return Tensor(made.shape, inputs[0].dtype)
