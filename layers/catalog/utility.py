"""Layers that reorder values without computing with them."""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.costs import Field
from layers.diagnostics import Invalid, Problem
from layers.layer import Effect, Entry, Example, Layer
from layers.params import Float, Int, ShapeOf
from layers.tensor import Tensor, product, shape_text

CANNOT_RESHAPE = Problem(
    "shape.reshape",
    "{before} values cannot become {target}, which holds {after}.",
    "Choose sizes whose product is {before}, or put -1 where the rest goes.",
)
TWO_UNKNOWN = Problem(
    "shape.reshape_unknown",
    "{target} leaves more than one size open.",
    "Put -1 in one place only.",
)

BAD_ORDER = Problem(
    "shape.permute",
    "{dims} is no order of the axes {axes} of {shape}.",
    "Name each of these axes once.",
)


class Flatten(Layer):
    """Lay all values of a sample out in one row.

    Input:  (batch, ...)
    Output: (batch, values)
    """

    effect: ClassVar[Effect] = "moves"
    masks = "unknown"
    category = Category.UTILITY
    entries = (Entry("Flatten", "扁平化", keywords=("vector", "ravel")),)
    source = "https://keras.io/api/layers/reshaping_layers/flatten/"
    examples = (
        Example((None, 28, 28, 1), (None, 784)),
        Example((None, None, 4), (None, None)),
        Example((None,), (None, 1)),
        Example((None, 5), (None, 5)),
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        return tensor.with_shape((tensor.shape[0], product(tensor.shape[1:])))


class Reshape(Layer):
    """Give the values of a sample another shape, in the same order.

    Input:  (batch, ...)
    Output: (batch, *target_shape)
    """

    effect: ClassVar[Effect] = "moves"
    masks = "unknown"
    category = Category.UTILITY
    entries = (Entry("Reshape", "变形"),)
    source = "https://keras.io/api/layers/reshaping_layers/reshape/"
    examples = (
        Example((None, 784), (None, 28, 28, 1), {"target_shape": [28, 28, 1]}),
        Example((None, 4, 6), (None, 8, 3), {"target_shape": [-1, 3]}),
        Example((None, None, 6), (None, None, 3), {"target_shape": [-1, 3]}),
    )

    target_shape = ShapeOf(
        inferred=True, preset=[-1], help="Shape of one sample afterwards; -1 stands for the rest."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        target = self.target_shape
        if target.count(-1) > 1:
            raise Invalid(TWO_UNKNOWN, param="target_shape", target=shape_text(target))
        before = product(tensor.shape[1:])
        named = product(dim for dim in target if dim != -1)
        fits = before is None or (
            (named != 0 and before % (named or 1) == 0) if -1 in target else before == named
        )
        if not fits:
            raise Invalid(
                CANNOT_RESHAPE,
                param="target_shape",
                before=before,
                target=shape_text(target),
                after=f"a multiple of {named}" if -1 in target else named,
            )
        rest = None if before is None or not named else before // named
        return tensor.with_shape((tensor.shape[0], *(rest if dim == -1 else dim for dim in target)))


class Permute(Layer):
    """Put the axes of a sample into another order.

    Input:  (batch, ...)
    Output: (batch, ...) reordered
    """

    effect: ClassVar[Effect] = "moves"
    masks = "unknown"
    category = Category.UTILITY
    entries = (Entry("Permute", "Permute", keywords=("transpose", "axes")),)
    source = "https://keras.io/api/layers/reshaping_layers/permute/"
    examples = (
        Example((None, 10, 64), (None, 64, 10), {"dims": [2, 1]}),
        Example((None, 3, None, 5), (None, 5, 3, None), {"dims": [3, 1, 2]}),
    )

    dims = ShapeOf(preset=[2, 1], help="The axes in their new order, counted from 1.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        dims = self.dims
        if sorted(dim or 0 for dim in dims) != list(range(1, tensor.rank)):
            raise Invalid(
                BAD_ORDER,
                param="dims",
                dims=shape_text(dims),
                axes=", ".join(str(axis) for axis in range(1, tensor.rank)),
                shape=shape_text(tensor.shape),
            )
        return tensor.with_shape((tensor.shape[0], *(tensor.shape[dim or 0] for dim in dims)))


class RepeatVector(Layer):
    """Repeat a vector, so that it becomes a sequence.

    Input:  (batch, features)
    Output: (batch, n, features)
    """

    category = Category.UTILITY
    entries = (Entry("Repeat Vector", "重复向量"),)
    input_rank = 2
    axis_names = ("batch", "features")
    masks = "unknown"
    source = "https://keras.io/api/layers/reshaping_layers/repeat_vector/"
    examples = (Example((None, 32), (None, 3, 32), {"n": 3}),)

    n = Int(minimum=1, preset=8, help="How often.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        return tensor.with_shape((tensor.shape[0], self.n, tensor.shape[1]))


class ActivityRegularization(Layer):
    """Pass values on and add a penalty on them to the loss.

    Input:  (batch, ...)
    Output: the same
    """

    category = Category.UTILITY
    entries = (Entry("Regularization", "正则化", keywords=("l1", "l2", "penalty")),)
    source = "https://keras.io/api/layers/regularization_layers/activity_regularization/"
    examples = (Example((None, 5), (None, 5), {"l1": 0.01, "l2": 0.1}),)

    l1 = Float(0.0, minimum=0.0, help="Factor of the absolute values.")
    l2 = Float(0.0, minimum=0.0, help="Factor of the squares.")

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class Masking(Layer):
    """Mark the steps whose values all equal a given one, so that later layers skip them.

    Input:  (batch, steps, ...)
    Output: the same
    """

    category = Category.UTILITY
    entries = (Entry("Masking", "遮蔽", keywords=("padding", "skip")),)
    source = "https://keras.io/api/layers/core_layers/masking/"
    examples = (Example((None, 7, 5), (None, 7, 5), {"mask_value": -1.0}),)

    mask_value = Float(0.0, help="The value that marks a step to skip.")

    def output(self, *inputs: Tensor) -> Tensor:
        self.check_least(inputs[0], 2)
        return inputs[0]

    def mask(self, *masks: bool) -> bool:
        return True


class Identity(Layer):
    """Pass values on unchanged.

    Input:  (batch, ...)
    Output: the same
    """

    effect: ClassVar[Effect] = "moves"
    category = Category.UTILITY
    entries = (Entry("Identity", "恒等", keywords=("pass", "name")),)
    source = "https://keras.io/api/layers/core_layers/identity/"
    examples = (Example((None, 5), (None, 5)),)

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field
