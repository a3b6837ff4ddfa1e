"""Recurrent layers that patterns have put together."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.keras_config import complete
from exporters.tensorflow.cells import Cell, Expression, Gate, width
from exporters.tensorflow.patterns import recurrence
from exporters.tensorflow.patterns.bidirectional import BOTH
from exporters.tensorflow.patterns.lstm import KIND
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from exporters.weights import Array
from layers.layer import LAYERS


@reads(KIND)
def lstm(reader: Reader, op: Op) -> Value:
    """The last state. TensorFlow 1 has its gates as input, new, forget, output, and adds the forget
    bias where it computes; Keras has input, forget, new, output, and one kernel for each side.
    """
    signal = reader.signal(op, 0)
    kernel, bias = reader.constant(op, 1), reader.constant(op, 2)
    units = bias.array.size // 4
    if signal.shape is None or len(signal.shape) != 3:
        raise NotKnown
    if op.attr("left"):
        params = {"cropping": [0, op.attr("left")]}
        signal = reader.layer(None, "Cropping1D", params, [signal], name=f"{op.name}_steps")
    width = (signal.shape or ())[2]
    if width is None or kernel.array.shape != (width + units, 4 * units):
        raise NotKnown
    gates = _turned(kernel.array, units)
    shift = np.zeros(4 * units, np.float32)
    shift[units : 2 * units] = op.attr("forget_bias")
    weights = {
        "kernel": Constant(gates[:width], kernel.is_known, kernel.origin),
        "recurrent_kernel": Constant(gates[width:], kernel.is_known, kernel.origin),
        "bias": Constant(_turned(bias.array, units) + shift, bias.is_known, bias.origin),
    }
    return reader.layer(op, "LSTM", {"units": units}, [signal], weights)


@reads(recurrence.KIND)
def loop(reader: Reader, op: Op) -> list[Value]:
    """The sequence with time first, as the loop has it, and the states."""
    signal = _sequence(reader, op, op.attr("limits"))
    cell: Cell = op.attr("cell")
    uses = [reader.uses.get((op.name, port), 0) for port in range(1 + len(cell.states))]
    params, weights = _layer(reader, op, op, signal)
    params["return_sequences"] = uses[0] > 0
    params["return_state"] = any(uses[2:]) or (uses[0] > 0 and uses[1] > 0)
    made = reader.layer(op, cell.kind, params, [signal], weights)
    batch, steps, _ = signal.shape or ()
    first = 1 if params["return_state"] else 0
    sequence = Signal(made.end, (batch, steps, params["units"]), made.dtype, _TIME_FIRST)
    ends = [(made.end[0], first + place) for place in range(len(cell.states))]
    return [sequence, *(Signal(end, (batch, params["units"]), made.dtype) for end in ends)]


@reads(BOTH)
def both_directions(reader: Reader, op: Op) -> Value:
    """Two sequences side by side, the second made from the end."""
    ways: list[Op] = [op.attr("forward"), op.attr("backward")]
    weights: dict[str, Constant] = {}
    told: list[tuple[str, dict[str, Any]]] = []
    signal = _sequence(reader, op, ways[0].attr("limits"))
    for name, way in zip(("forward", "backward"), ways, strict=True):
        params, own = _layer(reader, op, way, signal)
        weights |= {f"{name}/{key}": item for key, item in own.items()}
        told.append((way.attr("cell").kind, {**params, "go_backwards": False}))
    if told[0] != told[1] or _sequence(reader, op, ways[1].attr("limits")) is not signal:
        raise NotKnown
    kind, params = told[0]
    layer = {"type": kind, **complete(LAYERS[kind], {**params, "return_sequences": True})}
    return reader.layer(op, "Bidirectional", {"layer": layer}, [signal], weights)


def _sequence(reader: Reader, op: Op, limits: tuple[int | None, ...]) -> Signal:
    """The input, with time second here, where the loop takes all of its steps. Raises NotKnown."""
    signal = reader.value(op, 0)
    if not isinstance(signal, Signal) or signal.order != _TIME_FIRST or signal.shape is None:
        raise NotKnown
    steps = signal.shape[1]
    known = [limit for limit in limits if limit is not None]
    if known and (steps is None or min(known) < steps):
        raise NotKnown
    if None not in limits and min(known) != steps:
        raise NotKnown
    return signal


def _layer(
    reader: Reader, op: Op, way: Op, signal: Signal
) -> tuple[dict[str, Any], dict[str, Constant]]:
    """The parameters and weights of a cell in a loop."""
    cell: Cell = way.attr("cell")
    features = (signal.shape or ())[2]
    if features is None:
        raise NotKnown
    units, weights = _weights(reader, op, cell, features)
    params = {
        "units": units,
        "activation": cell.activation,
        "use_bias": "bias" in weights,
        "go_backwards": bool(way.attr("go_backwards")),
    }
    if cell.recurrent_activation:
        params["recurrent_activation"] = cell.recurrent_activation
    if cell.reset_after is not None:
        params["reset_after"] = cell.reset_after
    return params, weights


_TIME_FIRST = (1, 0, 2)


def _weights(reader: Reader, op: Op, cell: Cell, features: int) -> tuple[int, dict[str, Constant]]:
    """The weights as Keras has them: gates side by side. Raises NotKnown."""
    found = dict(zip(op.inputs[1:], range(1, len(op.inputs)), strict=True))
    units = width(cell.gates[0].recurrent)

    def part(expression: Expression) -> Constant:
        _, source, rank, rows, columns = expression
        whole = reader.constant(op, found[source])
        array = whole.array
        if rows == "head":
            array = array[:features]
        elif rows == "tail":
            array = array[features:]
        elif rows is not None:
            _, row, count = rows
            if array.shape[0] != count:
                raise NotKnown
            array = array[row]
        array = array[..., columns[0] : columns[1]]
        if array.ndim != rank or array.shape[-1] != units:
            raise NotKnown
        return Constant(array, whole.is_known, f"{source}{rows}")

    def joined(parts: list[Constant]) -> Constant:
        array = np.concatenate([item.array for item in parts], -1)
        is_known = all(item.is_known for item in parts)
        return Constant(array, is_known, "|".join(item.origin for item in parts))

    def biases(parts: tuple[Expression, ...], shift: float) -> Constant:
        made = [part(item) for item in parts]
        array = sum((item.array for item in made), np.zeros(units, np.float32))
        origin = "+".join(item.origin for item in made) or op.name
        return Constant(array + np.float32(shift), all(item.is_known for item in made), origin)

    weights = {
        "kernel": joined([part(gate.kernel) for gate in cell.gates]),
        "recurrent_kernel": joined([part(gate.recurrent) for gate in cell.gates]),
    }
    shapes = [weights[name].array.shape[0] for name in ("kernel", "recurrent_kernel")]
    if shapes != [features, units]:
        raise NotKnown
    sides = [_sides(cell, gate) for gate in cell.gates]
    if any(
        one or other or gate.shift for (one, other), gate in zip(sides, cell.gates, strict=True)
    ):
        given = joined(
            [biases(one, gate.shift) for (one, _), gate in zip(sides, cell.gates, strict=True)]
        )
        if cell.reset_after:
            after = joined([biases(other, 0.0) for _, other in sides])
            given = Constant(
                np.stack([given.array, after.array]),
                given.is_known and after.is_known,
                f"{given.origin}|{after.origin}",
            )
        weights["bias"] = given
    return units, weights


def _sides(cell: Cell, gate: Gate) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """The biases of the input and, where a GRU has such, those of the state."""
    if not cell.reset_after:
        return gate.biases, ()
    of_state = {item[1:4] for item in cell.gates[-1].recurrent_biases}
    after = tuple(item for item in gate.biases if item[1:4] in of_state)
    plain = tuple(item for item in gate.biases if item[1:4] not in of_state)
    return plain, (*after, *gate.recurrent_biases)


def _turned(array: Array, units: int) -> Array:
    """The gates along the last axis in Keras' order."""
    parts = [array[..., place * units : (place + 1) * units] for place in (0, 2, 1, 3)]
    return np.concatenate(parts, axis=-1)
