"""Batch normalization in single operations, as ``tf.nn.batch_normalization`` makes it:
``x * (rsqrt(variance + epsilon) * gamma) + (beta - mean * the same)``.
"""

from __future__ import annotations

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.program import Op, Program, Ref


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
        inputs, parts = [tensor, mean, variance, epsilon], {}
        for name, ref in (("beta", beta), ("gamma", gamma)):
            if ref is not None:
                parts[name] = len(inputs)
                inputs.append(ref)
        return become(op, "visualnn.BatchNormalization", inputs, parts=parts)
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
    if op.kind == "Mul":
        for left, right in (op.inputs, op.inputs[::-1]):
            negative = program.op(left)
            if right == factor and negative is not None and negative.kind == "Neg":
                return negative.inputs[0], None
    return None


def _times(op: Op | None, factor: Ref) -> Ref | None:
    if op is None or op.kind != "Mul" or factor not in op.inputs:
        return None
    return op.inputs[1] if op.inputs[0] == factor else op.inputs[0]
