"""EinsumDense: a fully connected layer along whatever axes an equation names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layers.catalog.activation import ACTIVATIONS
from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Weight
from layers.params import Bool, Function, Nullable, Of, ShapeOf, Text
from layers.tensor import Dim, Tensor, product, shape_text
from layers.variants import Constraint, Initializer, Regularizer

EQUATION = Problem(
    "einsum.equation",
    "{equation!r} is no equation of this layer: {reason}.",
    "Write input,kernel->output with a letter for each axis, such as abc,cd->abd or ...x,xy->...y.",
)
DIMENSION = Problem(
    "einsum.shape",
    "The equation {equation} gives axis {axis} the size {one} in the input and {other} in the"
    " output.",
    "Make both the same.",
)

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


@dataclass(frozen=True, slots=True)
class Terms:
    """An equation applied to an input.

    Attributes:
        kernel, bias: shapes of the weights; no bias where it is None.
        output: shape of the output.
        elided: sizes of the axes that `...` stands for.
        labels: size of each letter.
    """

    kernel: tuple[int, ...]
    bias: tuple[int, ...] | None
    output: tuple[Dim, ...]
    elided: tuple[Dim, ...]
    labels: dict[str, Dim]


class EinsumDense(Layer):
    """Connect along the axes that an equation names: ``activation(einsum(input, kernel) + bias)``.

    Input:  (batch, ...)
    Output: (batch, *output_shape)
    """

    category = Category.COMMON
    entries = (
        Entry("Einsum Dense", "爱因斯坦求和全连接层", keywords=("einsum", "tensor product")),
    )
    masks = "unknown"
    source = "https://keras.io/api/layers/core_layers/einsum_dense/"
    examples = (
        Example((None, 8), (None, 6), {"equation": "ab,bc->ac", "output_shape": [6]}, 48),
        Example(
            (None, 5, 8),
            (None, None, 6),
            {"equation": "abc,cd->abd", "output_shape": [None, 6], "bias_axes": "d"},
            weights=54,
        ),
        Example(
            (None, None, 8),
            (None, None, 2, 3),
            {"equation": "...x,xyz->...yz", "output_shape": [2, 3], "bias_axes": "yz"},
            weights=54,
        ),
        Example(
            (None, 4, 5, 6),
            (None, 7, 5, 6),
            {"equation": "ab...,bc->ac...", "output_shape": [7], "bias_axes": "c"},
            weights=35,
        ),
    )

    equation = Text(preset="...x,xy->...y", help="input,kernel->output, with a letter an axis.")
    output_shape = ShapeOf(
        preset=[64], help="Sizes of the named axes of the output, batch and dots left out."
    )
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    bias_axes = Nullable(
        Text(help="Letters of the output's axes that have a bias; empty for none.")
    )
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernel starts.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernel."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernel."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(self.terms(inputs[0]).output)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        terms = self.terms(inputs[0])
        made = {"kernel": Weight(terms.kernel, self.trainable)}
        if terms.bias is not None:
            made["bias"] = Weight(terms.bias, self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        terms = self.terms(inputs[0])
        batch = () if terms.elided[:1] == inputs[0].shape[:1] else (next(iter(terms.labels)),)
        sizes = [size for letter, size in terms.labels.items() if letter not in batch]
        return product((*sizes, *(terms.elided[1:] if not batch else terms.elided)))

    def terms(self, tensor: Tensor) -> Terms:
        """What the equation says of an input. Raises Invalid."""
        form = _FORM.fullmatch(self.equation)
        dots = form and [bool(form[index]) for index in (1, 3, 5, 7)]
        if form is None or dots not in (
            [False] * 4,
            [True, False, True, False],
            [False, True, False, True],
        ):
            raise self._wrong("it needs the form input,kernel->output")
        given, weight, made = form[2], form[4], form[6]
        for letters in (given, weight, made):
            if len(set(letters)) < len(letters):
                raise self._wrong(f"{letters} names an axis twice")
        spare = tensor.rank - len(given)
        if spare < 0 or (spare and not any(dots)):
            raise self._wrong(f"the input {shape_text(tensor.shape)} has {tensor.rank} axes")
        left = dots[0]
        first = spare if left else 0
        elided = tensor.shape[:spare] if left else tensor.shape[len(given) :]
        labels: dict[str, Dim] = dict(
            zip(given, tensor.shape[first : first + len(given)], strict=True)
        )
        sizes = self._outputs(tensor, made, left and spare > 0)
        for letter, size in zip(made, sizes, strict=True):
            known = labels.get(letter)
            if letter not in given and letter not in weight:
                raise self._wrong(f"{letter} comes out and does not go in")
            if letter in labels and size not in (None, known):
                raise Invalid(
                    DIMENSION,
                    param="output_shape",
                    equation=self.equation,
                    axis=letter,
                    one=known,
                    other=size,
                )
            if letter not in labels:
                labels[letter] = size
        kernel = tuple(self._size(letter, labels) for letter in weight)
        missing = [letter for letter in given if letter not in weight and letter not in made]
        if missing:
            raise self._wrong(f"{missing[0]} is neither in the kernel nor in the output")
        # A size that output_shape leaves open stays so, as in Keras, even where it is known.
        named = tuple(sizes)
        output = (*elided, *named) if left else (*named, *elided)
        return Terms(kernel, self._bias(made, labels, 0 if left else spare), output, elided, labels)

    def _outputs(self, tensor: Tensor, made: str, has_batch_elided: bool) -> list[Dim]:
        """Sizes of the output's letters; the first is the batch unless dots stand for it."""
        sizes = list(self.output_shape)
        if not has_batch_elided:
            sizes.insert(0, tensor.shape[0])
        if len(sizes) != len(made):
            raise self._wrong(f"{made} and output_shape {shape_text(self.output_shape)} differ")
        return sizes

    def _size(self, letter: str, labels: dict[str, Dim]) -> int:
        if letter not in labels:
            raise self._wrong(f"{letter} is in the kernel alone")
        size = labels[letter]
        if size is None:
            raise self._wrong(f"the size of {letter} in the kernel is not known")
        return size

    def _bias(self, made: str, labels: dict[str, Dim], elided: int) -> tuple[int, ...] | None:
        """Shape of the bias, from its first axis on."""
        if self.bias_axes is None:
            return None
        if not self.bias_axes or not set(self.bias_axes) <= set(made):
            raise self._wrong(f"bias_axes {self.bias_axes!r} are not among {made}")
        start = min(made.find(letter) for letter in self.bias_axes)
        shape = [
            self._size(letter, labels) if letter in self.bias_axes else 1 for letter in made[start:]
        ]
        return (*shape, *(1,) * elided)

    def _wrong(self, reason: str) -> Invalid:
        return Invalid(EQUATION, param="equation", equation=self.equation, reason=reason)
