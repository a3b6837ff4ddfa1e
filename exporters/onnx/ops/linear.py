"""Dense and its kin: matrices, einsums, lookups."""

from __future__ import annotations

from exporters.onnx.ops.activation import activated
from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import INT64, Tape, Use, Value


@writes("Dense")
def write_dense(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x, kernel = tape.last(value), tape.weight(use, "kernel")
    if value.rank == 2:
        bias = [tape.weight(use, "bias")] if layer.use_bias else []
        made = tape("Gemm", x, kernel, *bias)
    else:
        made = tape("MatMul", x, kernel)
        if layer.use_bias:
            made = tape("Add", made, tape.weight(use, "bias"))
    return activated(tape, tape.made(use, made), layer.activation)


@writes("EinsumDense")
def write_einsum(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    equation = layer.equation.replace(" ", "")
    made = tape("Einsum", tape.last(value), tape.weight(use, "kernel"), equation=equation)
    if "bias" in use.weights:
        made = tape("Add", made, tape.weight(use, "bias"))
    return activated(tape, tape.made(use, made), layer.activation)


@writes("Embedding", "ReversibleEmbedding")
def write_embedding(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value = inputs[0]
    x = tape.last(value)
    if value.tensor.dtype not in ("int32", "int64"):
        x = tape("Cast", x, to=INT64)
    return tape.made(use, tape("Gather", tape.weight(use, "embeddings"), x, axis=0))


@writes("LocallyConnected1D", "LocallyConnected2D")
def write_local(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """Every window is cut out, and all are multiplied by their matrices at once."""
    layer, value = use.layer, tape.floats(inputs[0])
    places = [dim or 0 for dim in use.outputs[0].shape[1:-1]]
    channels = value.shape[-1] or 0
    count = places[0] * (places[1] if len(places) > 1 else 1)
    if count > 400:
        raise Unwritable(f"it has {count} windows, each of which would be cut out for itself")
    x, parts, axes = tape.last(value), [], range(1, len(places) + 1)
    length = channels
    for size in layer.kernel_size:
        length *= size
    for number in range(count):
        at = (number,) if len(places) == 1 else divmod(number, places[1])
        starts = [place * step for place, step in zip(at, layer.strides, strict=True)]
        ends = [start + size for start, size in zip(starts, layer.kernel_size, strict=True)]
        cut = tape("Slice", x, tape.ints(*starts), tape.ints(*ends), tape.ints(*axes))
        parts.append(tape("Reshape", cut, tape.ints(0, 1, length)))
    windows = tape("Concat", *parts, axis=1)
    made = tape("Einsum", windows, tape.weight(use, "kernel"), equation="bpw,pwf->bpf")
    made = tape.reshaped(made, use.outputs[0].shape)
    if layer.use_bias:
        made = tape("Add", made, tape.weight(use, "bias"))
    return activated(tape, tape.made(use, made), layer.activation)
