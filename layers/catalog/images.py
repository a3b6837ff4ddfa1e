"""Bringing images to one size, as part of the network."""

from __future__ import annotations

from layers.categories import Category
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Entry, Example, Layer, call_training
from layers.params import Bool, Choice, Float, Int, Nullable
from layers.spatial import AXES
from layers.tensor import Tensor

CROP_OR_PAD = Problem(
    "preprocessing.crop_or_pad",
    "Resizing cannot both crop and pad to keep the aspect ratio.",
    "Choose one of the two.",
)
CROP_TOO_LARGE = Problem(
    "preprocessing.crop",
    "{layer} cuts {wanted} along {axis}, but the input has only {size}; it is enlarged instead.",
    "Crop less.",
)
INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


class _Sized(Layer):
    """Shared ground of layers whose output has a given height and width."""

    category = Category.PREPROCESSING
    input_rank = 4
    axis_names = AXES[2]
    masks = "unknown"

    height = Int(minimum=1, preset=224, help="Height of the output.", unit="px")
    width = Int(minimum=1, preset=224, help="Width of the output.", unit="px")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        return Tensor((tensor.shape[0], self.height, self.width, tensor.shape[-1]))


class Resizing(_Sized):
    """Bring images to a given size.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    entries = (Entry("Resizing", "调整大小", keywords=("resize", "scale image")),)
    source = "https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/"
    examples = (
        Example((None, 8, 9, 3), (None, 5, 4, 3), {"height": 5, "width": 4}),
        Example(
            (None, None, None, 3),
            (None, 5, 4, 3),
            {"height": 5, "width": 4, "interpolation": "nearest"},
        ),
        Example(
            (None, 8, 9, 1),
            (None, 5, 4, 1),
            {"height": 5, "width": 4, "crop_to_aspect_ratio": True, "antialias": True},
        ),
    )

    interpolation = Choice(INTERPOLATIONS, "bilinear", help="How new values are made.")
    crop_to_aspect_ratio = Bool(False, help="Whether borders are cut so that nothing is distorted.")
    pad_to_aspect_ratio = Bool(
        False, help="Whether borders are added so that nothing is distorted."
    )
    fill_mode = Choice(("constant",), "constant", help="How added borders look.", advanced=True)
    fill_value = Float(0.0, help="Value of added borders.", advanced=True)
    antialias = Bool(False, help="Whether shrinking takes a mean first.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            remedy = SetParams({"pad_to_aspect_ratio": False})
            raise Invalid(CROP_OR_PAD, param="pad_to_aspect_ratio", remedy=remedy)
        return Tensor(super().output(*inputs).shape, inputs[0].dtype)


class CenterCrop(_Sized):
    """Cut out the middle of images; those that are too small are enlarged first.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    entries = (Entry("Center Crop", "中心裁剪", keywords=("crop",)),)
    source = "https://keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop/"
    examples = (
        Example((None, 8, 9, 3), (None, 5, 4, 3), {"height": 5, "width": 4}),
        Example((None, 4, 4, 3), (None, 6, 8, 3), {"height": 6, "width": 8}),
    )


class RandomCrop(_Sized):
    """Cut out a random part of images while training, the middle otherwise.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    entries = (Entry("Random Crop", "随机裁剪", keywords=("augmentation",)),)
    training_differs = True
    call_params = ("training",)
    source = "https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_crop/"
    examples = (
        Example((None, 8, 9, 3), (None, 5, 4, 3), {"height": 5, "width": 4, "seed": 2}),
        Example((None, 8, 9, 3), (None, 8, 9, 3), {"height": 8, "width": 9, "seed": 3}),
    )

    seed = Nullable(Int(minimum=0, help="Makes the choice repeatable.", advanced=True))
    training = call_training(True)
