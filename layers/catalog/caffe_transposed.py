"""Transposed convolution as Caffe does it; a Keras class of our own."""

from __future__ import annotations

from layers.catalog.activation import ACTIVATIONS
from layers.catalog.convolution import GROUPS
from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Entry, Example, Layer, Weight
from layers.params import Bool, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

CUT_AWAY = Problem(
    "conv.cut_away",
    "pad={pad} cuts {size} to nothing along {axis}.",
    "Pad less.",
)


class CaffeConv2DTranspose(Layer):
    """Spread each pixel over a learned window, in groups of channels, and cut a border off.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, filters)
    """

    category = Category.VISION
    package = "visualnn"
    masks = "unknown"
    entries = (
        Entry(
            "Caffe Deconvolution", "Caffe反卷积", keywords=("transposed", "upsampling", "groups")
        ),
    )
    input_rank = 4
    axis_names = AXES[2]
    source = "https://caffe.berkeleyvision.org/tutorial/layers/deconvolution.html"
    examples = (
        Example(
            (None, 5, 4, 3),
            (None, 10, 8, 3),
            {"filters": 3, "kernel_size": 4, "pad": 1, "groups": 3, "use_bias": False}
            | {"bilinear": True},
            weights=48,
        ),
        Example((None, None, 4, 4), (None, None, 9, 6), {"filters": 6, "groups": 2}, weights=114),
        Example(
            (None, 5, 5, 2),
            (None, 11, 11, 3),
            {"filters": 3, "dilation_rate": 2, "pad": 1, "activation": "relu"},
            weights=57,
        ),
    )

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    kernel_size = Ints(2, 3, help="Height and width of the window.")
    strides = Ints(2, 2, help="Factor by which each axis grows.")
    pad = Ints(2, 0, minimum=0, help="Rows and columns that are cut off on each side.")
    dilation_rate = Ints(2, 1, help="Step between the pixels of a window.", advanced=True)
    groups = Int(1, minimum=1, help="Groups of channels that do not see each other.")
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    use_bias = Bool(True, help="Whether a learned value is added to each channel.")
    bilinear = Bool(False, help="Whether the kernel starts as that of bilinear interpolation.")
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernel starts otherwise.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernel."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernel."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        channels = self.known(tensor, -1)
        for what, count in (("filters", self.filters), ("channels", channels)):
            if count % self.groups:
                raise Invalid(
                    GROUPS,
                    param="groups",
                    groups=self.groups,
                    what=what,
                    count=count,
                    remedy=SetParams({"groups": 1}),
                )
        sizes = [self._size(place, dim) for place, dim in enumerate(tensor.shape[1:3])]
        return Tensor((tensor.shape[0], *sizes, self.filters))

    def _size(self, place: int, size: Dim) -> Dim:
        """Size of an axis afterwards. Source: Caffe's deconv_layer.cpp."""
        if size is None:
            return None
        window = self.dilation_rate[place] * (self.kernel_size[place] - 1) + 1
        whole = self.strides[place] * (size - 1) + window
        if whole <= 2 * self.pad[place]:
            axis = self.axis_names[place + 1]
            raise Invalid(CUT_AWAY, param="pad", pad=self.pad[place], size=whole, axis=axis)
        return whole - 2 * self.pad[place]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        windows = zip(self.kernel_size, self.strides, strict=True)
        spans = [-(-length // step) for length, step in windows]
        return field.through(spans, [1 / step for step in self.strides])

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        channels = self.known(inputs[0], -1)
        kernel = (*self.kernel_size, self.filters // self.groups, channels)
        made = {"kernel": Weight(kernel, self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((self.filters,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        # Every input value meets every weight of its channel once.
        return product((*inputs[0].shape[1:], *self.kernel_size, self.filters // self.groups))
