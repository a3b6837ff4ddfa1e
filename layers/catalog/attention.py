"""Attention: each element of a sequence gathers from all others what concerns it. That with heads
has a module of its own.
"""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Weight, call_training
from layers.params import Bool, Choice, Float, Int, Nullable
from layers.tensor import Dim, Shape, Tensor, product, shape_text

MISMATCH = Problem(
    "attention.shapes",
    "{layer} needs {first} and {second} with the same {what}; got {one} and {other}.",
    "Bring them to the same size, for example with a Dense.",
)


class _Attending(Layer):
    """Shared ground: a query looks for what suits it among keys, and is given their values."""

    category = Category.ATTENTION
    min_inputs = 2
    max_inputs: ClassVar[int | None] = 3
    training_differs = True
    call_params = ("use_causal_mask", "training")

    use_causal_mask = Bool(False, help="Whether a step sees only itself and those before it.")

    @staticmethod
    def parts(inputs: tuple[Tensor, ...]) -> tuple[Shape, Shape, Shape]:
        """Shapes of query, value and key, which is the value where none is given."""
        query, value = inputs[0].shape, inputs[1].shape
        return query, value, inputs[2].shape if len(inputs) > 2 else value

    def agree(self, what: str, names: tuple[str, str], shapes: tuple[Shape, Shape]) -> None:
        """Refuse shapes that differ where both are known. Raises Invalid."""
        one, other = shapes
        if len(one) == len(other) and not any(
            None not in pair and pair[0] != pair[1] for pair in zip(one, other, strict=True)
        ):
            return
        raise Invalid(
            MISMATCH,
            layer=type(self).__name__,
            what=what,
            first=names[0],
            second=names[1],
            one=shape_text(one),
            other=shape_text(other),
        )


class _Scored(_Attending):
    """Shared ground of attention without projections."""

    dropout = Float(0.0, minimum=0.0, maximum=1.0, help="Part of the scores dropped in training.")
    seed = Nullable(Int(help="Makes the dropout repeatable.", advanced=True))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)
    training = call_training(False)

    def output(self, *inputs: Tensor) -> Tensor:
        for tensor in inputs:
            self.check_least(tensor, 3)
        query, value, key = self.parts(inputs)
        self.agree("features", ("query", "key"), (query[-1:], key[-1:]))
        self.agree("axes before the steps", ("query", "value"), (query[:-2], value[:-2]))
        self.agree("axes before the features", ("value", "key"), (value[:-1], key[:-1]))
        return Tensor((*query[:-1], value[-1]))

    def macs(self, *inputs: Tensor) -> Dim:
        query, value, key = self.parts(inputs)
        pairs = product((*query[1:-1], value[-2]))
        per_pair = None if None in (key[-1], value[-1]) else (key[-1] or 0) + (value[-1] or 0)
        return product((pairs, per_pair))


class Attention(_Scored):
    """Weigh the values by how well their keys suit each query (dot product), and add them up.

    Input:  query (batch, query_steps, features), value (batch, steps, value_features), and key
            (batch, steps, features), which is the value where it is not connected
    Output: (batch, query_steps, value_features)
    """

    entries = (Entry("Attention", "注意力", keywords=("Luong", "query", "key", "value")),)
    source = "Luong et al. 2015, https://arxiv.org/abs/1508.04025"
    examples = (
        Example(((None, 7, 4), (None, 5, 4)), (None, 7, 4)),
        Example(
            ((None, 7, 4), (None, 5, 6), (None, 5, 4)),
            (None, 7, 6),
            {"use_scale": True, "score_mode": "concat", "dropout": 0.1},
            weights=2,
        ),
        Example(
            ((None, None, 4), (None, None, 4)),
            (None, None, 4),
            {"use_scale": True, "use_causal_mask": True},
            1,
        ),
    )

    use_scale = Bool(False, help="Whether scores are multiplied by a learned number.")
    score_mode = Choice(("dot", "concat"), "dot", help="How keys suit: by product or sum.")

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        made = {"scale": Weight((), self.trainable)} if self.use_scale else {}
        if self.score_mode == "concat":
            made["concat_score_weight"] = Weight((), self.trainable)
        return made


class AdditiveAttention(_Scored):
    """Weigh the values by how well their keys suit each query (tanh of the sum), and add them up.

    Input:  query (batch, query_steps, features), value (batch, steps, value_features), and key
            (batch, steps, features), which is the value where it is not connected
    Output: (batch, query_steps, value_features)
    """

    entries = (Entry("Additive Attention", "加性注意力", keywords=("Bahdanau",)),)
    source = "Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473"
    examples = (
        Example(((None, 7, 4), (None, 5, 4)), (None, 7, 4), weights=4),
        Example(((None, 7, 4), (None, 5, 6), (None, 5, 4)), (None, 7, 6), {"use_scale": False}),
    )

    use_scale = Bool(True, help="Whether each feature has a learned factor.")

    def output(self, *inputs: Tensor) -> Tensor:
        output = super().output(*inputs)
        if self.use_scale:
            self.known(inputs[0], -1)
        return output

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        return (
            {"scale": Weight((self.known(inputs[0], -1),), self.trainable)}
            if self.use_scale
            else {}
        )
