"""``tf.nn.l2_normalize``: a tensor times one over the root of the sum of its squares."""

from __future__ import annotations

import math

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.numbers import number_of
from exporters.tensorflow.program import Op, Program

LEAST = 1e-12
"""What TensorFlow and Keras take for the sum of squares at least."""


@ends("Mul")
def of_length_1(program: Program, op: Op) -> bool:
    for tensor, factor in (op.inputs, op.inputs[::-1]):
        root = program.source(factor)
        most = program.source(root.inputs[0]) if root and root.kind == "Rsqrt" else None
        if most is None or most.kind != "Maximum":
            continue
        for squares, least in (most.inputs, most.inputs[::-1]):
            total = program.source(squares)
            if total is None or total.kind != "Sum" or not total.attr("keep_dims"):
                continue
            square = program.source(total.inputs[0])
            number = number_of(program, least)
            if square is None or square.kind != "Square" or square.inputs[0] != tensor:
                continue
            if number is not None and math.isclose(number, LEAST, rel_tol=1e-3):
                return become(op, "visualnn.UnitNormalization", [tensor, total.inputs[1]])
    return False
