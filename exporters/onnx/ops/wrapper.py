"""Layers around a layer."""

from __future__ import annotations

from dataclasses import replace

from exporters.onnx.register import Unwritable, writer, writes
from exporters.onnx.tape import Tape, Use, Value
from layers.catalog.wrapper import step
from layers.tensor import Tensor


@writes("TimeDistributed")
def write_each_step(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """Steps become samples, and samples steps again."""
    inner = use.layer.layer
    value, output = inputs[0], use.outputs[0]
    function = writer(inner)
    if any(dim is None for dim in (*value.shape[2:], *output.shape[2:])):
        raise Unwritable("the size of a step is not known")
    taken, given = step(value.tensor), step(output)
    sizes = [dim or 0 for dim in taken.shape[1:]]
    flat = tape("Reshape", tape.last(value), tape.ints(-1, *sizes))
    inside = replace(use, layer=inner, inputs=(taken,), outputs=(given,))
    made = function(tape, inside, [Value(Tensor(taken.shape, value.tensor.dtype), flat)])
    if isinstance(made, tuple):
        made = made[0]
    ends = [dim or 0 for dim in given.shape[1:]]
    steps = value.shape[1]
    if steps is not None:
        shape = tape.ints(-1, steps, *ends)
    else:
        front = tape("Shape", tape.last(value), start=0, end=2)
        shape = tape("Concat", front, tape.ints(*ends), axis=0) if ends else front
    return tape.made(use, tape("Reshape", tape.last(made), shape))


@writes("SpectralNormalization")
def write_spectral(tape: Tape, use: Use, inputs: list[Value]) -> Value | tuple[Value, ...]:
    """What training left of the kernel is used as it is."""
    inner = use.layer.layer
    function = writer(inner)
    return function(tape, replace(use, layer=inner), inputs)
