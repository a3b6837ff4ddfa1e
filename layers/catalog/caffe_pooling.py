"""Pooling as Caffe does it, with sizes rounded up; Keras classes of our own."""

from __future__ import annotations

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, call_training
from layers.params import Choice, Int, Ints, Nullable
from layers.spatial import AXES
from layers.tensor import Dim, Tensor

SOURCE = "https://caffe.berkeleyvision.org/tutorial/layers/"
POOLS = ("MAX", "AVE", "STOCHASTIC")
PAD_TOO_LARGE = Problem(
    "pool.pad", "pad={pad} is not smaller than the window of {window}.", "Pad less."
)
STOCHASTIC_PAD = Problem(
    "pool.stochastic", "Stochastic pooling knows no border; pad is {pad}.", "Set pad to 0."
)
WINDOW = Problem(
    "pool.window",
    "A window of {window} is longer than the input of {size} with a border of {pad}.",
    "Make the window smaller.",
)
PYRAMID = Problem(
    "pool.pyramid",
    "A pyramid of {height} levels cuts {bins} parts along {axis}, but the input has only {size}.",
    "Choose fewer levels.",
)


class CaffePooling2D(Layer):
    """Keep the largest, the mean or a random value of each window; sizes are rounded up.

    Input:  (batch, height, width, channels)
    Output: (batch, new_height, new_width, channels)
    """

    category = Category.VISION
    package = "visualnn"
    masks = "unknown"
    training_differs = True
    call_params = ("training",)
    entries = (Entry("Caffe Pool", "Caffe池化层", keywords=("ceil", "stochastic", "pooling")),)
    input_rank = 4
    axis_names = AXES[2]
    source = SOURCE + "pooling.html; Zeiler & Fergus 2013, https://arxiv.org/abs/1301.3557"
    examples = (
        Example((None, 6, 7, 3), (None, 3, 3, 3), {"kernel_size": 3, "strides": 2}),
        Example(
            (None, 7, 7, 3),
            (None, 4, 4, 3),
            {"kernel_size": 3, "strides": 2, "pad": 1, "pool": "AVE"},
        ),
        Example((None, 6, 5, 2), (None, 3, 3, 2), {"strides": 2, "pool": "STOCHASTIC", "seed": 1}),
        Example(
            (None, 6, 6, 3),
            (None, 2, 2, 3),
            {"kernel_size": 3, "strides": 2, "round_mode": "FLOOR"},
        ),
    )

    kernel_size = Ints(2, 2, help="Height and width of the window.")
    strides = Ints(2, 1, help="Step between windows.")
    pad = Ints(2, 0, minimum=0, help="Width of the border on each side.")
    pool = Choice(POOLS, "MAX", help="What is kept of a window.")
    round_mode = Choice(("CEIL", "FLOOR"), "CEIL", help="Whether a window may hang over the end.")
    seed = Nullable(Int(minimum=0, help="Makes the choice repeatable.", advanced=True))
    training = call_training(False)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        for pad, window in zip(self.pad, self.kernel_size, strict=True):
            if pad >= window:
                raise Invalid(PAD_TOO_LARGE, param="pad", pad=pad, window=window)
        if self.pool == "STOCHASTIC" and any(self.pad):
            raise Invalid(STOCHASTIC_PAD, param="pad", pad=self.pad)
        sizes: list[Dim] = []
        axes = zip((1, 2), self.kernel_size, self.strides, self.pad, strict=True)
        for axis, window, step, pad in axes:
            sizes.append(windows(self.known(tensor, axis), window, step, pad, self.round_mode))
        return tensor.with_shape((tensor.shape[0], *sizes, tensor.shape[-1]))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field.through(self.kernel_size, self.strides)


def windows(size: int, window: int, step: int, pad: int, round_mode: str = "CEIL") -> int:
    """Number of windows along an axis. Raises Invalid. Source: Caffe's pooling_layer.cpp."""
    rest = size + 2 * pad - window
    if rest < 0:
        raise Invalid(WINDOW, param="kernel_size", window=window, size=size, pad=pad)
    count = (-(-rest // step) if round_mode == "CEIL" else rest // step) + 1
    if pad and (count - 1) * step >= size + pad:
        count -= 1
    return count


class SPP(Layer):
    """Pool into 1, 4, 16, ... parts and join them all: a vector of one length for every image.

    Input:  (batch, height, width, channels)
    Output: (batch, channels * parts)
    """

    category = Category.VISION
    package = "visualnn"
    masks = "unknown"
    entries = (Entry("SPP", "空间金字塔池化", keywords=("spatial pyramid pooling", "Caffe")),)
    input_rank = 4
    axis_names = AXES[2]
    source = "He et al. 2014, https://arxiv.org/abs/1406.4729"
    examples = (
        Example((None, 8, 8, 3), (None, 63), {"pyramid_height": 3}),
        Example((None, 7, 6, 2), (None, 10), {"pyramid_height": 2, "pool": "AVE"}),
    )

    pyramid_height = Int(minimum=1, maximum=10, preset=3, help="Number of levels.")
    pool = Choice(POOLS[:2], "MAX", help="What is kept of a part.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        channels = self.known(tensor, -1)
        for axis in (1, 2):
            size = self.known(tensor, axis)
            for level in range(self.pyramid_height):
                bins = 2**level
                window = -(-size // bins)
                pad = (window * bins - size + 1) // 2
                if pad >= window or windows(size, window, window, pad) != bins:
                    raise Invalid(
                        PYRAMID,
                        param="pyramid_height",
                        height=self.pyramid_height,
                        bins=bins,
                        axis=self.axis_names[axis],
                        size=size,
                    )
        parts = sum(4**level for level in range(self.pyramid_height))
        return Tensor((tensor.shape[0], channels * parts))
