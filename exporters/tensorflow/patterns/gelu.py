"""GELU, written out: half a tensor times ``erfc(-x / sqrt(2))``, or times ``1 + erf(x / sqrt(2))``.

Hendrycks, Gimpel 2016, "Gaussian Error Linear Units (GELUs)"
"""

from __future__ import annotations

import math

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.numbers import number_of
from exporters.tensorflow.program import Op, Program, Ref


@ends("Mul")
def gelu(program: Program, op: Op) -> bool:
    for half, gate in (op.inputs, op.inputs[::-1]):
        tensor, inner = _times(program, half, 0.5), program.source(gate)
        if tensor is None:
            # Half of the gate, as BERT has it.
            halved = _times(program, gate, 0.5)
            if halved is None:
                continue
            tensor, inner = half, program.source(halved)
        if inner is not None and inner.kind == "Erfc":
            negative = _times(program, inner.inputs[0], math.sqrt(0.5))
            taken = program.source(negative) if negative is not None else None
            if taken is not None and taken.kind == "Neg" and taken.inputs[0] == tensor:
                return become(op, "visualnn.Gelu", [tensor])
        if inner is not None and inner.kind in ("Add", "AddV2"):
            for one, other in (inner.inputs, inner.inputs[::-1]):
                error = program.source(other)
                if error is None or error.kind != "Erf" or _number(program, one) != 1.0:
                    continue
                if _times(program, error.inputs[0], math.sqrt(0.5)) == tensor:
                    return become(op, "visualnn.Gelu", [tensor])
    return False


def _times(program: Program, ref: Ref, factor: float) -> Ref | None:
    """What is multiplied by a number, or divided by its inverse."""
    op = program.source(ref)
    if op is None or op.kind not in ("Mul", "RealDiv"):
        return None
    left, right = op.inputs
    pairs = [(left, right)] if op.kind == "RealDiv" else [(left, right), (right, left)]
    wanted = 1 / factor if op.kind == "RealDiv" else factor
    for tensor, number in pairs:
        found = _number(program, number)
        if found is not None and math.isclose(found, wanted, rel_tol=1e-6):
            return tensor
    return None


def _number(program: Program, ref: Ref) -> float | None:
    op = program.source(ref)
    if op is not None and op.kind == "Sqrt":
        inner = number_of(program, op.inputs[0])
        return math.sqrt(inner) if inner is not None and inner > 0 else None
    return number_of(program, ref)
