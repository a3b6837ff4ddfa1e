"""Layers that make one tensor of several."""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Family, Layer
from layers.params import Axis, Bool, Ints
from layers.tensor import Dim, Shape, Tensor, joint_dtype, product, shape_text

ELTWISE = Family(
    "eltwise", "Eltwise", "Eltwise", Category.UTILITY, ("residual", "skip", "sum", "product")
)

CANNOT_MERGE = Problem(
    "merge.shapes",
    "{layer} needs inputs of one shape; got {first} and {second}.",
    "Bring both to the same shape, for example with a Dense or a 1 × 1 convolution.",
)
CANNOT_CONCATENATE = Problem(
    "merge.concatenate",
    "Inputs joined along axis {axis} must agree in all others; got {first} and {second}.",
    "Choose another axis, or bring the others to the same size.",
)
CANNOT_DOT = Problem(
    "merge.dot",
    "Dot needs axes of one size; axis {left} of {first} and axis {right} of {second} differ.",
    "Choose axes of the same size.",
)


class _Merge(Layer):
    """Shared ground of the element-wise merges, which broadcast as NumPy does."""

    category = Category.UTILITY
    family = ELTWISE
    min_inputs = 2
    max_inputs: ClassVar[int | None] = None

    def output(self, *inputs: Tensor) -> Tensor:
        shape = inputs[0].shape
        for tensor in inputs[1:]:
            merged = _broadcast(shape, tensor.shape)
            if merged is None:
                raise Invalid(
                    CANNOT_MERGE,
                    layer=type(self).__name__,
                    first=shape_text(shape),
                    second=shape_text(tensor.shape),
                )
            shape = merged
        return Tensor(shape, joint_dtype(inputs))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


def _same(count: int) -> tuple[Example, ...]:
    shape: Shape = (None, 5, 3)
    return (
        Example((shape,) * count, shape),
        Example(((None, 5, 1), (None, 1, 3)), (None, 5, 3)),
        Example(((None, None, 3), (None, None, 3)), (None, None, 3)),
    )


class Add(_Merge):
    """Add the inputs, value by value.

    Input:  (batch, ...) twice or more
    Output: the same
    """

    source = "https://keras.io/api/layers/merging_layers/add/"
    examples = _same(3)


class Multiply(_Merge):
    """Multiply the inputs, value by value.

    Input:  (batch, ...) twice or more
    Output: the same
    """

    source = "https://keras.io/api/layers/merging_layers/multiply/"
    examples = _same(3)


class Average(_Merge):
    """Take the mean of the inputs, value by value.

    Input:  (batch, ...) twice or more
    Output: the same
    """

    source = "https://keras.io/api/layers/merging_layers/average/"
    examples = _same(3)

    def output(self, *inputs: Tensor) -> Tensor:
        made = super().output(*inputs)
        # TensorFlow divides long whole numbers as float64.
        is_long = made.dtype in ("int32", "uint32", "int64", "uint64")
        return Tensor(made.shape, "float64" if is_long else "float32")


class Maximum(_Merge):
    """Take the largest of the inputs, value by value.

    Input:  (batch, ...) twice or more
    Output: the same
    """

    source = "https://keras.io/api/layers/merging_layers/maximum/"
    examples = _same(3)


class Minimum(_Merge):
    """Take the smallest of the inputs, value by value.

    Input:  (batch, ...) twice or more
    Output: the same
    """

    source = "https://keras.io/api/layers/merging_layers/minimum/"
    examples = _same(3)


class Subtract(_Merge):
    """Subtract the second input from the first, value by value.

    Input:  (batch, ...) twice
    Output: the same
    """

    max_inputs = 2
    source = "https://keras.io/api/layers/merging_layers/subtract/"
    examples = _same(2)


