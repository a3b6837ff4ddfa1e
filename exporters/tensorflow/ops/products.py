"""Products of two tensors of the network: stacks of matrices, and Einstein's sums; and Einstein's
sums with a weight.
"""

from __future__ import annotations

import re
from string import ascii_letters

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads

_FORM = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)")


@reads("Einsum")
def einsum(reader: Reader, op: Op) -> Value:
    """Of two tensors an Einsum, with a weight an EinsumDense."""
    form = _FORM.fullmatch(str(op.attr("equation", "")).replace(" ", ""))
    if form is None or len(op.inputs) != 2:
        raise NotKnown
    one, two, output = form.groups()
    right = reader.value(op, 1)
    if isinstance(right, Constant):
        return _dense(reader, op, right, one, two, output)
    return _of_tensors(reader, op, one, two, output)


def _dense(reader: Reader, op: Op, kernel: Constant, given: str, own: str, output: str) -> Value:
    signal = reader.signal(op, 0)
    is_plain = output[0] == given[0] and given[0] not in own
    if signal.shape is None or kernel.array.ndim != len(own) or not is_plain:
        raise NotKnown
    known = dict(zip(given, signal.shape, strict=True))
    sizes = dict(zip(own, kernel.array.shape, strict=True))
    params = {
        "equation": f"{given},{own}->{output}",
        "output_shape": [sizes.get(letter, known.get(letter)) for letter in output[1:]],
    }
    weights = {"kernel": kernel}
    return reader.layer(op, "EinsumDense", params, [signal], weights, takes_bias=True)


def matrices(reader: Reader, op: Op) -> Value:
    """The last two axes are matrices, those before are stacks of them."""
    left, right = reader.value(op, 0), reader.value(op, 1)
    if not isinstance(left, Signal) or not isinstance(right, Signal):
        raise NotKnown
    rank = len(left.shape or ())
    if rank < 3 or rank != len(right.shape or ()):
        raise NotKnown
    stack = ascii_letters[: rank - 2]
    for one, other in zip((left.foreign_shape or ())[:-2], right.foreign_shape or (), strict=False):
        if one != other and 1 in (one, other):
            # A stack of one, multiplied by all of the other stack.
            raise NotKnown
    first = stack + ("zy" if op.attr("adj_x") else "yz")
    second = stack + ("xz" if op.attr("adj_y") else "zx")
    return _of_tensors(reader, op, first, second, f"{stack}yx")


def _of_tensors(reader: Reader, op: Op, one: str, two: str, output: str) -> Value:
    """The axes stay as they lie here, for an equation takes them in any order."""
    signals, parts = [], []
    for place, letters in enumerate((one, two)):
        signal = reader.value(op, place)
        if not isinstance(signal, Signal) or signal.rows is not None or signal.shape is None:
            raise NotKnown
        rank = len(signal.shape)
        if rank != len(letters) or signal.dtype != "float32":
            raise NotKnown
        order = signal.order or tuple(range(rank))
        parts.append("".join(letters[order.index(axis)] for axis in range(rank)))
        signals.append(signal)
    batch = parts[0][0]
    if parts[1][0] != batch or batch not in output:
        raise NotKnown
    own = batch + "".join(letter for letter in output if letter != batch)
    order = tuple(own.index(letter) for letter in output)
    params = {"equation": f"{parts[0]},{parts[1]}->{own}"}
    is_plain = order == tuple(range(len(order)))
    return reader.layer(op, "Einsum", params, signals, order=None if is_plain else order)


def biased(equation: str, output: tuple[int | None, ...], bias: Constant) -> str | None:
    """The axes of an EinsumDense that a bias is for: the last ones, as many as it has."""
    letters = equation.rpartition(">")[2]
    axes = letters[-bias.array.ndim :] if bias.array.ndim else ""
    sizes = tuple(output[-bias.array.ndim :]) if axes else ()
    return axes if axes and sizes == bias.array.shape and len(axes) < len(letters) else None
