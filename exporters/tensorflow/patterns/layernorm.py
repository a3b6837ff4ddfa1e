"""Layer normalization over the last axis as Keras 2 does it: with a fused batch normalization of
each row in training. By moments it is told apart in :mod:`batchnorm`.
"""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.program import Op, Program


@ends("Add", "AddV2")
def by_fused_normalization(program: Program, op: Op) -> bool:
    """Rows laid side by side as channels of one image, normalized as in training, laid back, and
    scaled and shifted.
    """
    for scaled, beta in (op.inputs, op.inputs[::-1]):
        times = program.op(scaled)
        if times is None or times.kind != "Mul":
            continue
        for back, gamma in (times.inputs, times.inputs[::-1]):
            outer = program.op(back)
            inner = program.op(outer.inputs[0]) if outer and outer.kind == "Reshape" else None
            if outer is None or inner is None or inner.kind != "FusedBatchNormV3":
                continue
            laid = program.op(inner.inputs[0])
            if not inner.attr("is_training", True) or inner.attr("data_format") != "NCHW":
                continue
            if laid is None or laid.kind != "Reshape" or not _is_plain(program, inner):
                continue
            shape = program.source(outer.inputs[1])
            if shape is None or shape.kind != "Shape":
                continue
            if program.source(shape.inputs[0]) is not program.source(laid.inputs[0]):
                continue
            inputs = [laid.inputs[0], laid.inputs[1], gamma, beta]
            epsilon = inner.attr("epsilon", 1e-4)
            parts = {"gamma": 2, "beta": 3}
            return become(op, "visualnn.RowNormalization", inputs, parts=parts, epsilon=epsilon)
    return False


def _is_plain(program: Program, op: Op) -> bool:
    """Whether a fused normalization scales by ones and shifts by zeros."""
    found = []
    for ref in op.inputs[1:3]:
        filled = program.source(ref)
        value = program.source(filled.inputs[1]) if filled and filled.kind == "Fill" else None
        array = value.attr("value") if value is not None and value.kind == "Const" else None
        found.append(array.item() if isinstance(array, np.ndarray) and array.size == 1 else None)
    return found == [1.0, 0.0]
