"""Convolutional LSTM: a state of images that is carried along a sequence of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from layers.catalog.activation import ACTIVATIONS
from layers.catalog.convolution import check_strides
from layers.categories import Category
from layers.layer import Example, Family, Layer, Weight, call_training
from layers.params import Bool, Choice, Float, Function, Int, Ints, Nullable, Of
from layers.spatial import AXES, window_output
from layers.states import INPUT_NAMES, called_with, check_states
from layers.tensor import Dim, Shape, Tensor, product
from layers.variants import Constraint, Initializer, Regularizer

CONV_LSTM = Family(
    "conv-lstm",
    "Convolutional LSTM",
    "卷积长短期记忆网络",
    Category.RECURRENT,
    ("video", "ConvLSTM"),
)


class _ConvLSTM(Layer):
    """Shared ground of the convolutional LSTMs."""

    category = Category.RECURRENT
    family = CONV_LSTM
    training_differs = True
    call_params = ("training",)
    max_inputs = 4
    input_names = INPUT_NAMES
    rank: ClassVar[int]
    states = 2

    filters = Int(minimum=1, preset=32, help="Number of output channels.")
    kernel_size = Ints(2, preset=[3, 3], help="Height and width of the window.")
    strides = Ints(2, 1, help="Step between windows over the input.")
    padding = Choice(("valid", "same"), "valid", help="What happens at the borders of the input.")
    dilation_rate = Ints(2, 1, help="Step between the inputs of a window.", advanced=True)
    activation = Function(ACTIVATIONS, "tanh", help="Function of the new state.")
    recurrent_activation = Function(
        ACTIVATIONS, "sigmoid", help="Function of the gates.", advanced=True
    )
    use_bias = Bool(True, help="Whether learned values are added.")
    unit_forget_bias = Bool(True, help="Whether the forget gate's bias starts at 1.", advanced=True)
    return_sequences = Bool(False, help="Whether every step's output is given, not only the last.")
    return_state = Bool(False, help="Whether the last state is given too, as further outputs.")
    dropout = Float(0.0, minimum=0.0, maximum=1.0, help="Part of the inputs dropped in training.")
    recurrent_dropout = Float(
        0.0, minimum=0.0, maximum=1.0, help="Part of the state dropped in training.", advanced=True
    )
    go_backwards = Bool(False, help="Whether the sequence is read from its end.", advanced=True)
    stateful = Bool(False, help="Whether the state is kept from batch to batch.", advanced=True)
    kernel_initializer = Of(Initializer, "GlorotUniform", help="How the input kernel starts.")
    recurrent_initializer = Of(Initializer, "Orthogonal", help="How the state's kernel starts.")
    bias_initializer = Of(Initializer, "Zeros", help="How the bias starts.")
    kernel_regularizer = Nullable(Of(Regularizer, help="Penalty on the input kernel."))
    recurrent_regularizer = Nullable(Of(Regularizer, help="Penalty on the state's kernel."))
    bias_regularizer = Nullable(Of(Regularizer, help="Penalty on the bias."))
    activity_regularizer = Nullable(Of(Regularizer, help="Penalty on the output."))
    kernel_constraint = Nullable(Of(Constraint, help="Limit on the input kernel."))
    recurrent_constraint = Nullable(Of(Constraint, help="Limit on the state's kernel."))
    bias_constraint = Nullable(Of(Constraint, help="Limit on the bias."))
    seed = Nullable(Int(help="Makes the dropout repeatable.", advanced=True))
    trainable = Bool(True, help="Whether training changes the weights.", advanced=True)
    training = call_training(False)

    def state(self, tensor: Tensor) -> tuple[Dim, ...]:
        """Shape of the state without its batch. Raises Invalid."""
        spatial = window_output(
            self,
            tensor.shape[2:-1],
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
        )
        return (*spatial, self.filters)

    def state_shapes(self, tensor: Tensor) -> tuple[Shape, ...]:
        return ((tensor.shape[0], *self.state(tensor)),) * self.states

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        tensor = inputs[0]
        self.check_rank(tensor)
        for axis in range(2, tensor.rank):
            self.known(tensor, axis)
        check_strides(self, self.strides, self.dilation_rate)
        kept = self.state_shapes(tensor)
        check_states(type(self).__name__, inputs, kept)
        batch, steps, *_ = tensor.shape
        state = Tensor(kept[0])
        result = Tensor((batch, steps, *state.shape[1:])) if self.return_sequences else state
        return (result, *map(Tensor, kept)) if self.return_state else result

    def mask(self, *masks: bool) -> bool:
        return self.return_sequences and masks[0]

    def arguments(
        self, given: Sequence[Any], inputs: Sequence[Tensor]
    ) -> tuple[list[Any], dict[str, Any]]:
        by_position, by_name = called_with(given, inputs, self.states)
        return by_position, by_name | self.call_arguments

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        channels = self.known(inputs[0], -1)
        width = 4 * self.filters
        made = {
            "kernel": Weight((*self.kernel_size, channels, width), self.trainable),
            "recurrent_kernel": Weight((*self.kernel_size, self.filters, width), self.trainable),
        }
        if self.use_bias:
            made["bias"] = Weight((width,), self.trainable)
        return made

    def macs(self, *inputs: Tensor) -> Dim:
        weights = self.weights(*inputs)
        kernels = weights["kernel"].count + weights["recurrent_kernel"].count
        return product((inputs[0].shape[1], *self.state(inputs[0])[:-1], kernels))


class ConvLSTM1D(_ConvLSTM):
    """Long short-term memory whose state is a sequence and whose products are convolutions.

    Input:  (batch, time, steps, channels); behind it, where they are connected, the two states to
            start from, as the output is without return_sequences, and a mask (batch, time)
    Output: (batch, new_steps, filters), or (batch, time, new_steps, filters) with return_sequences
    """

    rank = 1
    input_rank = 4
    axis_names = ("batch", "time", *AXES[1][1:])
    source = "Shi et al. 2015, https://arxiv.org/abs/1506.04214"
    examples = (
        Example((None, 4, 9, 2), (None, 7, 3), {"filters": 3, "kernel_size": 3}, weights=192),
        Example(
            (None, None, 9, 2),
            ((None, None, 9, 3), (None, 9, 3), (None, 9, 3)),
            {
                "filters": 3,
                "kernel_size": 2,
                "padding": "same",
                "return_sequences": True,
                "return_state": True,
                "use_bias": False,
            },
            weights=120,
        ),
    )

    kernel_size = Ints(1, preset=[3], help="Length of the window.")
    strides = Ints(1, 1, help="Step between windows over the input.")
    dilation_rate = Ints(1, 1, help="Step between the inputs of a window.", advanced=True)


class ConvLSTM2D(_ConvLSTM):
    """Long short-term memory whose state is an image and whose products are convolutions.

    Input:  (batch, time, height, width, channels); behind it, where they are connected, the two
            states to start from, as the output is without return_sequences, and a mask (batch,
            time)
    Output: (batch, new_height, new_width, filters), or (batch, time, new_height, new_width,
            filters) with return_sequences
    """

    rank = 2
    input_rank = 5
    axis_names = ("batch", "time", *AXES[2][1:])
    source = "Shi et al. 2015, https://arxiv.org/abs/1506.04214"
    examples = (
        Example((None, 3, 6, 5, 2), (None, 4, 3, 2), {"filters": 2, "kernel_size": 3}, weights=296),
        Example(
            ((None, 3, 6, 5, 2), (None, 4, 3, 2), (None, 4, 3, 2)),
            (None, 4, 3, 2),
            {"filters": 2, "kernel_size": 3},
            weights=296,
        ),
        Example(
            (None, 3, 6, 6, 2),
            (None, 3, 3, 3, 2),
            {
                "filters": 2,
                "kernel_size": 2,
                "strides": 2,
                "padding": "same",
                "return_sequences": True,
            },
            weights=136,
        ),
    )


class ConvLSTM3D(_ConvLSTM):
    """Long short-term memory whose state is a volume and whose products are convolutions.

    Input:  (batch, time, depth, height, width, channels); behind it, where they are connected, the
            two states to start from, as the output is without return_sequences, and a mask (batch,
            time)
    Output: (batch, new_depth, new_height, new_width, filters), or with the time axis behind the
            batch with return_sequences
    """

    rank = 3
    input_rank = 6
    axis_names = ("batch", "time", *AXES[3][1:])
    source = "Shi et al. 2015, https://arxiv.org/abs/1506.04214"
    examples = (
        Example(
            (None, 2, 4, 4, 4, 1), (None, 3, 3, 3, 2), {"filters": 2, "kernel_size": 2}, weights=200
        ),
    )

    kernel_size = Ints(3, preset=[3, 3, 3], help="Depth, height and width of the window.")
    strides = Ints(3, 1, help="Step between windows over the input.")
    dilation_rate = Ints(3, 1, help="Step between the inputs of a window.", advanced=True)
