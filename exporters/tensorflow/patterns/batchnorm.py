"""Batch normalization in single operations, as ``tf.nn.batch_normalization`` makes it:
``x * (rsqrt(variance + epsilon) * gamma) + (beta - mean * the same)``.
"""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.program import Op, Program, Ref

KIND = "visualnn.BatchNormalization"


@ends("Add", "AddV2", "Sub")
def batch_normalization(program: Program, op: Op) -> bool:
    if len(op.inputs) != 2:
        return False
    pairs = [(op.inputs[0], op.inputs[1])]
    if op.kind != "Sub":
        pairs.append((op.inputs[1], op.inputs[0]))
    return any(_match(program, op, product, shift) for product, shift in pairs)


def _match(program: Program, op: Op, product: Ref, shift: Ref) -> bool:
    times, other = program.op(product), program.op(shift)
    if times is None or other is None or times.kind != "Mul":
        return False
    for tensor, factor in (times.inputs, times.inputs[::-1]):
        found = _factor(program, factor)
        if found is None:
            continue
        variance, epsilon, gamma = found
        shifted = _shift(program, other, factor, is_subtracted=op.kind == "Sub")
        if shifted is None:
            return False
        mean, beta = shifted
        axes = _reduced(program, tensor, mean, variance)
        if axes is not None and 0 not in axes:
            # Of each example by itself: over the last axis, that is layer normalization.
            inputs, kind, values = [tensor, epsilon], "visualnn.LayerNormalization", {"axes": axes}
        else:
            inputs, kind = [tensor, mean, variance, epsilon], KIND
            values = {"axes": axes} if axes else {}
        parts: dict[str, int] = {}
        for name, ref in (("beta", beta), ("gamma", gamma)):
            if ref is not None:
                parts[name] = len(inputs)
                inputs.append(ref)
        return become(op, kind, inputs, parts=parts, **values)
    return False


def _factor(program: Program, ref: Ref) -> tuple[Ref, Ref, Ref | None] | None:
    """Variance, epsilon and gamma of what the tensor is multiplied by."""
    op, gamma = program.source(ref), None
    if op is not None and op.kind == "Mul":
        left, right = op.inputs
        first, second = program.source(left), program.source(right)
        if first is not None and first.kind == "Rsqrt":
            op, gamma = first, right
        elif second is not None and second.kind == "Rsqrt":
            op, gamma = second, left
    if op is None or op.kind != "Rsqrt":
        return None
    total = program.source(op.inputs[0])
    if total is None or total.kind not in ("Add", "AddV2"):
        return None
    for variance, epsilon in (total.inputs, total.inputs[::-1]):
        number = program.source(epsilon)
        if number is not None and number.kind == "Const" and number.attr("value").size == 1:
            return variance, epsilon, gamma
    return None


def _shift(
    program: Program, op: Op, factor: Ref, *, is_subtracted: bool
) -> tuple[Ref, Ref | None] | None:
    """Mean and beta of what is added."""
    if op.kind == "Sub" and not is_subtracted:
        times = program.op(op.inputs[1])
        mean = _times(times, factor)
        return None if mean is None else (mean, op.inputs[0])
    if is_subtracted:
        mean = _times(op, factor)
        return None if mean is None else (mean, None)
    if op.kind in ("Add", "AddV2"):
        for left, right in (op.inputs, op.inputs[::-1]):
            mean = _negative(program.op(left), factor, program)
            if mean is not None:
                return mean, right
    mean = _negative(op, factor, program)
    return None if mean is None else (mean, None)


def _negative(op: Op | None, factor: Ref, program: Program) -> Ref | None:
    """The mean of what is taken away as ``-mean * factor``."""
    negative = _times(op, factor)
    inner = program.op(negative) if negative is not None else None
    return inner.inputs[0] if inner is not None and inner.kind == "Neg" else None


def _reduced(program: Program, tensor: Ref, mean: Ref, variance: Ref) -> list[int] | None:
    """Over which axes these are the mean and variance of the tensor; None where they are not."""
    average, spread = (_unsqueezed(program, ref) for ref in (mean, variance))
    if average is None or spread is None or average is spread:
        return None
    axes = [_averaged(program, item) for item in (average, spread)]
    squares = program.source(spread.inputs[0]) if axes[1] is not None else None
    if axes[0] is None or axes[0] != axes[1] or squares is None or average.inputs[0] != tensor:
        return None
    if squares.kind != "SquaredDifference" or tensor not in squares.inputs:
        return None
    other = squares.inputs[1] if squares.inputs[0] == tensor else squares.inputs[0]
    return axes[0] if program.source(other) is average else None


def _unsqueezed(program: Program, ref: Ref) -> Op | None:
    """What makes a tensor, before axes of one are taken away: those of a batch's statistics are."""
    op = program.source(ref)
    if op is not None and op.kind == "Squeeze":
        inner = program.source(op.inputs[0])
        if inner is not None and 0 in (_averaged(program, inner) or ()):
            return inner
    return op


def _averaged(program: Program, op: Op) -> list[int] | None:
    """The axes that a mean is taken over and keeps."""
    if op.values.get("stem") != "Average" or not op.attr("keep_dims"):
        return None
    axes = program.source(op.inputs[1])
    value = axes.attr("value") if axes is not None and axes.kind == "Const" else None
    return value.reshape(-1).tolist() if isinstance(value, np.ndarray) else None


def _times(op: Op | None, factor: Ref) -> Ref | None:
    if op is None or op.kind != "Mul" or factor not in op.inputs:
        return None
    return op.inputs[1] if op.inputs[0] == factor else op.inputs[0]
