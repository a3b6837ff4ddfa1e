"""Layers that files spell out in smaller operations, found by looking ahead from the first of them.

Each function gives the operations that follow, which are to be absorbed, with what it has read in
them; nothing where they are something else, or where anything between is used elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.tensors import Const
from layers.tensor import Dim, product


@dataclass
class Normalizing:
    """A normalization along the last axis.

    Attributes:
        steps: the operations behind the first, which it takes in.
        epsilon: what is added under the root.
        factor, shift: what its result is multiplied by and what is added.
    """

    steps: list[Any] = field(default_factory=list)
    epsilon: float = 0.0
    factor: Const | None = None
    shift: Const | None = None


def number(made: Reader, name: str) -> float | None:
    """A constant that is a single number."""
    const = made.constants.get(name)
    if const is None or not const.known or const.array.size != 1:
        return None
    return float(const.array.ravel()[0])


def is_number(made: Reader, name: str, value: float) -> bool:
    found = number(made, name)
    return found is not None and abs(found - value) < 1e-6


def other(node: Any, end: str) -> str:
    """The input of an operation on two beside a given one; the same where it is both."""
    return next((name for name in node.input if name != end), end)


def gelu(made: Reader, op: Operation) -> list[Any]:
    """x / √2 → erf → + 1 → · x → · ½, as PyTorch spells a GELU; ½ and √½ in other places, too."""
    x, end = op.node.input[0], op.node.output[0]
    starts = op.type == "Div" and is_number(made, op.node.input[1], math.sqrt(2))
    if not starts and op.type == "Mul" and number(made, op.node.input[1]) is not None:
        starts = is_number(made, op.node.input[1], math.sqrt(0.5))
    if not starts:
        return []
    found = []
    for kind, beside in (("Erf", None), ("Add", 1.0)):
        node = made.only_user(end, kind)
        if node is None or (beside is not None and not is_number(made, other(node, end), beside)):
            return []
        found.append(node)
        end = node.output[0]
    left: list[str | float] = [x, 0.5]
    while left:
        node = made.only_user(end, "Mul")
        if node is None:
            return []
        name = other(node, end)
        if name in left:
            left.remove(name)
        elif 0.5 in left and is_number(made, name, 0.5):
            left.remove(0.5)
        elif x in left and 0.5 in left and _is_half(made, name, x):
            # ½ · x stands beside, and has been read already.
            left.clear()
        else:
            return []
        found.append(node)
        end = node.output[0]
    return found


def _is_half(made: Reader, name: str, x: str) -> bool:
    """Whether a tensor is half of another."""
    node = next((user for user in made.consumers.get(x, ()) if name in user.output), None)
    return node is not None and node.op_type == "Mul" and is_number(made, other(node, x), 0.5)


def layer_normalization(made: Reader, op: Operation) -> Normalizing | None:
    """x → mean → x - mean = d → mean of d² → + ε → √ → d / √, with a factor and a shift."""
    centred = made.only_user(op.node.output[0], "Sub")
    if centred is None or list(centred.input) != [op.node.input[0], op.node.output[0]]:
        return None
    d = centred.output[0]
    if d in made.outputs:
        return None
    users = made.consumers.get(d, ())
    square = next((user for user in users if is_square(made, user, d)), None)
    if square is None or len(users) != (3 if square.op_type == "Mul" else 2):
        return None
    mean = made.only_user(square.output[0], "ReduceMean")
    if mean is None or not _same_axes(made, mean, op.node):
        return None
    found = Normalizing([centred, square, mean])
    return _rooted(made, found, mean.output[0], d)


def root_mean_square(made: Reader, op: Operation) -> tuple[Normalizing, Any] | None:
    """x² → mean → + ε → √ → x / √ with a factor, and the operation that takes the mean."""
    x = op.node.input[0]
    mean = made.only_user(op.node.output[0], "ReduceMean")
    if mean is None or not is_square(made, op.node, x):
        return None
    found = _rooted(made, Normalizing([mean]), mean.output[0], x)
    return (found, mean) if found and found.shift is None else None


def is_square(made: Reader, node: Any, end: str) -> bool:
    """Whether an operation takes the square of a tensor."""
    if node.op_type == "Mul":
        return list(node.input) == [end, end]
    return node.op_type == "Pow" and node.input[0] == end and is_number(made, node.input[1], 2.0)


def _same_axes(made: Reader, one: Any, two: Any) -> bool:
    """Whether two reductions are along the same axes, and keep them."""

    def axes(node: Any) -> object:
        if len(node.input) > 1:
            const = made.constants.get(node.input[1])
            return const.array.tolist() if const and const.known else None
        return [list(item.ints) for item in node.attribute if item.name == "axes"][:1]

    def keeps(node: Any) -> bool:
        return all(item.i for item in node.attribute if item.name == "keepdims")

    found = axes(one)
    return found is not None and _flat(found) == _flat(axes(two)) and keeps(one) and keeps(two)


def _flat(axes: object) -> object:
    return axes[0] if isinstance(axes, list) and axes and isinstance(axes[0], list) else axes


def _rooted(made: Reader, found: Normalizing, end: str, x: str) -> Normalizing | None:
    """From the mean of squares on: + ε → √ → x divided by it, a factor, a shift."""
    added = made.only_user(end, "Add")
    root = made.only_user(added.output[0], "Sqrt") if added is not None else None
    if added is None or root is None:
        return None
    epsilon = number(made, other(added, end))
    if epsilon is None:
        return None
    found.epsilon = epsilon
    found.steps += [added, root]
    end = root.output[0]
    inverse = made.only_user(end, "Reciprocal")
    divided = made.only_user(end, "Div")
    if divided is not None and is_number(made, divided.input[0], 1.0):
        inverse = divided
    if inverse is not None:
        found.steps.append(inverse)
        end = inverse.output[0]
        divided = made.only_user(end, "Mul")
    if divided is None or other(divided, end) != x:
        return None
    if divided.op_type == "Div" and list(divided.input) != [x, end]:
        return None
    found.steps.append(divided)
    end = divided.output[0]
    found.factor, end = _beside(made, found, end, "Mul")
    found.shift, end = _beside(made, found, end, "Add")
    return found


def _beside(made: Reader, found: Normalizing, end: str, kind: str) -> tuple[Const | None, str]:
    """A constant row that the next operation multiplies by, or adds."""
    node = made.only_user(end, kind)
    const = made.constants.get(other(node, end)) if node is not None else None
    if node is None or const is None or const.array.ndim != 1 or const.array.size < 2:
        return None, end
    found.steps.append(node)
    return const, node.output[0]


def group_normalization(
    made: Reader, op: Operation, shape: tuple[Dim, ...]
) -> tuple[Normalizing, int] | None:
    """Groups as channels → normalized each for itself → channels → · factor → + shift: what begins
    with this Reshape of a tensor with its channels behind the samples, and the number of groups.
    """
    found, rank = Normalizing(), len(shape)
    target, channels = op.values(1, "shape") or [], shape[1]
    norm = made.only_user(op.node.output[0], "InstanceNormalization")
    if norm is None or len(target) != 3 or not channels or target[1] < 1 or channels % target[1]:
        return None
    # Groups apart from one another: a batch of -1 could be made of parts of them.
    if target[0] not in (0, made.batch_size) and target[2] * target[1] != product(shape[1:]):
        return None
    units = [made.constants.get(end) for end in norm.input[1:3]]
    plain = zip(units, (1, 0), strict=True)
    if not all(one is not None and one.known and (one.array == unit).all() for one, unit in plain):
        return None
    back = made.only_user(norm.output[0], "Reshape")
    if back is None or not _is_shape_of(made, back.input[1], op.node.input[0], shape):
        return None
    end = back.output[0]
    found.steps += [norm, back]
    found.epsilon = Operation(norm, op.name, [], op.opset, [True]).number("epsilon", 1e-5)
    lines = (channels, *[1] * (rank - 2))
    for kind, name in (("Mul", "factor"), ("Add", "shift")):
        node = made.only_user(end, kind)
        const = made.constants.get(other(node, end)) if node is not None else None
        if node is not None and const is not None and const.array.shape in (lines, (1, *lines)):
            setattr(found, name, Const(const.array.reshape(-1), const.known, const.name))
            found.steps.append(node)
            end = node.output[0]
    return found, int(target[1])


def _is_shape_of(made: Reader, name: str, tensor: str, shape: tuple[Dim, ...]) -> bool:
    """Whether a constant, or what is computed there, is the shape of a tensor of the file."""
    if any(one.op_type == "Shape" and one.output[0] == name for one in made.consumers[tensor]):
        return True
    const = made.constants.get(name)
    if const is None or const.array.size != len(shape):
        return False
    sizes = (made.batch_size, *shape[1:])
    given = const.array.ravel().tolist()
    # Of what is reshaped back, only the samples are those of the tensor: 0 keeps them.
    return given[0] in (0, -1, sizes[0]) and all(
        one in (-1, size) for one, size in zip(given[1:], sizes[1:], strict=True)
    )
