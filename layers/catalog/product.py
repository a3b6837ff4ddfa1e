"""Einsum: products of two tensors, summed along whatever axes an equation names."""

from __future__ import annotations

import re

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer
from layers.params import Text
from layers.tensor import Dim, Tensor, joint_dtype, product, shape_text

EQUATION = Problem(
    "product.equation",
    "{equation!r} is no equation of this layer: {reason}.",
    "Write first,second->output with a letter for each axis, the batch first: bqd,bkd->bqk.",
)
SIZES = Problem(
    "product.sizes",
    "The equation {equation} gives axis {axis} the size {one} in the first input and {other} in"
    " the second.",
    "Make both the same.",
)

_FORM = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)")


class Einsum(Layer):
    """Multiply two tensors and add up along the axes that the output's letters leave out.

    Input:  (batch, ...) twice
    Output: (batch, ...) in the order of the equation's last part
    """

    category = Category.UTILITY
    package = "visualnn"
    masks = "unknown"
    min_inputs = 2
    max_inputs = 2
    entries = (
        Entry("Einsum", "爱因斯坦求和", keywords=("matmul", "tensor product", "attention scores")),
    )
    source = "https://numpy.org/doc/stable/reference/generated/numpy.einsum.html"
    examples = (
        Example(((None, 5, 4), (None, 6, 4)), (None, 5, 6), {"equation": "bqd,bkd->bqk"}),
        Example(
            ((None, 5, 2, 4), (None, 6, 2, 4)), (None, 2, 5, 6), {"equation": "bqhd,bkhd->bhqk"}
        ),
        Example(((None, None, 4), (None, 4)), (None, None), {"equation": "bsd,bd->bs"}),
        Example(((None, 3), (None, 4)), (None, 4, 3), {"equation": "bi,bj->bji"}),
    )

    equation = Text(
        preset="bqd,bkd->bqk", help="first,second->output, with a letter an axis, the batch first."
    )

    def output(self, *inputs: Tensor) -> Tensor:
        sizes, made = self.sizes(*inputs)
        return Tensor(tuple(sizes[letter] for letter in made), joint_dtype(inputs))

    def macs(self, *inputs: Tensor) -> Dim:
        sizes, made = self.sizes(*inputs)
        return product([size for letter, size in sizes.items() if letter != made[0]])

    def sizes(self, *inputs: Tensor) -> tuple[dict[str, Dim], str]:
        """The size of each letter, and the letters of the output. Raises Invalid."""
        form = _FORM.fullmatch(self.equation)
        if form is None:
            raise self._wrong("it needs the form first,second->output")
        *given, made = form.groups()
        if len({letters[0] for letters in (*given, made)}) > 1:
            raise self._wrong("its parts begin with different letters, and the batch is one")
        for letters in (*given, made):
            if len(set(letters)) < len(letters):
                raise self._wrong(f"{letters} names an axis twice")
        sizes: dict[str, Dim] = {}
        for letters, tensor, which in zip(given, inputs, ("first", "second"), strict=True):
            if len(letters) != tensor.rank:
                shape = shape_text(tensor.shape)
                raise self._wrong(f"the {which} input {shape} has {tensor.rank} axes")
            for letter, size in zip(letters, tensor.shape, strict=True):
                known = sizes.get(letter)
                if None not in (known, size) and known != size:
                    raise Invalid(
                        SIZES,
                        param="equation",
                        equation=self.equation,
                        axis=letter,
                        one=known,
                        other=size,
                    )
                sizes[letter] = size if known is None else known
        strange = [letter for letter in made if letter not in sizes]
        if strange:
            raise self._wrong(f"{strange[0]} comes out and does not go in")
        return sizes, made

    def _wrong(self, reason: str) -> Invalid:
        return Invalid(EQUATION, param="equation", equation=self.equation, reason=reason)
