"""Recurrent layers, in one direction or both.

ONNX keeps time first, gates as rows and in another order: LSTM i o f c where Keras has i f c o, GRU
z r h in both.
Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.weights import Array
from layers.states import has_mask

GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "SimpleRNN": (0,)}
"""For each of ONNX' gates, which of Keras' it is."""

OPERATIONS = {"LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "RNN"}

ACTIVATIONS: dict[str, tuple[str, list[float], list[float]]] = {
    "tanh": ("Tanh", [], []),
    "relu": ("Relu", [], []),
    "sigmoid": ("Sigmoid", [], []),
    "hard_sigmoid": ("HardSigmoid", [1 / 6], [0.5]),
    "softsign": ("Softsign", [], []),
    "softplus": ("Softplus", [], []),
    "linear": ("Affine", [1.0], [0.0]),
    "elu": ("Elu", [1.0], []),
}
"""Keras' activations as ONNX' recurrent operations have them, with alpha and beta of those that
take them.
"""


def gated(kernel: Array, order: tuple[int, ...]) -> Array:
    """Input, gates · units → gates · units, input, in ONNX' order of gates."""
    parts = np.split(kernel, len(order), axis=-1)
    return np.concatenate([parts[place] for place in order], axis=-1).T


def biases(bias: Array | None, kind: str, units: int) -> Array:
    """Keras' bias as ONNX' two, that of the input and that of the state, one after the other."""
    order = GATES[kind]
    if bias is None:
        return np.zeros(2 * len(order) * units, "float32")
    rows = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return np.concatenate([gated(row, order) for row in rows])


@dataclass(frozen=True)
class Direction:
    """One reading of the sequence."""

    prefix: str
    backwards: bool


def _emit(
    tape: Tape,
    use: Use,
    layer: Any,
    inputs: list[Value],
    directions: list[Direction],
) -> list[str]:
    """The recurrent operation: the names of its outputs, Y (steps, directions, batch, units), and
    the last states (directions, batch, units).
    """
    if layer.stateful:
        raise Unwritable("it keeps its state from batch to batch")
    if has_mask(use.inputs):
        raise Unwritable("it is handed a mask")
    x = tape("Transpose", tape.last(tape.floats(inputs[0])), perm=[1, 0, 2])
    all_steps = layer.return_sequences
    kind = type(layer).__name__
    order, units = GATES[kind], layer.units
    prefixes = [direction.prefix for direction in directions]

    def stacked(*names: str) -> list[str]:
        return [f"{prefix}{name}" for prefix in prefixes for name in names]

    kernel = tape.packed(
        use, stacked("kernel"), lambda *all: np.stack([gated(one, order) for one in all])
    )
    recurrent = tape.packed(
        use, stacked("recurrent_kernel"), lambda *all: np.stack([gated(one, order) for one in all])
    )
    bias = ""
    if layer.use_bias:
        bias = tape.packed(
            use,
            stacked("bias"),
            lambda *all: np.stack([biases(one, kind, units) for one in all]),
        )
    given = [x, kernel, recurrent, bias]
    if len(inputs) > 1:
        # Lengths of sequences are none; then what the directions start from, state by state.
        started = [
            tape("Unsqueeze", tape.last(tape.floats(one)), tape.ints(0)) for one in inputs[1:]
        ]
        given += [
            "",
            *(_joined(tape, started[each :: layer.states]) for each in range(layer.states)),
        ]
    functions = [layer.activation]
    if kind != "SimpleRNN":
        functions = [layer.recurrent_activation, *functions]
    if kind == "LSTM":
        functions = [*functions, layer.activation]
    unknown = [name for name in functions if name not in ACTIVATIONS]
    if unknown:
        raise Unwritable(f"its activation {unknown[0]} has no counterpart there")
    attributes: dict[str, Any] = {
        "hidden_size": units,
        "direction": "bidirectional"
        if len(directions) > 1
        else "reverse"
        if directions[0].backwards
        else "forward",
    }
    usual = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"], "SimpleRNN": ["tanh"]}
    if functions != usual[kind]:
        found = [ACTIVATIONS[name] for name in functions] * len(directions)
        attributes["activations"] = [name for name, _, _ in found]
        attributes["activation_alpha"] = [alpha for _, given, _ in found for alpha in given] or None
        attributes["activation_beta"] = [beta for _, _, given in found for beta in given] or None
    if kind == "GRU":
        attributes["linear_before_reset"] = int(layer.reset_after)
    count = 3 if kind == "LSTM" else 2
    wanted = (all_steps, not all_steps or layer.return_state, layer.return_state)[:count]
    while not given[-1]:
        given.pop()
    return tape.several(OPERATIONS[kind], *given, count=count, wanted=wanted, **attributes)


