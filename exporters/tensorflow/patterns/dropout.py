"""Dropout: a tensor scaled up and times a mask of random numbers."""

from __future__ import annotations

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.problems import RATE
from exporters.tensorflow.program import Op, Program, Ref
from layers.diagnostics import diagnose

RANDOM = frozenset({"RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2"})
_STEPS = frozenset(
    {"Floor", "Cast", "GreaterEqual", "Add", "AddV2", "Mul", "Sub", "Less", "Greater", "Identity"}
)
ASSUMED_RATE = 0.5


@ends("Mul", "SelectV2", "Select")
def dropout(program: Program, op: Op) -> bool:
    if op.kind == "Mul":
        choices = [(op.inputs[0], op.inputs[1]), (op.inputs[1], op.inputs[0])]
    else:
        choices = [(op.inputs[1], op.inputs[0])]
    for scaled, mask in choices:
        if _is_mask(program, mask):
            tensor, keep = _scaled(program, scaled)
            rate = None if keep is None else round(1 - keep, 6)
            note = None
            if rate is None or not 0 <= rate < 1:
                rate = ASSUMED_RATE
                note = diagnose(RATE, name=op.name[:80], rate=rate)
            return become(op, "visualnn.Dropout", [tensor], rate=rate, note=note)
    return False


def _is_mask(program: Program, ref: Ref) -> bool:
    """Whether a tensor is made of random numbers by a few steps."""
    stack, seen = [ref], 0
    first = program.op(ref)
    if first is None or first.kind not in ("Floor", "Cast", "GreaterEqual"):
        return False
    while stack and seen < 16:
        seen += 1
        op = program.op(stack.pop())
        if op is None:
            continue
        if op.kind in RANDOM:
            return True
        if op.kind in _STEPS:
            stack.extend(op.inputs)
    return False


def _scaled(program: Program, ref: Ref) -> tuple[Ref, float | None]:
    """The tensor before it was scaled up, and the share that is kept where that is known."""
    op = program.op(ref)
    if op is not None and op.kind in ("RealDiv", "Div") and len(op.inputs) == 2:
        number = _number(program, op.inputs[1])
        return op.inputs[0], number
    if op is not None and op.kind == "Mul" and len(op.inputs) == 2:
        for tensor, factor in (op.inputs, op.inputs[::-1]):
            number = _number(program, factor)
            if number:
                return tensor, 1 / number
        for tensor, factor in (op.inputs, op.inputs[::-1]):
            made = program.source(factor)
            if made is not None and made.kind in ("RealDiv", "Reciprocal"):
                return tensor, None
    return ref, None


def _number(program: Program, ref: Ref) -> float | None:
    op = program.source(ref)
    if op is None or op.kind != "Const":
        return None
    value = op.attr("value")
    return float(value.reshape(-1)[0]) if value.size == 1 and value.dtype.kind in "fiu" else None
