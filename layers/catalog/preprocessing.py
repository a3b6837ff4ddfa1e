"""Preparing numbers: scaling, normalizing by known statistics, sorting into bins, encoding."""

from __future__ import annotations

from typing import Any, ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Masks, Weight
from layers.params import Axes, Bool, Choice, Float, Int, Nullable, Numbers
from layers.tensor import Dim, Shape, Tensor, shape_text

STATISTICS = Problem(
    "preprocessing.statistics",
    "mean and variance fit the axes {axis} of {shape} only as one number or as {expected}.",
    "Give both, with one number for each channel, or neither to learn them with adapt().",
)
BROADCAST = Problem(
    "preprocessing.broadcast",
    "{param} has {count} numbers; the last axis of {shape} has {size}.",
    "Give one number, or one for each channel.",
)
BINS = Problem(
    "preprocessing.bins",
    "Discretization needs either bin_boundaries or num_bins.",
    "Set one of them and leave the other empty.",
)
AXIS_TWICE = Problem(
    "preprocessing.axis_twice", "axis={axis} names an axis twice.", "Name each axis once."
)
UNSORTED = Problem(
    "preprocessing.unsorted", "bin_boundaries go up and down.", "Sort them, the lowest first."
)
COLUMNS = Problem(
    "preprocessing.columns",
    "HashedCrossing needs inputs of one shape, (batch) or (batch, 1); got {shapes}.",
    "Split the columns first.",
)
RANK_TWO = Problem(
    "preprocessing.rank",
    "{layer} encodes at most (batch, values) with {mode}; got {shape}.",
    "Choose the mode one_hot, or flatten the input.",
)


class _Preparation(Layer):
    """Shared ground of the layers that prepare data."""

    category = Category.PREPROCESSING
    masks: ClassVar[Masks] = "unknown"


