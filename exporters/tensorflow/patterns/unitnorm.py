"""A tensor times one over the root of the sum of its squares, which is never too small
(``tf.nn.l2_normalize``), or as a factor never too large (Keras 3).
"""

from __future__ import annotations

import math

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.numbers import number_of
from exporters.tensorflow.program import Op, Program, Ref

LEAST = 1e-12
"""What TensorFlow and Keras take for the sum of squares at least."""


@ends("Mul")
def of_length_1(program: Program, op: Op) -> bool:
    for tensor, factor in (op.inputs, op.inputs[::-1]):
        found = _squares(program, factor)
        total = program.source(found) if found is not None else None
        if total is None or total.kind != "Sum" or not total.attr("keep_dims"):
            continue
        square = program.source(total.inputs[0])
        if square is not None and square.kind == "Square" and square.inputs[0] == tensor:
            return become(op, "visualnn.UnitNormalization", [tensor, total.inputs[1]])
    return False


def _squares(program: Program, factor: Ref) -> Ref | None:
    """The sum of squares that a factor is made of."""
    outer = program.source(factor)
    if outer is not None and outer.kind == "Minimum":
        for root, most in (outer.inputs, outer.inputs[::-1]):
            inner, number = program.source(root), number_of(program, most)
            if inner is not None and inner.kind == "Rsqrt" and _is(number, 1 / LEAST):
                return inner.inputs[0]
    inner = program.source(outer.inputs[0]) if outer is not None and outer.kind == "Rsqrt" else None
    if inner is not None and inner.kind == "Maximum":
        for squares, least in (inner.inputs, inner.inputs[::-1]):
            if _is(number_of(program, least), LEAST):
                return squares
    return None


def _is(number: float | None, wanted: float) -> bool:
    return number is not None and math.isclose(number, wanted, rel_tol=1e-3)