class Dot(Layer):
    """Multiply two tensors and add up along an axis of each.

    Input:  (batch, ...) twice
    Output: (batch, other axes of the first, other axes of the second)
    """

    masks = "stop"
    category = Category.UTILITY
    family = ELTWISE
    min_inputs = 2
    max_inputs = 2
    source = "https://keras.io/api/layers/merging_layers/dot/"
    examples = (
        Example(((None, 4), (None, 4)), (None, 1), {"axes": [1, 1]}),
        Example(((None, 5, 4), (None, 6, 4)), (None, 5, 6), {"axes": [2, 2], "normalize": True}),
        Example(((None, 5, 4), (None, 4, 7)), (None, 5, 7), {"axes": [-1, 1]}),
    )

    axes = Ints(
        2, minimum=-8, maximum=7, preset=[-1, -1], help="The axis of each input that is added up."
    )
    normalize = Bool(False, help="Whether inputs are scaled to length 1 first: cosine proximity.")

    def output(self, *inputs: Tensor) -> Tensor:
        sizes = []
        rests: list[tuple[Dim, ...]] = []
        for tensor, axis in zip(inputs, self.axes, strict=True):
            self.check_axis(tensor, axis, "axes")
            place = axis % tensor.rank
            sizes.append(tensor.shape[place])
            rests.append((*tensor.shape[1:place], *tensor.shape[place + 1 :]))
        if None not in sizes and sizes[0] != sizes[1]:
            raise Invalid(
                CANNOT_DOT,
                param="axes",
                left=self.axes[0],
                first=shape_text(inputs[0].shape),
                right=self.axes[1],
                second=shape_text(inputs[1].shape),
            )
        return inputs[0].with_shape((inputs[0].shape[0], *(rests[0] + rests[1] or (1,))))

    def macs(self, *inputs: Tensor) -> Dim:
        contracted = inputs[0].shape[self.axes[0] % inputs[0].rank]
        return product((*self.output(*inputs).shape[1:], contracted))


class Concatenate(Layer):
    """Join the inputs along an axis.

    Input:  (batch, ...) twice or more, equal but for one axis
    Output: (batch, ...) with that axis as long as all together
    """

    category = Category.UTILITY
    entries = (Entry("Concat", "连结", keywords=("join", "merge", "skip")),)
    min_inputs = 2
    max_inputs: ClassVar[int | None] = None
    source = "https://keras.io/api/layers/merging_layers/concatenate/"
    examples = (
        Example(((None, 4), (None, 6), (None, 1)), (None, 11)),
        Example(((None, 4, 3), (None, 5, 3)), (None, 9, 3), {"axis": 1}),
        Example(((None, None, 3), (None, None, 2)), (None, None, 5)),
    )

    axis = Axis(-1, help="The axis along which inputs are joined.", advanced=False)

    def output(self, *inputs: Tensor) -> Tensor:
        first = inputs[0]
        self.check_axis(first, self.axis, "axis")
        place = self.axis % first.rank
        shape = list(first.shape)
        for tensor in inputs[1:]:
            if tensor.rank != first.rank or any(
                one != other and None not in (one, other)
                for index, (one, other) in enumerate(zip(shape, tensor.shape, strict=True))
                if index != place
            ):
                raise Invalid(
                    CANNOT_CONCATENATE,
                    param="axis",
                    axis=self.axis,
                    first=shape_text(first.shape),
                    second=shape_text(tensor.shape),
                )
            # Where only a later input has a size, Keras leaves it open.
            shape = [
                (None if None in (one, other) else (one or 0) + (other or 0))
                if index == place
                else one
                for index, (one, other) in enumerate(zip(shape, tensor.shape, strict=True))
            ]
        return Tensor(tuple(shape), joint_dtype(inputs))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field if self.axis in (-1, inputs[0].rank - 1) else None


def _broadcast(first: Shape, second: Shape) -> Shape | None:
    """The shape two tensors have after an element-wise operation, None where they do not fit."""
    long, short = (first, second) if len(first) >= len(second) else (second, first)
    padded = (short[0], *(1,) * (len(long) - len(short)), *short[1:])
    shape: list[Dim] = []
    for one, other in zip(long, padded, strict=True):
        if one == 1:
            shape.append(other)
        elif other == 1 or one == other:
            shape.append(one)
        elif None in (one, other):
            shape.append(None)
        else:
            return None
    return tuple(shape)
