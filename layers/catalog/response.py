"""Normalization by neighbours and by the whole image, as Caffe has it; Keras classes of our own."""

from __future__ import annotations

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Entry, Example, Layer
from layers.params import Bool, Choice, Float, Int
from layers.tensor import Dim, Tensor, product

EVEN = Problem(
    "normalization.local_size",
    "local_size={size} has no middle.",
    "Choose an odd number.",
)


class LRN(Layer):
    """Divide each value by a measure of its neighbours: ``x / (k + alpha/n · Σ x²)^beta``.

    The n neighbours are local_size channels, or a square of that side within the channel.

    Input:  (batch, ..., channels); (batch, height, width, channels) within the channel
    Output: the same
    """

    category = Category.NORMALIZATION
    package = "visualnn"
    masks = "unknown"
    entries = (Entry("LRN", "局部响应归一化", keywords=("local response normalization",)),)
    axis_names = ("batch", "height", "width", "channels")
    source = "Krizhevsky et al. 2012, https://doi.org/10.1145/3065386, section 3.3"
    examples = (
        Example((None, 6, 5, 8), (None, 6, 5, 8)),
        Example(
            (None, 6, 5, 2),
            (None, 6, 5, 2),
            {"local_size": 3, "alpha": 0.5, "norm_region": "WITHIN_CHANNEL"},
        ),
        Example((None, 7), (None, 7), {"k": 2.0, "alpha": 1e-4}),
    )

    local_size = Int(5, minimum=1, maximum=1001, help="Number of channels, or side of the square.")
    alpha = Float(1.0, help="Factor of the mean square of the neighbours.")
    beta = Float(0.75, help="Exponent.")
    k = Float(1.0, help="Number added to the mean square.")
    norm_region = Choice(
        ("ACROSS_CHANNELS", "WITHIN_CHANNEL"), "ACROSS_CHANNELS", help="Where neighbours are."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        if self.local_size % 2 == 0:
            remedy = SetParams({"local_size": self.local_size + 1})
            raise Invalid(EVEN, param="local_size", size=self.local_size, remedy=remedy)
        if self.norm_region == "WITHIN_CHANNEL":
            self.check_least(tensor, 4)
            if tensor.rank > 4:
                return self.as_image(tensor)
        else:
            self.check_least(tensor, 2)
            self.known(tensor, -1)
        return tensor

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        if self.norm_region == "ACROSS_CHANNELS":
            return field
        axes = len(field.size)
        return field.through([self.local_size] * axes, [1] * axes)

    def as_image(self, tensor: Tensor) -> Tensor:
        """Refuse what is no image. Raises Invalid."""
        from layers.layer import WRONG_RANK
        from layers.tensor import shape_text

        raise Invalid(
            WRONG_RANK,
            layer="LRN",
            expected=4,
            axes=f"({', '.join(self.axis_names)})",
            actual=tensor.rank,
            shape=shape_text(tensor.shape),
        )

    def macs(self, *inputs: Tensor) -> Dim:
        neighbours = self.local_size ** (1 if self.norm_region == "ACROSS_CHANNELS" else 2)
        return product((neighbours + 2, *inputs[0].shape[1:]))


class MVN(Layer):
    """Bring each channel of each sample to mean 0 and, where wanted, variance 1.

    Input:  (batch, ..., channels)
    Output: the same
    """

    category = Category.NORMALIZATION
    package = "visualnn"
    masks = "unknown"
    entries = (Entry("MVN", "均值方差归一化", keywords=("mean variance", "instance", "Caffe")),)
    source = "https://caffe.berkeleyvision.org/tutorial/layers/mvn.html"
    examples = (
        Example((None, 6, 5, 3), (None, 6, 5, 3)),
        Example((None, 6, 5, 3), (None, 6, 5, 3), {"across_channels": True}),
        Example((None, 7, 3), (None, 7, 3), {"normalize_variance": False}),
    )

    normalize_variance = Bool(True, help="Whether values are divided by their deviation.")
    across_channels = Bool(False, help="Whether all channels share one mean.")
    eps = Float(1e-9, minimum=0.0, help="Small number added to the deviation.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_least(inputs[0], 2 if self.across_channels else 3)
        return inputs[0]

    def macs(self, *inputs: Tensor) -> Dim:
        return product((2, *inputs[0].shape[1:]))
