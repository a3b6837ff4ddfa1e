"""Recurrent layers: a state that is carried along a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layers.catalog.activation import ACTIVATIONS
from layers.categories import Category
from layers.layer import Entry, Example, Layer, Weight, call_training
from layers.params import Bool, Float, Function, Int, Nullable, Of
from layers.states import INPUT_NAMES, called_with, check_states
from layers.tensor import Dim, Shape, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer


class _Recurrent(Layer):
    """Shared ground of the recurrent layers."""

    training_differs = True
    call_params = ("training",)
    category = Category.RECURRENT
    input_names = INPUT_NAMES
    input_rank = 3
    axis_names = ("batch", "steps", "features")

    units = Int(minimum=1, preset=128, help="Size of the output and of the state.")
    activation = Function(ACTIVATIONS, "tanh", help="Function of the new state.")
    use_bias = Bool(True, help="Whether learned values are added.")
    return_sequences = Bool(False, help="Whether every step's output is given, not only the last.")
    return_state = Bool(False, help="Whether the last state is given too, as further outputs.")
    dropout = Float(0.0, minimum=0.0, maximum=1.0, help="Part of the inputs dropped in training.")
    recurrent_dropout = Float(
        0.0, minimum=0.0, maximum=1.0, help="Part of the state dropped in training.", advanced=True
    )
    go_backwards = Bool(False, help="Whether the sequence is read from its end.", advanced=True)
    stateful = Bool(False, help="Whether the state is kept from batch to batch.", advanced=True)
    unroll = Bool(
        False, help="Whether the loop is written out: faster, more memory.", advanced=True
    )
    zero_output_for_mask = Bool(False, help="Whether masked steps give zeros.", advanced=True)
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the input weights start.")
    recurrent_initializer = Of(Initializer, "Orthogonal", help="How the state's weights start.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the input weights."))
    recurrent_regularizer = Nullable(Of(Regularizer, help="Penalty on the state's weights."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the input weights."))
    recurrent_constraint = Nullable(Of(Constraint, help="Limit on the state's weights."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    seed = Nullable(Int(help="Makes the dropout repeatable.", advanced=True))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)
    training = call_training(False)

    gates = 1
    """Blocks of weights side by side in one kernel."""
    states = 1

    def state_shapes(self, tensor: Tensor) -> tuple[Shape, ...]:
        return ((tensor.shape[0], self.units),) * self.states

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        tensor = inputs[0]
        self.check_rank(tensor)
        self.known(tensor, -1)
        kept = self.state_shapes(tensor)
        check_states(type(self).__name__, inputs, kept)
        batch, steps, _ = tensor.shape
        state = Tensor(kept[0])
        result = Tensor((batch, steps, self.units)) if self.return_sequences else state
        return (result, *map(Tensor, kept)) if self.return_state else result

    def mask(self, *masks: bool) -> bool:
        return self.return_sequences and masks[0]

    def arguments(
        self, given: Sequence[Any], inputs: Sequence[Tensor]
    ) -> tuple[list[Any], dict[str, Any]]:
        by_position, by_name = called_with(given, inputs, self.states)
        return by_position, by_name | self.call_arguments

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        features = self.known(inputs[0], -1)
        width = self.gates * self.units
        made = {
            "kernel": Weight((features, width), self.trainable),
            "recurrent_kernel": Weight((self.units, width), self.trainable),
        }
        if self.use_bias:
            made["bias"] = Weight(self.bias_shape(width), self.trainable)
        return made

    def bias_shape(self, width: int) -> tuple[int, ...]:
        """Shape of the bias of all gates together."""
        return (width,)

    def macs(self, *inputs: Tensor) -> Dim:
        features = self.known(inputs[0], -1)
        step = self.gates * self.units * (features + self.units)
        return product((inputs[0].shape[1], step))


class LSTM(_Recurrent):
    """Long short-term memory: gates decide what to forget, to store and to give out at each step.

    Input:  (batch, steps, features); behind it, where they are connected, the two states to start
            from, hidden and cell, both (batch, units), and a mask (batch, steps) of dtype bool
    Output: (batch, units), or (batch, steps, units) with return_sequences
    """

    max_inputs = 4
    entries = (Entry("LSTM", "长短期记忆网络", keywords=("sequence", "memory")),)
    source = "Hochreiter & Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735"
    gates = 4
    states = 2
    examples = (
        Example((None, 80, 128), (None, 128), {"units": 128}, weights=131_584),
        Example(
            (None, None, 5),
            (None, None, 3),
            {"units": 3, "return_sequences": True, "use_bias": False},
            weights=96,
        ),
        Example(
            (None, 7, 5),
            ((None, 3), (None, 3), (None, 3)),
            {"units": 3, "return_state": True},
            weights=108,
        ),
        Example(
            ((None, 7, 5), (None, 3), (None, 3)),
            (None, 7, 3),
            {"units": 3, "return_sequences": True},
            weights=108,
        ),
        Example(
            ((None, 7, 5), (None, 3), (None, 3), (None, 7)),
            (None, 3),
            {"units": 3},
            108,
            ("float32", "float32", "float32", "bool"),
        ),
    )

    recurrent_activation = Function(
        ACTIVATIONS, "sigmoid", help="Function of the gates.", advanced=True
    )
    unit_forget_bias = Bool(True, help="Whether the forget gate's bias starts at 1.", advanced=True)


class GRU(_Recurrent):
    """Gated recurrent unit: two gates decide how much of the state is renewed at each step.

    Input:  (batch, steps, features); behind it, where they are connected, the state to start from
            (batch, units), and a mask (batch, steps) of dtype bool
    Output: (batch, units), or (batch, steps, units) with return_sequences
    """

    max_inputs = 3
    entries = (Entry("GRU", "门控循环单元", keywords=("sequence", "gated")),)
    source = "Cho et al. 2014, https://arxiv.org/abs/1406.1078"
    gates = 3
    examples = (
        Example((None, 8, 5), (None, 3), {"units": 3}, weights=90),
        Example((None, 8, 5), (None, 3), {"units": 3, "reset_after": False}, weights=81),
        Example(
            (None, None, 5),
            ((None, None, 3), (None, 3)),
            {"units": 3, "return_sequences": True, "return_state": True},
            weights=90,
        ),
        Example(((None, 8, 5), (None, 3)), (None, 3), {"units": 3}, weights=90),
        Example(
            ((None, 8, 5), (None, 8)),
            (None, 8, 3),
            {"units": 3, "return_sequences": True},
            90,
            ("float32", "bool"),
        ),
    )

    recurrent_activation = Function(
        ACTIVATIONS, "sigmoid", help="Function of the gates.", advanced=True
    )
    reset_after = Bool(True, help="Whether the reset gate acts after the product.", advanced=True)

    def bias_shape(self, width: int) -> tuple[int, ...]:
        return (2, width) if self.reset_after else (width,)


class SimpleRNN(_Recurrent):
    """The plain recurrent network: the new state is a function of the input and the old state.

    Input:  (batch, steps, features); behind it, where they are connected, the state to start from
            (batch, units), and a mask (batch, steps) of dtype bool
    Output: (batch, units), or (batch, steps, units) with return_sequences
    """

    max_inputs = 3
    entries = (Entry("RNN", "循环神经网络", keywords=("sequence", "recurrent", "Elman")),)
    source = "Elman 1990, https://doi.org/10.1207/s15516709cog1402_1"
    examples = (
        Example((None, 8, 5), (None, 3), {"units": 3}, weights=27),
        Example(
            (None, None, 5),
            ((None, None, 3), (None, 3)),
            {"units": 3, "return_sequences": True, "return_state": True},
            weights=27,
        ),
        Example(
            ((None, 8, 5), (None, 3)), (None, 3), {"units": 3, "go_backwards": True}, weights=27
        ),
    )