class Rescaling(_Preparation):
    """Multiply and shift: ``input · scale + offset``; 1/255 brings bytes to the range 0 to 1.

    Input:  (batch, ...)
    Output: the same
    """

    entries = (Entry("Rescaling", "缩放", keywords=("scale", "normalize", "255")),)
    masks = "pass"
    source = "https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/"
    examples = (
        Example((None, 28, 28, 1), (None, 28, 28, 1), {"scale": 1 / 255}),
        Example((None, 8, 3), (None, 8, 3), {"scale": [1, 2, 3], "offset": [0.5, 0, 0]}),
        Example((None, 4), (None, 4), {"scale": 2.0, "offset": -1.0}, dtype="uint8"),
    )

    scale = Numbers(single=True, preset=1 / 255, help="Factor, or one for each channel.")
    offset = Numbers(0.0, single=True, help="Shift, or one for each channel.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        for param in ("scale", "offset"):
            value = self.values[param]
            if isinstance(value, tuple):
                size = tensor.shape[-1] if tensor.rank > 1 else None
                # A list longer than an axis of size one would change the shape.
                if tensor.rank < 2 or (len(value) != 1 and size not in (None, len(value))):
                    raise Invalid(
                        BROADCAST,
                        param=param,
                        count=len(value),
                        shape=shape_text(tensor.shape),
                        size=size,
                    )
        return Tensor(tensor.shape)

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class Normalization(_Preparation):
    """Bring values to mean 0 and variance 1 by statistics that are given, or learnt by adapt().

    Input:  (batch, ..., channels)
    Output: the same
    """

    entries = (Entry("Normalization", "标准化", keywords=("standardize", "z-score", "adapt")),)
    masks = "pass"
    source = "https://keras.io/api/layers/preprocessing_layers/numerical/normalization/"
    examples = (
        Example((None, 5, 3), (None, 5, 3), weights=7),
        Example((None, 3), (None, 3), {"mean": 0.5, "variance": 0.25, "invert": True}),
        Example((None, 4, 3), (None, 4, 3), {"mean": [1, 2, 3], "variance": [1, 1, 4]}),
        Example((None, 4, 3), (None, 4, 3), {"axis": [1, 2]}, weights=25),
    )

    axis = Nullable(Axes(help="Axes with statistics of their own; empty for one of all."), [-1])
    mean = Nullable(Numbers(single=True, help="Mean, or one for each channel."))
    variance = Nullable(
        Numbers(single=True, minimum=0.0, help="Variance, or one for each channel.")
    )
    invert = Bool(False, help="Whether to undo the normalization instead.", advanced=True)

    def kept(self, tensor: Tensor) -> tuple[int, ...]:
        """Sizes of the axes with statistics of their own. Raises Invalid."""
        places = set()
        for axis in self.axis or ():
            self.check_axis(tensor, axis, "axis")
            if axis % tensor.rank in places:
                raise Invalid(AXIS_TWICE, param="axis", axis=self.axis)
            places.add(axis % tensor.rank)
        return tuple(self.known(tensor, place) for place in sorted(places))

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        kept = self.kept(tensor)
        counts = {_count(value) for value in self.statistics}
        if len(counts) > 1 or not counts <= {"none", "one", *kept[-1:]}:
            raise Invalid(
                STATISTICS,
                param="mean",
                axis=self.axis,
                shape=shape_text(tensor.shape),
                expected=f"{kept[-1]} numbers" if kept else "that",
            )
        return Tensor(tensor.shape)

    @property
    def statistics(self) -> tuple[Any, Any]:
        return self.values["mean"], self.values["variance"]

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        if self.values["mean"] is not None:
            return {}
        shape = self.kept(inputs[0])
        names = {"mean": shape, "variance": shape, "count": ()}
        return {name: Weight(size, trainable=False) for name, size in names.items()}

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        if isinstance(config.get("axis"), int):
            config["axis"] = [config["axis"]]
        return config


class CategoryEncoding(_Preparation):
    """Turn whole numbers into vectors of ones and zeros, or into counts.

    Input:  (batch, values) of whole numbers below num_tokens
    Output: (batch, num_tokens), or (batch, values, num_tokens) with one_hot
    """

    entries = (Entry("Category Encoding", "类别编码", keywords=("one-hot", "multi-hot")),)
    source = "https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/"
    examples = (
        Example((None, 5), (None, 4), {"num_tokens": 4}, dtype="int32"),
        Example((None, 5), (None, 4), {"num_tokens": 4, "output_mode": "count"}, dtype="int32"),
        Example(
            (None, 5), (None, 5, 4), {"num_tokens": 4, "output_mode": "one_hot"}, dtype="int32"
        ),
        Example((None, 1), (None, 4), {"num_tokens": 4, "output_mode": "one_hot"}, dtype="int32"),
    )

    num_tokens = Int(minimum=1, preset=10, help="Number of different values.")
    output_mode = Choice(
        ("multi_hot", "one_hot", "count"),
        "multi_hot",
        help="One vector for each value, one for all of them, or how often each occurs.",
    )

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(encoded(self, inputs[0], self.output_mode, self.num_tokens))


class Discretization(_Preparation):
    """Sort numbers into bins, and give the number of the bin.

    Input:  (batch, ...)
    Output: the same, of whole numbers; encoded as CategoryEncoding does with another output_mode
    """

    entries = (Entry("Discretization", "离散化", keywords=("bins", "buckets")),)
    source = "https://keras.io/api/layers/preprocessing_layers/numerical/discretization/"
    examples = (
        Example((None, 5), (None, 5), {"bin_boundaries": [0.0, 1.0, 2.0]}),
        Example((None, 5), (None, 5, 4), {"bin_boundaries": [0, 1, 2], "output_mode": "one_hot"}),
        Example((None, 5), (None, 3), {"bin_boundaries": [0, 1], "output_mode": "count"}),
    )

    bin_boundaries = Nullable(
        Numbers(preset=[0.0], help="Where bins meet; empty to learn num_bins with adapt()."), [0.0]
    )
    num_bins = Nullable(Int(minimum=1, help="How many bins adapt() makes."))
    epsilon = Float(0.01, minimum=1e-6, maximum=1.0, help="Error of adapt().", advanced=True)
    output_mode = Choice(
        ("int", "one_hot", "multi_hot", "count"), "int", help="The bin's number, or an encoding."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        if (self.bin_boundaries is None) == (self.num_bins is None):
            raise Invalid(BINS, param="bin_boundaries")
        bounds = self.bin_boundaries if isinstance(self.bin_boundaries, tuple) else ()
        if list(bounds) != sorted(bounds):
            raise Invalid(UNSORTED, param="bin_boundaries")
        if self.output_mode == "int":
            return Tensor(tensor.shape, "int32")
        depth = self.num_bins or len(bounds) + 1
        return Tensor(encoded(self, tensor, self.output_mode, depth))

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        # Keras' constructor does not take what every other layer takes.
        return {name: value for name, value in config.items() if name != "trainable"}


class Hashing(_Preparation):
    """Give each value one of a number of bins, by a hash.

    Input:  (batch, ...) of whole numbers or texts
    Output: the same, of bins; encoded as CategoryEncoding does with another output_mode
    """

    entries = (Entry("Hashing", "哈希", keywords=("hash", "bins")),)
    source = "Weinberger et al. 2009, https://arxiv.org/abs/0902.2206"
    examples = (
        Example((None, 5), (None, 5), {"num_bins": 3}, dtype="int32"),
        Example((None, 5), (None, 3), {"num_bins": 3, "output_mode": "count"}, dtype="int32"),
    )

    num_bins = Int(minimum=1, preset=100, help="Number of bins.")
    mask_value = Nullable(Int(help="Value that gets bin 0 for itself.", advanced=True))
    salt = Nullable(
        Numbers(length=2, whole=True, minimum=0, help="Two numbers that vary the hash.")
    )
    output_mode = Choice(
        ("int", "one_hot", "multi_hot", "count"), "int", help="The bin's number, or an encoding."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        if self.output_mode == "int":
            return Tensor(tensor.shape, "int64")
        return Tensor(encoded(self, tensor, self.output_mode, self.num_bins))

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return own_dtype(config)

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in config.items() if name != "dtype"}


class HashedCrossing(_Preparation):
    """Join two columns to one, and give each combination of values a bin, by a hash.

    Input:  (batch, 1) of whole numbers, twice
    Output: the same, of bins; (batch, num_bins) with one_hot
    """

    entries = (Entry("Hashed Crossing", "哈希交叉", keywords=("feature cross", "hash")),)
    min_inputs = 2
    max_inputs = 2
    source = "https://keras.io/api/layers/preprocessing_layers/categorical/hashed_crossing/"
    examples = (
        Example(((None, 1), (None, 1)), (None, 1), {"num_bins": 5}, dtype="int32"),
        Example(
            ((None, 1),) * 2, (None, 5), {"num_bins": 5, "output_mode": "one_hot"}, dtype="int32"
        ),
    )

    num_bins = Int(minimum=1, preset=100, help="Number of bins.")
    output_mode = Choice(("int", "one_hot"), "int", help="The bin's number, or a vector.")

    def output(self, *inputs: Tensor) -> Tensor:
        first = inputs[0].shape
        if first[1:] not in ((), (1,)) or any(tensor.shape != first for tensor in inputs):
            shapes = " and ".join(shape_text(tensor.shape) for tensor in inputs)
            raise Invalid(COLUMNS, shapes=shapes)
        if self.output_mode == "int":
            return Tensor(first, "int64")
        return Tensor((first[0], self.num_bins))

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return own_dtype(config)

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in config.items() if name != "dtype"}


def _count(value: Any) -> int | str:
    """How many numbers a parameter gives: some, a single one for all, or none."""
    if isinstance(value, tuple):
        return len(value)
    return "none" if value is None else "one"


def encoded(layer: Layer, tensor: Tensor, mode: str, depth: int) -> Shape:
    """Shape of whole numbers once they are vectors of `depth`. Raises Invalid.

    An axis of size one disappears with one_hot, as in Keras.
    """
    layer.check_least(tensor, 1)
    shape: tuple[Dim, ...] = tensor.shape
    if mode == "one_hot":
        return (*(shape[:-1] if tensor.rank > 1 and shape[-1] == 1 else shape), depth)
    if tensor.rank != 2:
        raise Invalid(
            RANK_TWO,
            param="output_mode",
            layer=type(layer).__name__,
            mode=mode,
            shape=shape_text(shape),
        )
    return (shape[0], depth)


def own_dtype(config: dict[str, Any]) -> dict[str, Any]:
    """Leave the dtype to Keras, which chooses it by output_mode."""
    return config | {"dtype": "int64" if config["output_mode"] == "int" else "float32"}
