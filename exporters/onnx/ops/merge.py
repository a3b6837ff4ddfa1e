"""Layers that join tensors."""

from __future__ import annotations

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term, directed

CHAINED = {"Add": "Add", "Multiply": "Mul", "Average": "Add", "Subtract": "Sub"}
VARIADIC = {"Maximum": "Max", "Minimum": "Min"}


def promoted(tape: Tape, inputs: list[Value]) -> list[Value]:
    """Tensors of one dtype: floats where one of them is."""
    if len({value.tensor.dtype for value in inputs}) > 1:
        return [tape.floats(value) for value in inputs]
    return inputs


@writes("Add", "Multiply", "Average", "Subtract", "Maximum", "Minimum")
def write_elementwise(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    kind = type(use.layer).__name__
    values = promoted(tape, inputs)
    ranks = {value.rank for value in values}
    if kind == "Average":
        values = [tape.floats(value) for value in values]
    first, names = tape.arranged(values)
    if len(ranks) > 1:
        # Keras lines up a tensor of fewer axes from the batch on.
        first, most = False, max(ranks)
        names = [_widened(tape, tape.last(value), value, most) for value in values]
    if kind in VARIADIC:
        made = tape(VARIADIC[kind], *names)
    else:
        made = names[0]
        for name in names[1:]:
            made = tape(CHAINED[kind], made, name)
        if kind == "Average":
            made = tape("Div", made, tape.constant(float(len(names))))
    return tape.made(use, made, first)


def _widened(tape: Tape, name: str, value: Value, rank: int) -> str:
    if value.rank == rank:
        return name
    return tape("Unsqueeze", name, tape.ints(*range(1, 1 + rank - value.rank)))


@writes("Concatenate")
def write_concatenate(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    values = promoted(tape, inputs)
    rank = values[0].rank
    axis = use.layer.axis % rank
    first, names = tape.arranged(values)
    if first:
        axis = 0 if axis == 0 else 1 if axis == rank - 1 else axis + 1
    return tape.made(use, tape("Concat", *names, axis=axis), first)


@writes("Dot")
def write_dot(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    one, two = (tape.floats(value) for value in inputs)
    given = layer.axes
    pair = [given, given] if isinstance(given, int) else list(given)
    axes = pair[0] % one.rank, pair[1] % two.rank
    left, right = tape.last(one), tape.last(two)
    if layer.normalize:
        left, right = (
            _unit(tape, name, axis) for name, axis in zip((left, right), axes, strict=True)
        )
    if one.rank > 6 or two.rank > 6:
        raise Unwritable("it has too many axes")
    letters = ["b", *"cdefg"[: one.rank - 1]], ["b", *"hijkl"[: two.rank - 1]]
    letters[0][axes[0]] = letters[1][axes[1]] = "z"
    rest = [
        letter
        for part, axis in zip(letters, axes, strict=True)
        for place, letter in enumerate(part)
        if place not in (0, axis)
    ]
    equation = f"{''.join(letters[0])},{''.join(letters[1])}->b{''.join(rest)}"
    made = tape("Einsum", left, right, equation=equation)
    if not rest:
        made = tape("Unsqueeze", made, tape.ints(1))
    return tape.made(use, made)


def _unit(tape: Tape, name: str, axis: int) -> str:
    """A tensor divided by its length along an axis."""
    square = tape("ReduceSum", tape("Mul", name, name), tape.ints(axis), keepdims=1)
    return tape("Div", name, tape("Sqrt", tape("Max", square, tape.constant(1e-12))))


MERGES = {"Add": "Add", "Mul": "Multiply", "Sub": "Subtract", "Max": "Maximum", "Min": "Minimum"}


def merged(made: Reader, kind: str, given: list[Term], name: str) -> Tensors:
    """A merge of tensors that have as many axes each. Raises Unreadable."""
    found = made.aligned(given, name)
    if len({term.rank for term in found}) > 1:
        raise Unreadable("its inputs differ in their numbers of axes")
    return list(made.layer(kind, found, {}, name, axes=[found[0].axes]))


@reads("Sum", "Mean")
def read_many(made: Reader, op: Operation) -> Tensors:
    given = [op.term(place) for place in range(len(op.inputs))]
    if len(given) == 1:
        return [given[0]]
    return merged(made, "Add" if op.type == "Sum" else "Average", given, op.name)


def _directions(made: Reader, op: Operation, given: list[Term]) -> Term:
    """States of several directions as one. Raises Unreadable."""
    units = given[0].view[-1]
    if any((term.axes, term.view) != directed(1, units) for term in given):
        raise Unreadable("it joins samples")
    flat = [Term(term.node, term.port, term.tensor, (0, 1)) for term in given]
    if len(flat) == 1:
        return given[0]
    (joined,) = made.layer("Concatenate", flat, {}, op.name)
    made.parts[joined.node] = flat
    return Term(joined.node, 0, joined.tensor, *directed(len(flat), units))


def _terms(made: Reader, op: Operation, axis: int) -> list[Term]:
    """What is joined; constants, such as the token of a class, as learned shifts of zeros. Raises
    Unreadable.
    """
    beside = next((one for one in op.inputs if isinstance(one, Term) and one.shape), None)
    return [
        _constant(made, op, one, beside, axis)
        if isinstance(one, Const) and beside is not None
        else op.term(place)
        for place, one in enumerate(op.inputs)
    ]


def _constant(made: Reader, op: Operation, const: Const, beside: Term, axis: int) -> Term:
    """The same numbers for every sample, beside a tensor. Raises Unreadable."""
    whole = made.plain(beside, op.name)
    axis %= whole.rank
    array, shape = const.array, whole.tensor.shape if whole.tensor else ()
    same = array.ndim == whole.rank and (array.shape[0] in (1, made.batch_size))
    if not same or axis == 0 or None in shape[1:]:
        raise Unreadable("it joins a constant that differs between samples")
    if array.shape[0] > 1 and array.strides[0] and (array != array[:1]).any():
        raise Unreadable("it joins a constant that differs between samples")
    row, count = array[0], array.shape[axis]
    if count > (shape[axis] or 0):
        raise Unreadable("it joins a constant that is longer than what stands beside it")
    part = whole
    if count < (shape[axis] or 0):
        cut = {"axis": axis if axis < whole.rank - 1 else -1, "slice_points": [count]}
        part = made.layer("Slice", [whole], cut, f"{op.name}_part")[0]
    zeros = made.one("Rescaling", part, {"scale": 0.0}, f"{op.name}_zeros")
    params = {"axis": 1, "num_axes": whole.rank - 1}
    if row.size == row.shape[-1]:
        row, params = row.reshape(-1), {"axis": -1, "num_axes": 1}
    weights = {"bias": Const(row, const.known, const.name)}
    return made.layer("Bias", [zeros], params, f"{op.name}_constant", weights=weights)[0]


@reads("Concat")
def read_concatenate(made: Reader, op: Operation) -> Tensors:
    axis = op.whole("axis", 1)
    given = _terms(made, op, axis)
    if axis == 0 and all(term.view and term.axes[0] == 1 for term in given):
        return [_directions(made, op, given)]
    found = made.aligned(given, op.name)
    if len(found) == 1:
        return [found[0]]
    if not found[0].axes or any(term.rank != found[0].rank for term in found):
        raise Unreadable("its inputs differ in their numbers of axes")
    own = found[0].axes[axis % found[0].rank]
    if own == 0:
        raise Unreadable("it joins samples")
    params = {"axis": -1 if own == found[0].rank - 1 else own}
    return list(made.layer("Concatenate", found, params, op.name, axes=[found[0].axes]))
