"""Dense and its kin: matrices, einsums, lookups."""

from __future__ import annotations

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.ops.activation import activated
from exporters.onnx.ops.picking import picked_out
from exporters.onnx.ops.products import matrices
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import INT64, Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array


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


def dense(
    made: Reader,
    op: Operation,
    term: Term,
    kernel: Const,
    bias: Const | None,
) -> Tensors:
    """A Dense layer on the last axis, whose rows follow the order in which the network flattens."""
    rows, units = kernel.array.shape
    if term.view:
        term = made.plain(term, op.name)
    if term.axes and term.axes[-1] != term.rank - 1:
        term = made.plain(term, op.name)
    own = kernel.array
    if term.rows is not None:
        if len(term.rows) != rows:
            raise Unreadable("its matrix has another number of rows than its input")
        own = moved(own, term.rows)
    if term.tensor and term.tensor.shape[-1] not in (None, rows):
        raise Unreadable("its matrix has another number of rows than its input")
    weights = {"kernel": Const(own, kernel.known, kernel.name)}
    if bias is not None:
        weights["bias"] = bias
    params = {"units": units, "use_bias": bias is not None}
    axes = [term.axes or (0, 1)]
    return list(made.layer("Dense", [term], params, op.name, weights=weights, axes=axes))


def moved(kernel: Array, rows: Array) -> Array:
    """A matrix whose row i goes to the place rows[i]; one that is a single number stays it."""
    if not any(kernel.strides):
        return kernel
    own = np.empty(kernel.shape, kernel.dtype)
    own[rows] = kernel
    return own


def row_of(const: Const, units: int) -> Const:
    """A bias as one row. Raises Unreadable."""
    array = const.array
    if array.size == 1 and units != 1:
        array = np.broadcast_to(array.reshape(()), (units,))
    if array.size != units or array.shape[-1:] not in ((units,), ()):
        raise Unreadable("its bias is no row")
    return Const(array.reshape(units), const.known, const.name)


@reads("Gemm")
def read_gemm(made: Reader, op: Operation) -> Tensors:
    kernel, given = op.const(1), op.given(2)
    if op.whole("transA", 0) or kernel.array.ndim != 2:
        raise Unreadable("its first matrix is turned")
    array = kernel.array.T if op.whole("transB", 0) else kernel.array
    factor, weight = op.number("alpha", 1.0), op.number("beta", 1.0)
    name, known = kernel.name, kernel.known
    if factor != 1:
        array, name = array * np.float32(factor), ""
    bias = None
    if given is not None:
        bias = row_of(op.const(2), array.shape[1])
        if weight != 1:
            bias = Const(bias.array * np.float32(weight), bias.known)
    return dense(made, op, op.term(), Const(array, known, name), bias)


@reads("MatMul")
def read_product(made: Reader, op: Operation) -> Tensors:
    """With a matrix a Dense layer, with its bias where a sum with one follows; of two tensors an
    Einsum.
    """
    one, two = op.given(0), op.given(1)
    if isinstance(one, Term) and isinstance(two, Term):
        return matrices(made, op)
    term, kernel = op.term(0), op.const(1)
    if kernel.array.ndim != 2:
        raise Unreadable("its second factor is no matrix")
    units, bias = kernel.array.shape[1], None
    follower = made.follower(op, "Add")
    if follower is not None:
        others = [end for end in follower.input if end != op.node.output[0]]
        const = made.constants.get(others[0]) if len(others) == 1 else None
        if const is not None and const.array.shape in ((units,), (1, units), (1, 1, units)):
            bias = Const(const.array.reshape(units), const.known, const.name)
    found = dense(made, op, term, kernel, bias)
    if bias is not None and isinstance(found[0], Term):
        made.absorb(follower, found[0])
    return found


@reads("Gather")
def read_lookup(made: Reader, op: Operation) -> Tensors:
    """From a constant a lookup; from a tensor one place of an axis, or several."""
    table = op.given(0)
    axis = op.whole("axis", 0)
    if isinstance(table, Const):
        if axis not in (0, -table.array.ndim) or table.array.ndim != 2:
            raise Unreadable("it looks up along another axis than the first")
        count, width = table.array.shape
        term = made.plain(op.term(1), op.name)
        params = {"input_dim": count, "output_dim": width}
        weights = {"embeddings": table}
        return list(made.layer("Embedding", [term], params, op.name, weights=weights))
    term, place = op.term(), op.const(1)
    if place.array.ndim > 1 or not term.axes or not place.known:
        raise Unreadable("it chooses several places")
    if place.array.ndim and not term.view:
        term = made.plain(term, op.name) if term.rows is not None else term
        own = term.axes[axis % term.rank]
        size = (term.tensor.shape[own] if term.tensor else None) or 0
        places = [one + size if one < 0 else one for one in place.array.tolist()]
        return [picked_out(made, term, own, places, op.name)]
    return [chosen(made, op, term, axis % term.rank, int(place.array))]


def chosen(made: Reader, op: Operation, term: Term, axis: int, place: int) -> Term:
    """One place of an axis, without the axis. Raises Unreadable."""
    at = term.axes[axis]
    size = (term.own_shape or ())[at] if term.own_shape else None
    if size is None or at == 0 or not -size <= place < size:
        raise Unreadable("the axis it chooses from has no known size")
    place %= size
    if term.view and term.tensor and at == len(term.view) - 2:
        # One of several tensors that lie beside one another in the last axis.
        width = term.view[-1] or 0
        rest = tuple(a - (a > at) for n, a in enumerate(term.axes) if n != axis)
        points = [width * n for n in range(1, size)]
        if not points:
            return Term(term.node, term.port, term.tensor, rest)
        found = made.parts.get(term.node) or made.layer(
            "Slice", [term], {"axis": -1, "slice_points": points}, op.name
        )
        return Term(found[place].node, found[place].port, found[place].tensor, rest)
    term = made.plain(term, op.name) if term.view or term.rows is not None else term
    at = term.axes[axis]
    shape = term.tensor.shape if term.tensor else ()
    points = [n for n in (place, place + 1) if 0 < n < size]
    if points:
        along = {"axis": at if at < len(shape) - 1 else -1, "slice_points": points}
        parts = made.layer("Slice", [term], along, f"{op.name}_cut")
        part = parts[1 if place else 0]
    else:
        part = term
    left = [dim for n, dim in enumerate(shape) if n != at]
    target = [-1 if dim is None else dim for dim in left[1:]]
    rest = tuple(a - (a > at) for n, a in enumerate(term.axes) if n != axis)
    if len(target) == 1:
        return made.layer("Flatten", [part], {}, op.name, axes=[rest])[0]
    return made.layer("Reshape", [part], {"target_shape": target}, op.name, axes=[rest])[0]
