"""Layers that join tensors."""

from __future__ import annotations

from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value

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