def _joined(tape: Tape, states: list[str]) -> str:
    """What each direction starts from, in one: (directions, batch, units)."""
    return tape("Concat", *states, axis=0) if len(states) > 1 else states[0]


def _turned(tape: Tape, name: str) -> str:
    """A sequence (batch, steps, units) from its end to its beginning."""
    ends = tape.ints(-1), tape.ints(-(2**31)), tape.ints(1), tape.ints(-1)
    return tape("Slice", name, *ends)


@writes("LSTM", "GRU", "SimpleRNN")
def write_recurrent(tape: Tape, use: Use, inputs: list[Value]) -> tuple[Value, ...]:
    layer = use.layer
    direction = Direction("", layer.go_backwards)
    steps, *states = _emit(tape, use, layer, inputs, [direction])
    last = [tape("Squeeze", state, tape.ints(0)) for state in states if state]
    results = last[:1]
    if layer.return_sequences:
        made = tape("Transpose", tape("Squeeze", steps, tape.ints(1)), perm=[1, 0, 2])
        # Keras gives the steps in the order in which it read them.
        results = [_turned(tape, made) if layer.go_backwards else made]
    if layer.return_state:
        results.extend(last)
    return tuple(tape.made(use, name, port=port) for port, name in enumerate(results))


@writes("Bidirectional")
def write_bidirectional(tape: Tape, use: Use, inputs: list[Value]) -> tuple[Value, ...]:
    wrapper = use.layer
    layer = wrapper.layer
    if layer.go_backwards:
        raise Unwritable("the layer in it is read backwards already")
    directions = [Direction("forward/", False), Direction("backward/", True)]
    steps, *states = _emit(tape, use, layer, inputs, directions)
    results: list[str] = []
    if wrapper.merge_mode == "concat":
        # The axis of directions falls together with that of units.
        if layer.return_sequences:
            beside = tape("Transpose", steps, perm=[2, 0, 1, 3])
            results = [tape("Reshape", beside, tape.ints(0, 0, -1))]
        else:
            beside = tape("Transpose", states[0], perm=[1, 0, 2])
            results = [tape("Reshape", beside, tape.ints(0, -1))]
    else:
        made = steps if layer.return_sequences else states[0]
        results = _merged(tape, wrapper.merge_mode, made, steps=layer.return_sequences)
    if layer.return_state:
        halves = [_halves(tape, state, 0) for state in states if state]
        results = [*results, *(half[0] for half in halves), *(half[1] for half in halves)]
    return tuple(tape.made(use, name, port=port) for port, name in enumerate(results))


def _halves(tape: Tape, name: str, axis: int) -> list[str]:
    """What the two directions give."""
    places = [tape.constant(place, "int64") for place in (0, 1)]
    return [tape("Gather", name, place, axis=axis) for place in places]


def _merged(tape: Tape, mode: str | None, name: str, *, steps: bool) -> list[str]:
    """The two directions in Keras' other ways than one beside the other."""
    pair = _halves(tape, name, 1 if steps else 0)
    if steps:
        pair = [tape("Transpose", one, perm=[1, 0, 2]) for one in pair]
    if mode is None:
        return pair
    if mode == "mul":
        return [tape("Mul", *pair)]
    total = tape("Add", *pair)
    return [tape("Mul", total, tape.constant(0.5)) if mode == "ave" else total]
