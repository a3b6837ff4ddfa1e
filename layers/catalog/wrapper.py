"""Layers around a layer: for each step, or in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layers.categories import Category
from layers.diagnostics import InsertBefore, Invalid, Problem
from layers.layer import Entry, Example, Layer, Weight, call_training
from layers.params import Choice, Inner, Int, Nullable
from layers.states import INPUT_NAMES, called_with, check_states
from layers.tensor import Dim, Tensor, product

ONE_OUTPUT = Problem(
    "wrapper.one_output",
    "{layer} needs an inner layer with one output; {inner} has {count}.",
    "Switch return_state of the inner layer off.",
)


class TimeDistributed(Layer):
    """Apply the same layer, with the same weights, to every step of a sequence.

    Input:  (batch, steps, ...)
    Output: (batch, steps, ...) with the inner layer's axes
    """

    category = Category.WRAPPER
    training_differs = True
    call_params = ("training",)
    entries = (Entry("Time Distributed", "时间分布包装器", keywords=("every step", "wrapper")),)
    source = "https://keras.io/api/layers/recurrent_layers/time_distributed/"
    examples = (
        Example((None, 6, 8), (None, 6, 5), {"layer": {"type": "Dense", "units": 5}}, weights=45),
        Example(
            (None, 4, 9, 9, 3),
            (None, 4, 7, 7, 2),
            {"layer": {"type": "Conv2D", "filters": 2, "kernel_size": 3}},
            weights=56,
        ),
    )

    layer = Inner(preset={"type": "Dense", "units": 64}, help="The layer applied to each step.")
    training = call_training(None)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_least(tensor, 3)
        output = given(self.layer, step(tensor))
        if isinstance(output, tuple):
            raise Invalid(
                ONE_OUTPUT,
                param="layer",
                layer="TimeDistributed",
                inner=type(self.layer).__name__,
                count=len(output),
            )
        return output.with_shape((tensor.shape[0], tensor.shape[1], *output.shape[1:]))

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        return self.layer.weights(step(inputs[0]))

    def macs(self, *inputs: Tensor) -> Dim:
        return product((inputs[0].shape[1], self.layer.macs(step(inputs[0]))))


class Bidirectional(Layer):
    """Read a sequence from both ends with two copies of a recurrent layer, and merge the results.

    Input:  (batch, steps, features); behind it, where they are connected, the states from which
            the two copies start (batch, units), those of the first before those of the second, and
            a mask (batch, steps) of dtype bool
    Output: (batch, units), or (batch, steps, units); twice the units with merge_mode concat
    """

    category = Category.WRAPPER
    training_differs = True
    call_params = ("training",)
    max_inputs = 6
    input_names = INPUT_NAMES
    entries = (Entry("Bidirectional", "双向RNN包装器", keywords=("both directions", "wrapper")),)
    input_rank = 3
    axis_names = ("batch", "steps", "features")
    source = "Schuster & Paliwal 1997, https://doi.org/10.1109/78.650093"
    examples = (
        Example((None, 8, 5), (None, 6), {"layer": {"type": "LSTM", "units": 3}}, weights=216),
        Example(
            (None, None, 5),
            (None, None, 3),
            {
                "layer": {"type": "GRU", "units": 3, "return_sequences": True},
                "merge_mode": "sum",
            },
            weights=180,
        ),
        Example(
            (None, 8, 5),
            ((None, 3), (None, 3)),
            {"layer": {"type": "SimpleRNN", "units": 3}, "merge_mode": None},
            weights=54,
        ),
        Example(
            (None, 8, 5),
            ((None, 6), (None, 3), (None, 3), (None, 3), (None, 3)),
            {"layer": {"type": "LSTM", "units": 3, "return_state": True}},
            weights=216,
        ),
        Example(
            ((None, 8, 5), *((None, 3),) * 4),
            (None, 6),
            {"layer": {"type": "LSTM", "units": 3}},
            weights=216,
        ),
        Example(
            ((None, 8, 5), (None, 3), (None, 3), (None, 8)),
            (None, 8, 3),
            {
                "layer": {"type": "GRU", "units": 3, "return_sequences": True},
                "merge_mode": "ave",
            },
            180,
            ("float32", "float32", "float32", "bool"),
        ),
    )

    layer = Inner(
        "GRU",
        "LSTM",
        "SimpleRNN",
        preset={"type": "LSTM", "units": 64},
        help="The recurrent layer; a second copy reads the sequence from its end.",
    )
    merge_mode = Nullable(
        Choice(
            ("concat", "sum", "mul", "ave"),
            help="How the two results become one; empty for two outputs.",
        ),
        "concat",
    )
    training = call_training(None)

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        # Keras writes the second copy out, too; one of its own would have other parameters.
        forward, backward = _inner(config.get("layer")), _inner(config.get("backward_layer"))
        mirrored = {"go_backwards": forward is not None and not forward.get("go_backwards", False)}
        if forward is not None and backward == forward | mirrored:
            config.pop("backward_layer")
        return config

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...] | Tensor:
        self.check_rank(inputs[0])
        gives = given(self.layer, inputs[0], has_same=True)
        check_states("Bidirectional", inputs, 2 * self.layer.state_shapes(inputs[0]))
        one, *last = gives if isinstance(gives, tuple) else (gives,)
        kept = [*last, *last]
        if self.merge_mode is None:
            return (one, one, *kept)
        if self.merge_mode == "concat":
            width = one.shape[-1]
            one = one.with_shape((*one.shape[:-1], None if width is None else 2 * width))
        return (one, *kept) if kept else one

    def mask(self, *masks: bool) -> bool:
        return self.layer.mask(*masks)

    def arguments(
        self, given: Sequence[Any], inputs: Sequence[Tensor]
    ) -> tuple[list[Any], dict[str, Any]]:
        by_position, by_name = called_with(given, inputs, 2 * self.layer.states)
        return by_position, by_name | self.call_arguments

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        inner = self.layer.weights(*inputs)
        return {
            f"{direction}/{name}": weight
            for direction in ("forward", "backward")
            for name, weight in inner.items()
        }

    def macs(self, *inputs: Tensor) -> Dim:
        return product((2, self.layer.macs(*inputs)))


def _inner(layer: object) -> dict[str, Any] | None:
    """The configuration of a Keras layer inside another, without its name."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(config, dict):
        return None
    return {name: value for name, value in config.items() if name != "name"}


