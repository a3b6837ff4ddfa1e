"""What is taken of a sequence: its last step, or all of it with batches first."""

from __future__ import annotations

from exporters.tensorflow.patterns.numbers import numbers_of
from exporters.tensorflow.program import Op, Program

_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def is_exchange(program: Program, op: Op) -> bool:
    """Whether batch and time change places."""
    return numbers_of(program, op.inputs[1]) == [1, 0, 2]


def takes_last(program: Program, op: Op, axis: int, *, is_last: bool = False) -> bool:
    """Whether an operation takes the last step along an axis and all of the others.

    Args:
        is_last: whether there is one step only, so that the first is the last.
    """
    if op.kind != "StridedSlice" or len(op.inputs) != 4:
        return False
    begin, strides = numbers_of(program, op.inputs[1]), numbers_of(program, op.inputs[3])
    masks = {name: int(op.attr(f"{name}_mask", 0) or 0) for name in _MASKS}
    if begin is None or strides is None or len(begin) <= axis or set(strides) != {1}:
        return False
    others = sum(1 << place for place in range(len(begin)) if place != axis)
    is_whole = masks["begin"] & masks["end"] & others == others
    is_plain = not masks["ellipsis"] and not masks["new_axis"]
    if not is_whole or not is_plain or masks["shrink_axis"] != 1 << axis:
        return False
    return begin[axis] == -1 or (is_last and begin[axis] == 0)
