"""Layers that reorder values without computing with them."""

from __future__ import annotations

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer
from layers.params import ShapeOf
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


class Flatten(Layer):
    """Lay all values of a sample out in one row.

    Input:  (batch, ...)
    Output: (batch, values)
    """

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
