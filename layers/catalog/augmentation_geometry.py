"""Images made different at random while training: place and form."""

from __future__ import annotations

from typing import Any

from layers.catalog.augmentation_color import SHAPE, SOURCE
from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Example, Family, Layer, call_training
from layers.params import Choice, Float, Int, Nullable, Numbers
from layers.spatial import AXES
from layers.tensor import Tensor, shape_text

GEOMETRY = Family(
    "geometric-augmentation",
    "Geometric Augmentation",
    "几何增强",
    Category.PREPROCESSING,
    ("augmentation", "random", "flip", "rotate", "zoom", "shift"),
)


EVEN_BLUR = Problem("image.blur", "kernel_size={sizes} has no middle.", "Choose odd numbers.")


ONE_LINE = Problem(
    "image.line",
    "An image of {shape} has no four corners to move.",
    "Remove it, or give it images of two pixels or more each way.",
)


class _Geometry(Layer):
    """Shared ground of random changes of form."""

    category = Category.PREPROCESSING
    family = GEOMETRY
    input_rank = 4
    axis_names = AXES[2]
    masks = "unknown"
    training_only = True
    call_params = ("training",)
    source = SOURCE

    seed = Nullable(Int(minimum=0, help="Makes the choice repeatable.", advanced=True))
    training = call_training(True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        return Tensor(tensor.shape)


class _Interpolated(_Geometry):
    """Shared ground of changes that make new values between the old ones."""

    interpolation = Choice(("nearest", "bilinear"), "bilinear", help="How new values are made.")
    fill_value = Float(0.0, help="Value of borders, where they are constant.", advanced=True)


class _Filled(_Interpolated):
    """Shared ground of changes that leave borders to fill."""

    fill_mode = Choice(
        ("reflect", "wrap", "constant", "nearest"), "reflect", help="How borders are filled."
    )


class RandomFlip(_Geometry):
    """Mirror some images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (Example(SHAPE, SHAPE), Example(SHAPE, SHAPE, {"mode": "horizontal", "seed": 1}))

    mode = Choice(
        ("horizontal_and_vertical", "horizontal", "vertical"),
        "horizontal_and_vertical",
        help="In which direction.",
    )


class RandomRotation(_Filled):
    """Turn images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (
        Example(SHAPE, SHAPE, {"factor": [-0.1, 0.1]}),
        Example(SHAPE, SHAPE, {"factor": [-0.1, 0.2], "fill_mode": "constant"}),
    )

    factor = Numbers(
        length=2,
        single=True,
        minimum=-1.0,
        maximum=1.0,
        preset=0.1,
        help="Range of the angle, 1 for a full turn.",
    )


class RandomTranslation(_Filled):
    """Shift images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (Example(SHAPE, SHAPE, {"height_factor": [0.1, 0.1], "width_factor": [-0.1, 0.2]}),)

    height_factor = Numbers(
        length=2,
        single=True,
        minimum=-1.0,
        maximum=1.0,
        preset=0.1,
        help="Range of the shift, as a part of the height.",
    )
    width_factor = Numbers(
        length=2,
        single=True,
        minimum=-1.0,
        maximum=1.0,
        preset=0.1,
        help="Range of the shift, as a part of the width.",
    )


class RandomZoom(_Filled):
    """Enlarge or shrink what is in images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (
        Example(SHAPE, SHAPE, {"height_factor": [0.1, 0.1]}),
        Example(SHAPE, SHAPE, {"height_factor": [-0.2, 0.1], "width_factor": [0.1, 0.1]}),
    )

    height_factor = Numbers(
        length=2,
        single=True,
        minimum=-0.99,
        maximum=1.0,
        preset=0.1,
        help="Range of the change of height; below 0 enlarges.",
    )
    width_factor = Nullable(
        Numbers(
            length=2,
            single=True,
            minimum=-0.99,
            maximum=1.0,
            help="Range of the change of width; empty keeps the proportions.",
        )
    )


class RandomShear(_Filled):
    """Slant images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (Example(SHAPE, SHAPE, {"x_factor": 0.1, "y_factor": [0.1, 0.2]}),)

    x_factor = Numbers(
        0.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Range of the slant sideways."
    )
    y_factor = Numbers(
        0.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Range of the slant upwards."
    )

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        # Keras writes a number as a range around 0, which it then refuses to read.
        for name in ("x_factor", "y_factor"):
            match config.get(name):
                case [int() | float() as low, int() | float() as high] if low < 0:
                    config[name] = max(-low, high)
        return config


class RandomPerspective(_Interpolated):
    """Show images as if from another place.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (Example(SHAPE, SHAPE, {"factor": [0.5, 0.5], "scale": 0.3}),)

    factor = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Part of the images changed."
    )
    scale = Float(1.0, minimum=0.0, maximum=1.0, help="How far corners move.")

    def output(self, *inputs: Tensor) -> Tensor:
        made = super().output(*inputs)
        if 1 in made.shape[1:3]:
            raise Invalid(ONE_LINE, shape=shape_text(made.shape))
        return made


class RandomElasticTransform(_Filled):
    """Distort images as if they were on rubber.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    source = "Simard et al. 2003, https://doi.org/10.1109/ICDAR.2003.1227801"
    examples = (Example(SHAPE, SHAPE, {"factor": [0.5, 0.5], "scale": [0.1, 0.3]}),)

    factor = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Part of the images changed."
    )
    scale = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Strength of the distortion."
    )
    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")


class RandomErasing(_Geometry):
    """Erase a rectangle of some images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    source = "Zhong et al. 2017, https://arxiv.org/abs/1708.04896"
    examples = (
        Example(SHAPE, SHAPE, {"factor": [0.5, 0.6]}),
        Example(SHAPE, SHAPE, {"factor": [0.0, 1.0], "fill_value": 1.0}),
    )

    factor = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Part of the images changed."
    )
    scale = Numbers(
        (0.02, 0.33),
        length=2,
        single=True,
        minimum=0.0,
        maximum=1.0,
        help="Part of the image's area that is erased.",
    )
    fill_value = Nullable(Float(help="Value of the rectangle; empty for noise."))
    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")


class RandomGaussianBlur(_Geometry):
    """Blur some images.

    Input:  (batch, height, width, channels)
    Output: the same
    """

    examples = (
        Example(SHAPE, SHAPE, {"factor": [0.0, 1.0], "kernel_size": [3, 5], "sigma": [0.1, 0.5]}),
    )

    factor = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Part of the images changed."
    )
    kernel_size = Numbers(
        3, length=2, single=True, whole=True, minimum=1, maximum=1023, help="Size of the window."
    )
    sigma = Numbers(
        1.0, length=2, single=True, minimum=0.0, maximum=1.0, help="Strength of the blur."
    )
    value_range = Numbers((0, 255), length=2, help="Lowest and highest value of a pixel.")

    def output(self, *inputs: Tensor) -> Tensor:
        given = self.values["kernel_size"]
        sizes = given if isinstance(given, tuple) else (given,)
        if any(size % 2 == 0 for size in sizes):
            raise Invalid(EVEN_BLUR, param="kernel_size", sizes=given)
        return super().output(*inputs)
