"""Resizing with the corners, the origin or the centres of both images on each other; a Keras class
of our own, since Keras knows the centres alone, and whole multiples or fixed sizes.
"""

from __future__ import annotations

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer
from layers.params import Choice, Ints, Nullable, Numbers
from layers.spatial import AXES
from layers.tensor import Dim, Tensor

SMALLEST, LARGEST = 1e-4, 1e4
NOTHING_LEFT = Problem(
    "shape.interpolation",
    "Nothing is left along {axis}: {size} times {scale} is less than 1.",
    "Choose a larger scale.",
)


class Interpolation2D(Layer):
    """Resize an image or map; says which places of both lie on each other.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)

    Place ``p`` of ``m`` new ones lies at ``p * (n - 1) / (m - 1)`` of ``n`` old ones with their
    corners on each other (Caffe's Interp, PyTorch's ``align_corners=True``), at ``p * n / m`` with
    their origins (TensorFlow 1, ONNX's ``asymmetric``), at ``(p + 1/2) * n / m - 1/2`` with their
    centres (Keras). *nearest* takes the place before it with origins, the nearest one otherwise.
    """

    category = Category.VISION
    package = "visualnn"
    masks = "unknown"
    entries = (
        Entry(
            "Interpolation",
            "插值",
            keywords=("resize", "Interp", "bilinear", "align_corners", "Caffe"),
        ),
    )
    input_rank = 4
    axis_names = AXES[2]
    source = (
        "https://onnx.ai/onnx/operators/onnx__Resize.html;"
        " Chen et al. 2016, https://arxiv.org/abs/1606.00915"
    )
    examples = (
        Example((None, 5, 6, 3), (None, 10, 12, 3)),
        Example((None, 4, None, 2), (None, 7, 9, 2), {"target_size": [7, 9], "align": "origin"}),
        Example(
            (None, 5, None, 3),
            (None, 2, None, 3),
            {"scale": [0.5, 0.5], "align": "centers", "interpolation": "nearest"},
        ),
        Example(
            (None, 5, 6, 1),
            (None, 9, 3, 1),
            {"target_size": [9, 3], "interpolation": "nearest"},
        ),
    )

    target_size = Nullable(Ints(2, help="New height and width; empty to take the scale."))
    scale = Numbers(
        [2.0, 2.0],
        length=2,
        minimum=SMALLEST,
        maximum=LARGEST,
        help="Factor of height and width where there is no size; sizes are rounded down.",
    )
    interpolation = Choice(("bilinear", "nearest"), "bilinear", help="How new values are made.")
    align = Choice(
        ("corners", "origin", "centers"), "corners", help="What of both images is laid together."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        sizes = self.target_size or [self._scaled(tensor, place) for place in (0, 1)]
        return tensor.with_shape((tensor.shape[0], *sizes, tensor.shape[-1]))

    def _scaled(self, tensor: Tensor, place: int) -> Dim:
        """Height (0) or width (1) times its scale. Raises Invalid."""
        dim, scale = tensor.shape[place + 1], self._scales[place]
        if dim is None:
            return None
        if dim * scale < 1:
            axis = self.axis_names[place + 1]
            raise Invalid(NOTHING_LEFT, param="scale", axis=axis, size=dim, scale=scale)
        return int(dim * scale)

    @property
    def _scales(self) -> tuple[float, float]:
        first, second = self.values["scale"]
        return first, second

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        old, new = inputs[0].shape[1:-1], self.output(*inputs).shape[1:-1]
        steps = [
            size / made if size is not None and made is not None else 1 / scale
            for size, made, scale in zip(old, new, self._scales, strict=True)
        ]
        if self.target_size is not None and None in old:
            return None
        return field.through([1 if self.interpolation == "nearest" else 2] * 2, steps)
