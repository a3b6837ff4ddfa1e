"""Recurrent layers that patterns have put together."""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.patterns.lstm import KIND
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Value, reads
from exporters.weights import Array


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


def _turned(array: Array, units: int) -> Array:
    """The gates along the last axis in Keras' order."""
    parts = [array[..., place * units : (place + 1) * units] for place in (0, 2, 1, 3)]
    return np.concatenate(parts, axis=-1)
