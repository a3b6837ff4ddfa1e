"""Attention with heads, each of which has projections of its own and may be told what it must not
see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers.catalog.attention import _Attending
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Weight, call_training
from layers.params import Axes, Bool, Float, Int, Nullable, Numbers, Of
from layers.states import has_mask
from layers.tensor import Dim, Shape, Tensor, product, shape_text
from layers.variants import Constraint, Initializer, Regularizer

BAD_AXES = Problem(
    "attention.axes",
    "attention_axes={axes} are no axes between the batch and the last of {shape}.",
    "Name each axis once, or leave it empty for all of them.",
)
HEADS = Problem(
    "attention.heads",
    "num_query_heads={query} is not a multiple of num_key_value_heads={other}.",
    "Choose numbers of which one divides the other.",
)
SEQUENCES = Problem(
    "attention.mask",
    "MultiHeadAttention limits what a step sees only along one axis; the query has {shape}.",
    "Switch use_causal_mask and sliding_window off, or bring the input to 3 axes.",
)
FLASH = Problem(
    "attention.flash",
    "Flash attention has no dropout; dropout is {dropout}.",
    "Set dropout to 0, or switch flash_attention off.",
)
MASK = Problem(
    "attention.mask_shape",
    "{layer} needs a mask with a value for each pair of steps, {expected}; got {found}.",
    "Give the mask the steps of the query, then those of the value; 1 stands for all of them.",
)
MASK_TYPE = Problem(
    "attention.mask_type",
    "{layer} takes query, value, key and, behind them, a mask of dtype bool; got {dtype}.",
    "Set the dtype of the mask's input to bool.",
)


class _Projected(_Attending):
    """Shared ground of attention with several heads, each with projections of its own."""

    max_inputs = 4
    separate_inputs = True
    input_names = (
        *("query", "value", "key"),
        *("query_mask", "value_mask", "key_mask", "attention_mask"),
    )

    use_bias = Bool(True, help="Whether the projections add learned values.")
    use_gate = Bool(False, help="Whether a learned gate weakens each head's output.", advanced=True)
    sliding_window = Nullable(
        Int(minimum=1, help="How far a query looks, in steps; empty for everywhere.", advanced=True)
    )
    flash_attention = Nullable(
        Bool(help="Whether the faster kernel of some devices is used.", advanced=True)
    )
    dropout = Float(0.0, minimum=0.0, maximum=1.0, help="Part of the scores dropped in training.")
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernels start.")
    bias_initializer = Of(Initializer, "Zeros", help="How the biases start.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernels."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the biases."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernels."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the biases."))
    seed = Nullable(Int(help="Makes the dropout repeatable.", advanced=True))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)
    training = call_training(None)

    @staticmethod
    def tensors(inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Query, value and, where it is given, key: the inputs without the mask."""
        return tuple(inputs[:-1] if len(inputs) > 2 and has_mask(inputs) else inputs)

    @staticmethod
    def parts(inputs: tuple[Tensor, ...]) -> tuple[Shape, Shape, Shape]:
        return _Attending.parts(_Projected.tensors(inputs))

    def arguments(
        self, given: Sequence[Any], inputs: Sequence[Tensor]
    ) -> tuple[list[Any], dict[str, Any]]:
        count = len(self.tensors(inputs)) if inputs else min(len(given), 3)
        mask = {"attention_mask": given[count]} if len(given) > count else {}
        return list(given[:count]), mask | self.call_arguments

    def check_mask(self, inputs: tuple[Tensor, ...]) -> None:
        """Refuse a mask that does not say of each pair of steps whether it counts. Raises
        Invalid.
        """
        query, value, _ = self.parts(inputs)
        layer = type(self).__name__
        given = self.tensors(inputs)
        if len(given) > 3:
            raise Invalid(MASK_TYPE, layer=layer, dtype=given[-1].dtype)
        if len(given) == len(inputs):
            return
        mask, wanted = inputs[-1].shape, (query[0], query[1], value[1])
        pairs = zip(mask[1:], wanted[1:], strict=False)
        fits = all(None in pair or pair[0] in (1, pair[1]) for pair in pairs)
        if len(query) != 3 or len(mask) != 3 or not fits:
            expected, found = shape_text(wanted), shape_text(mask)
            raise Invalid(MASK, layer=layer, expected=expected, found=found)

    def check_parts(self, inputs: tuple[Tensor, ...]) -> None:
        """Refuse inputs that no projection can take. Raises Invalid."""
        self.check_mask(inputs)
        if self.flash_attention and self.dropout:
            raise Invalid(FLASH, param="dropout", dropout=self.dropout)
        query, value, key = self.parts(inputs)
        self.agree("axes between batch and features", ("value", "key"), (value[1:-1], key[1:-1]))
        self.agree("batch", ("query", "value"), (query[:1], value[:1]))
        for tensor in self.tensors(inputs):
            self.known(tensor, -1)

    def projections(
        self, made: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> dict[str, Weight]:
        """Kernel and bias of each projection."""
        found = {}
        for name, (kernel, bias) in made.items():
            found[f"{name}/kernel"] = Weight(kernel, self.trainable)
            if self.use_bias:
                found[f"{name}/bias"] = Weight(bias, self.trainable)
        return found

    def projected_macs(
        self, inputs: tuple[Tensor, ...], weights: dict[str, Weight], heads: int, width: int
    ) -> Dim:
        """The projections of every step, and for each pair of steps its score and its share."""
        query, value, _ = self.parts(inputs)
        steps = {"key": product(value[1:-1]), "value": product(value[1:-1])}
        total: Dim = product((*query[1:-1], *value[1:-1], heads, width))
        for name, weight in weights.items():
            projection, _, kind = name.partition("/")
            if kind == "kernel":
                cost = product((weight.count, steps.get(projection, product(query[1:-1]))))
                total = None if cost is None or total is None else total + cost
        return total


class MultiHeadAttention(_Projected):
    """Attend several times at once, each time to projections of its own, and join the results.

    Input:  query (batch, query_steps, features), value (batch, steps, value_features), and key
            (batch, steps, key_features), which is the value where it is not connected; behind them,
            where it is connected, which pairs of steps count (batch, query_steps, steps), of dtype
            bool
    Output: (batch, query_steps, features)
    """

    entries = (
        Entry("Multi-Head Attention", "多头注意力", keywords=("transformer", "self-attention")),
    )
    source = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    examples = (
        Example(((None, 7, 6), (None, 5, 4)), (None, 7, 6), {"num_heads": 2, "key_dim": 3}, 144),
        Example(
            ((None, 7, 6), (None, 5, 4), (None, 5, 8)),
            (None, 7, 9),
            {"num_heads": 2, "key_dim": 3, "value_dim": 5, "output_shape": [9], "use_bias": False},
            weights=214,
        ),
        Example(
            ((None, 3, 4, 6), (None, 3, 5, 6)),
            (None, 3, 4, 6),
            {"num_heads": 1, "key_dim": 2, "attention_axes": [2], "use_gate": True},
            weights=74,
        ),
        Example(
            ((None, None, 6), (None, None, 6)),
            (None, None, 6),
            {
                "num_heads": 2,
                "key_dim": 3,
                "dropout": 0.1,
                "sliding_window": 2,
                "use_causal_mask": True,
            },
            weights=168,
        ),
        Example(
            ((None, 7, 6), (None, 5, 4), (None, 7, 5)),
            (None, 7, 6),
            {"num_heads": 2, "key_dim": 3},
            weights=144,
            dtype=("float32", "float32", "bool"),
        ),
        Example(
            ((None, 5, 6), (None, 5, 4), (None, 5, 8), (None, 1, 5)),
            (None, 5, 6),
            {"num_heads": 2, "key_dim": 3, "use_causal_mask": True},
            weights=168,
            dtype=("float32", "float32", "float32", "bool"),
        ),
    )

    num_heads = Int(minimum=1, preset=8, help="Number of heads.")
    key_dim = Int(minimum=1, preset=64, help="Width of each head's queries and keys.")
    value_dim = Nullable(Int(minimum=1, help="Width of each head's values; empty for key_dim."))
    output_shape = Nullable(
        Numbers(whole=True, minimum=1, help="Last axes of the output; empty for the query's width.")
    )
    attention_axes = Nullable(
        Axes(help="Axes along which to attend; empty for all between batch and features.")
    )

    @property
    def width(self) -> int:
        """Width of each head's values."""
        return self.value_dim or self.key_dim

    def last(self, inputs: tuple[Tensor, ...]) -> tuple[int, ...]:
        """Last axes of the output."""
        given = self.output_shape
        if isinstance(given, tuple) and given:
            return tuple(int(size) for size in given)
        return (self.known(inputs[0], -1),)

    def output(self, *inputs: Tensor) -> Tensor:
        for tensor in self.tensors(inputs):
            self.check_least(tensor, 3)
        self.check_parts(inputs)
        query, value, _ = self.parts(inputs)
        if len(query) > 3 and (self.use_causal_mask or self.sliding_window):
            raise Invalid(SEQUENCES, shape=shape_text(query))
        self.agree("number of axes", ("query", "value"), ((len(query),), (len(value),)))
        places = self.places(inputs[0])
        kept = [axis for axis in range(1, len(query) - 1) if axis not in places]
        for axis in kept:
            self.agree("axes not attended to", ("query", "value"), ((query[axis],), (value[axis],)))
        return Tensor((*query[:-1], *self.last(inputs)))

    def places(self, tensor: Tensor) -> tuple[int, ...]:
        """The attended axes, counted from the front. Raises Invalid."""
        among = range(1, tensor.rank - 1)
        if not self.attention_axes:
            return tuple(among)
        # Keras counts negative axes among those before the heads: -1 is the features.
        places = tuple(axis % tensor.rank if axis < 0 else axis for axis in self.attention_axes)
        if len(set(places)) < len(places) or not set(places) <= set(among):
            shape = shape_text(tensor.shape)
            raise Invalid(BAD_AXES, param="attention_axes", axes=self.attention_axes, shape=shape)
        return places

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        query, value, key = (dim[-1] or 0 for dim in self.parts(inputs))
        keys, values = (self.num_heads, self.key_dim), (self.num_heads, self.width)
        made = {"query": ((query, *keys), keys), "key": ((key, *keys), keys)}
        if self.use_gate:
            made["gate"] = ((query, *values), values)
        made["value"] = ((value, *values), values)
        last = self.last(inputs)
        found = self.projections(made)
        return found | self.projections({"attention_output": ((*values, *last), last)})

    def macs(self, *inputs: Tensor) -> Dim:
        weights = self.weights(*inputs)
        return self.projected_macs(inputs, weights, self.num_heads, self.key_dim + self.width)


class GroupQueryAttention(_Projected):
    """Attend with several heads, of which groups share their keys and values.

    Input:  query (batch, query_steps, features), value (batch, steps, features), and key
            (batch, steps, key_features), which is the value where it is not connected; behind them,
            where it is connected, which pairs of steps count (batch, query_steps, steps), of dtype
            bool
    Output: (batch, query_steps, features)
    """

    entries = (Entry("Group Query Attention", "分组查询注意力", keywords=("GQA", "llama")),)
    input_rank = 3
    axis_names = ("batch", "steps", "features")
    source = "Ainslie et al. 2023, https://arxiv.org/abs/2305.13245"
    examples = (
        Example(
            ((None, 7, 6), (None, 5, 6)),
            (None, 7, 6),
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
            weights=246,
        ),
        Example(
            ((None, 7, 6), (None, 5, 6), (None, 5, 6)),
            (None, 7, 6),
            {
                "head_dim": 2,
                "num_query_heads": 2,
                "num_key_value_heads": 1,
                "use_gate": True,
                "use_bias": False,
            },
            weights=96,
        ),
        Example(
            ((None, 7, 6), (None, 5, 6), (None, 7, 5)),
            (None, 7, 6),
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
            weights=246,
            dtype=("float32", "float32", "bool"),
        ),
    )

    head_dim = Int(minimum=1, preset=64, help="Width of each head.")
    num_query_heads = Int(minimum=1, preset=8, help="Number of heads.")
    num_key_value_heads = Int(minimum=1, preset=2, help="Number of groups of heads.")

    def output(self, *inputs: Tensor) -> Tensor:
        for tensor in self.tensors(inputs):
            self.check_rank(tensor)
        if self.num_query_heads % self.num_key_value_heads:
            raise Invalid(
                HEADS,
                param="num_query_heads",
                query=self.num_query_heads,
                other=self.num_key_value_heads,
            )
        self.check_parts(inputs)
        query, value, _ = self.parts(inputs)
        self.agree("features", ("query", "value"), (query[-1:], value[-1:]))
        return Tensor(query)

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        query, value, key = (dim[-1] or 0 for dim in self.parts(inputs))
        heads = (self.num_query_heads, self.head_dim)
        groups = (self.num_key_value_heads, self.head_dim)
        made = {"query": ((query, *heads), heads), "key": ((key, *groups), groups)}
        if self.use_gate:
            made["gate"] = ((query, *heads), heads)
        made["value"] = ((value, *groups), groups)
        found = self.projections(made)
        return found | self.projections({"attention_output": ((*heads, query), (query,))})

    def macs(self, *inputs: Tensor) -> Dim:
        weights = self.weights(*inputs)
        return self.projected_macs(inputs, weights, self.num_query_heads, 2 * self.head_dim)