class SpectralNormalization(Layer):
    """Divide a layer's kernel by its largest singular value, after each step of training.

    Input:  what the inner layer takes
    Output: what the inner layer gives
    """

    category = Category.WRAPPER
    entries = (
        Entry("Spectral Normalization", "谱归一化", keywords=("GAN", "Lipschitz", "wrapper")),
    )
    training_differs = True
    call_params = ("training",)
    masks = "unknown"
    source = "Miyato et al. 2018, https://arxiv.org/abs/1802.05957"
    examples = (
        Example((None, 6), (None, 5), {"layer": {"type": "Dense", "units": 5}}, weights=40),
        Example(
            (None, 9, 9, 3),
            (None, 7, 7, 2),
            {
                "layer": {"type": "Conv2D", "filters": 2, "kernel_size": 3, "trainable": False},
                "power_iterations": 2,
            },
            weights=58,
        ),
        Example(
            (None, 9),
            (None, 9, 4),
            {"layer": {"type": "Embedding", "input_dim": 5, "output_dim": 4}},
            weights=24,
        ),
    )

    layer = Inner(
        "Conv1D",
        "Conv1DTranspose",
        "Conv2D",
        "Conv2DTranspose",
        "Conv3D",
        "Conv3DTranspose",
        "Dense",
        "EinsumDense",
        "Embedding",
        preset={"type": "Dense", "units": 64},
        help="The layer whose kernel is normalized.",
    )
    power_iterations = Int(1, minimum=1, maximum=1000, help="Steps of the estimate.")
    training = call_training(False)

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        self.known(inputs[0], -1)
        made = given(self.layer, *inputs, has_same=True)
        # Keras gives the output the dtype of the input, whatever was computed.
        return Tensor(made.shape, inputs[0].dtype) if isinstance(made, Tensor) else made

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        inner = self.layer.weights(*inputs)
        kernel = next(iter(inner.values()))
        # In Keras' order: the kernel becomes the wrapper's own.
        own = {name: weight for name, weight in inner.items() if weight is kernel}
        return own | {"vector_u": Weight((1, kernel.shape[-1]), trainable=False)} | inner

    def macs(self, *inputs: Tensor) -> Dim:
        return self.layer.macs(*inputs)


def given(layer: Layer, *inputs: Tensor, has_same: bool = False) -> Tensor | tuple[Tensor, ...]:
    """What the layer inside gives. What would mend it does not mend the one around it, unless it is
    a layer before both, which have the same input. Raises Invalid.
    """
    try:
        return layer.output(*inputs)
    except Invalid as mistake:
        if not (has_same and isinstance(mistake.remedy, InsertBefore)):
            mistake.remedy = None
        raise


def step(tensor: Tensor) -> Tensor:
    """One step of a sequence: the tensor without its axis 1."""
    return tensor.with_shape((tensor.shape[0], *tensor.shape[2:]))
