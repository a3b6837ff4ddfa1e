"""The everyday layers: fully connected, dropout, embedding."""

from __future__ import annotations

from typing import ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.catalog.noise import check_noise_shape
from layers.categories import Category
from layers.costs import Field
from layers.layer import Effect, Entry, Example, Layer, Masks, Weight, call_training
from layers.params import Bool, Choice, Float, Function, Int, Nullable, Of, ShapeOf
from layers.tensor import Dim, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer


class Dense(Layer):
    """Connect every input to every unit: ``activation(input · kernel + bias)`` along the last axis.

    Input:  (batch, ..., features)
    Output: (batch, ..., units)
    """

    category = Category.COMMON
    entries = (
        Entry(
            "Inner Product",
            "全连接层",
            keywords=("fully connected", "fc", "linear", "InnerProduct"),
        ),
    )
    axis_names = ("batch", "...", "features")
    source = "https://keras.io/api/layers/core_layers/dense/"
    examples = (
        Example((None, 784), (None, 512), {"units": 512}, weights=401_920),
        Example((None, 7, 3), (None, 7, 5), {"units": 5, "use_bias": False}, weights=15),
        Example((None, None, 4), (None, None, 2), {"units": 2, "activation": "relu"}, weights=10),
        Example(
            (None, 6),
            (None, 3),
            {
                "units": 3,
                "kernel_initializer": {"type": "HeNormal", "seed": 1},
                "kernel_regularizer": {"type": "L2", "l2": 0.001},
                "bias_constraint": "NonNeg",
            },
            weights=21,
        ),
    )

    units = Int(minimum=1, preset=128, help="Number of outputs.")
    activation = Function(ACTIVATIONS, "linear", help="Function applied to the result.")
    use_bias = Bool(True, help="Whether a learned value is added to each unit.")
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the kernel starts.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the kernel."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the kernel."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_least(tensor, 2)
        self.known(tensor, -1)
        return Tensor((*tensor.shape[:-1], self.units))

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        features = self.known(inputs[0], -1)
        made = {"kernel": Weight((features, self.units), self.trainable)}
        if self.use_bias:
            made["bias"] = Weight((self.units,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        return product((*inputs[0].shape[1:], self.units))


class Dropout(Layer):
    """Set a random part of the inputs to zero while training, and scale up the rest.

    Input:  (batch, ...)
    Output: the same
    """

    effect: ClassVar[Effect] = "maps"
    category = Category.COMMON
    entries = (Entry("Dropout", "舍弃", keywords=("regularization",)),)
    source = "Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html"
    training_only = True
    call_params = ("training",)
    examples = (
        Example((None, 512), (None, 512), {"rate": 0.2}),
        Example((None, 4, 6), (None, 4, 6), {"rate": 0.5, "noise_shape": [None, 1, 6], "seed": 3}),
    )

    rate = Float(
        minimum=0.0, maximum=1.0, preset=0.5, help="Part of the inputs set to zero, 0 to 1."
    )
    noise_shape = Nullable(
        ShapeOf(
            help="Shape of the random mask, batch included; 1 where an axis shares it.",
            advanced=True,
        )
    )
    seed = Nullable(Int(help="Makes the choice repeatable.", advanced=True))
    training = call_training(False)

    def output(self, *inputs: Tensor) -> Tensor:
        check_noise_shape(self.noise_shape, inputs[0])
        return inputs[0]

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        return field


class Embedding(Layer):
    """Look up a learned vector for each whole number, such as the index of a word.

    Input:  (batch, ...) of whole numbers below input_dim
    Output: (batch, ..., output_dim)
    """

    category = Category.COMMON
    entries = (Entry("Embed", "嵌入", keywords=("word", "token", "lookup")),)
    masks: ClassVar[Masks] = "unknown"
    source = "https://keras.io/api/layers/core_layers/embedding/"
    examples = (
        Example(
            (None, 80),
            (None, 80, 128),
            {"input_dim": 20_000, "output_dim": 128},
            2_560_000,
            "int32",
        ),
        Example(
            (None, None),
            (None, None, 4),
            {"input_dim": 9, "output_dim": 4, "mask_zero": True},
            36,
            "int32",
        ),
    )

    input_dim = Int(minimum=1, preset=10_000, help="Number of different tokens.")
    output_dim = Int(minimum=1, preset=128, help="Length of each vector.")
    embeddings_initializer = Of(Initializer, "RandomUniform", help="How the vectors start.")
    embeddings_regularizer = Nullable(Of(Regularizer, help="Penalty on the vectors."))
    embeddings_constraint = Nullable(Of(Constraint, help="Limit on the vectors."))
    mask_zero = Bool(False, help="Whether token 0 is padding that later layers skip.")
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor((*inputs[0].shape, self.output_dim))

    def mask(self, *masks: bool) -> bool:
        return self.mask_zero

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        return {"embeddings": Weight((self.input_dim, self.output_dim), self.trainable)}


class ReversibleEmbedding(Embedding):
    """Look up a learned vector for each whole number, with weights that can also be used backwards,
    to score every token.

    Input:  (batch, ...) of whole numbers below input_dim
    Output: (batch, ..., output_dim)
    """

    entries = (Entry("Reversible Embed", "可逆嵌入", keywords=("tied", "language model")),)
    masks = "stop"
    source = "Press & Wolf 2017, https://arxiv.org/abs/1608.05859"
    examples = (
        Example((None, 8), (None, 8, 4), {"input_dim": 9, "output_dim": 4}, 36, "int32"),
        Example(
            (None, 8),
            (None, 8, 4),
            {"input_dim": 9, "output_dim": 4, "tie_weights": False, "mask_zero": True},
            weights=72,
            dtype="int32",
        ),
    )

    tie_weights = Bool(True, help="Whether backwards uses the same weights.")
    reverse_dtype = Nullable(
        Choice(("float32", "float64", "float16"), help="Type used backwards.", advanced=True)
    )
    logit_soft_cap = Nullable(
        Float(minimum=1e-6, help="Limit of the scores backwards.", advanced=True)
    )

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        made = super().weights(*inputs)
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            made["reverse_embeddings"] = Weight(shape, self.trainable)
        return made
