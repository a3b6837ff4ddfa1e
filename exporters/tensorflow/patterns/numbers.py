"""Numbers that a graph says, or works out: TensorFlow 1 joins orders of axes."""

from __future__ import annotations

import numpy as np

from exporters.tensorflow.program import Program, Ref
from exporters.weights import Array

MAX_DEPTH = 4
MAX_NUMBERS = 64
MAX_JOINED = 8
"""Tensors of numbers that are joined: what is joined again and again multiplies."""


def number_of(program: Program, ref: Ref) -> float | None:
    """A constant number."""
    op = program.source(ref)
    value = op.attr("value") if op is not None and op.kind == "Const" else None
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else None


def numbers_of(program: Program, ref: Ref) -> list[int] | None:
    """Constant whole numbers."""
    found = _worked_out(program, ref, 0)
    return None if found is None else found.reshape(-1).tolist()


def _worked_out(program: Program, ref: Ref, depth: int) -> Array | None:
    """Constants, a range of them, or some one behind the other."""
    op = program.source(ref)
    if op is None or depth > MAX_DEPTH:
        return None
    if op.kind == "Const":
        value = op.attr("value")
        is_whole = isinstance(value, np.ndarray) and value.dtype.kind == "i"
        return value if is_whole and value.size <= MAX_NUMBERS else None
    if op.kind not in ("Range", "ConcatV2") or not 2 <= len(op.inputs) <= MAX_JOINED:
        return None
    found = [_worked_out(program, item, depth + 1) for item in op.inputs]
    arrays = [array for array in found if array is not None]
    if len(arrays) < len(found):
        return None
    if op.kind == "ConcatV2":
        joined = np.concatenate([array.reshape(-1) for array in arrays[:-1]])
        return joined if joined.size <= MAX_NUMBERS else None
    if len(arrays) != 3 or any(array.size != 1 for array in arrays):
        return None
    start, limit, delta = (int(array.item()) for array in arrays)
    is_short = delta != 0 and (limit - start) // delta <= MAX_NUMBERS
    return np.arange(start, limit, delta) if is_short else None
