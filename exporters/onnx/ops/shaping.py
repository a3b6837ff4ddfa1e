"""Layers that move values and leave them what they are."""

from __future__ import annotations

from exporters.onnx.ops.resampling import cut
from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value
from layers.tensor import Shape


@writes("Flatten")
def write_flatten(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value = inputs[0]
    x = tape.last(value)
    if value.rank == 1:
        return tape.made(use, tape("Unsqueeze", x, tape.ints(1)))
    return tape.made(use, tape("Flatten", x, axis=1))


@writes("Reshape")
def write_reshape(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    shape: Shape = use.outputs[0].shape
    given = (None, *use.layer.target_shape)
    if sum(dim is None for dim in shape[1:]) > 1:
        raise Unwritable("more than one axis has no known size")
    dims = [-1 if one is None else one for one in shape[1:]]
    if -1 not in dims and any(dim in (None, -1) for dim in given[1:]):
        dims = [int(dim or 0) for dim in shape[1:]]
    return tape.made(use, tape("Reshape", tape.last(inputs[0]), tape.ints(0, *dims)))


@writes("Permute")
def write_permute(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    return tape.made(use, tape("Transpose", tape.last(inputs[0]), perm=[0, *use.layer.dims]))


@writes("RepeatVector")
def write_repeat(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    row = tape("Unsqueeze", tape.last(inputs[0]), tape.ints(1))
    return tape.made(use, tape("Tile", row, tape.ints(1, use.layer.n, 1)))


@writes("Identity", "ActivityRegularization")
def write_identity(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """What changes nothing once a network is trained."""
    value = inputs[0]
    if use.outputs[0].dtype == "float32":
        value = tape.floats(value)
    return tape.each(value, lambda x: tape("Identity", x))


@writes("Dropout")
def write_dropout(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """Nothing is dropped unless it is told to train."""
    ratio = tape.constant(min(use.layer.rate, 0.999))
    return tape.each(tape.floats(inputs[0]), lambda x: tape("Dropout", x, ratio))


@writes("Split")
def write_split(tape: Tape, use: Use, inputs: list[Value]) -> tuple[Value, ...]:
    return tuple(
        tape.each(inputs[0], lambda x: tape("Identity", x)) for _ in range(use.layer.count)
    )


@writes("Slice")
def write_slice(tape: Tape, use: Use, inputs: list[Value]) -> tuple[Value, ...]:
    value = inputs[0]
    axis = use.layer.axis % value.rank
    sizes = [tensor.shape[axis] for tensor in use.outputs]
    if any(size is None for size in sizes):
        raise Unwritable("the axis it cuts needs a known size")
    lengths = tape.ints(*(size or 0 for size in sizes))
    names = tape.several("Split", tape.last(value), lengths, count=len(sizes), axis=axis)
    return tuple(tape.made(use, name, port=port) for port, name in enumerate(names))


@writes("Crop")
def write_crop(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value, layer = inputs[0], use.layer
    axes = list(range(layer.axis % value.rank, value.rank - 1))
    offsets = [
        int(layer.offset[place if len(layer.offset) > 1 else 0]) for place in range(len(axes))
    ]
    sizes = [use.outputs[0].shape[axis] for axis in axes]
    if any(size is None for size in sizes):
        raise Unwritable("the size it cuts to is not known")
    ends = [start + (size or 0) for start, size in zip(offsets, sizes, strict=True)]
    return tape.made(use, cut(tape, tape.last(value), offsets, ends, axes))


@writes("Tile")
def write_tile(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value, layer = inputs[0], use.layer
    times = [1] * value.rank
    times[layer.axis % value.rank] = layer.tiles
    return tape.made(use, tape("Tile", tape.last(value), tape.ints(*times)))


@writes("Reduction")
def write_reduction(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value, layer = tape.floats(inputs[0]), use.layer
    axes = tape.ints(*range(layer.axis % value.rank, value.rank))
    operations = {"SUM": "ReduceSum", "ASUM": "ReduceL1", "SUMSQ": "ReduceSumSquare"}
    operation = operations.get(layer.operation, "ReduceMean")
    made = tape(operation, tape.last(value), axes, keepdims=0)
    if layer.coeff != 1:
        made = tape("Mul", made, tape.constant(layer.coeff))
    return tape.made(use, made)


@writes("ArgMax")
def write_largest(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value, layer = tape.floats(inputs[0]), use.layer
    x, count = tape.last(value), tape.ints(layer.top_k)
    if layer.axis is None:
        flat = tape("Flatten", x, axis=1) if value.rank > 2 else x
        values, places = tape.several("TopK", flat, count, count=2, axis=1)
        rows = [tape("Cast", places, to=1), *([values] if layer.out_max_val else [])]
        rows = [tape("Unsqueeze", row, tape.ints(1)) for row in rows]
        return tape.made(use, tape("Concat", *rows, axis=1) if len(rows) > 1 else rows[0])
    values, places = tape.several("TopK", x, count, count=2, axis=layer.axis % value.rank)
    return tape.made(use, values if layer.out_max_val else tape("Cast", places, to=1))


@writes("BatchReindex")
def write_reindex(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    places = tape("Cast", tape.last(inputs[1]), to=7)
    return tape.made(use, tape("Gather", tape.last(inputs[0]), places, axis=0))
