"""Two recurrent layers, one from the end, whose sequences are put side by side."""

from __future__ import annotations

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.numbers import number_of, numbers_of
from exporters.tensorflow.patterns.recurrence import KIND, passed
from exporters.tensorflow.program import Op, Program, Ref

BOTH = "visualnn.Bidirectional"


@ends("ConcatV2")
def both_directions(program: Program, op: Op) -> bool:
    """Two layers of the same kind, the one from the end turned around, side by side."""
    if len(op.inputs) != 3 or number_of(program, op.inputs[2]) not in (2, -1):
        return False
    forward, is_turned = _sequence(program, op.inputs[0])
    backward, is_turned_back = _sequence(program, op.inputs[1])
    if forward is None or backward is None or is_turned or not is_turned_back:
        return False
    ways = [bool(item.attr("go_backwards")) for item in (forward, backward)]
    if ways != [False, True]:
        return False
    tensors = [_exchanged(program, item.inputs[0]) for item in (forward, backward)]
    if tensors[0] != tensors[1]:
        return False
    weights = [*forward.inputs[1:], *backward.inputs[1:]]
    return become(
        op, BOTH, [forward.inputs[0], *weights], forward=forward, backward=backward, was="ConcatV2"
    )


def _sequence(program: Program, ref: Ref) -> tuple[Op | None, bool]:
    """The layer that makes a sequence with batches first, and whether it is turned around."""
    is_turned, is_exchanged = False, False
    for _ in range(8):
        op = program.source(ref)
        if op is None:
            break
        if op.kind == KIND:
            is_sequence = is_exchanged and _port(program, ref) == 0
            return (op, is_turned) if is_sequence else (None, False)
        if op.kind not in ("Transpose", "ReverseV2") or len(op.inputs) != 2:
            break
        numbers = numbers_of(program, op.inputs[1])
        if op.kind == "Transpose" and numbers == [1, 0, 2] and not is_exchanged:
            is_exchanged = True
        elif op.kind == "ReverseV2" and numbers == [int(not is_exchanged)] and not is_turned:
            is_turned = True
        else:
            break
        ref = op.inputs[0]
    return None, False


def _exchanged(program: Program, ref: Ref) -> Ref:
    """A tensor before time came first, which each direction does for itself."""
    op = program.source(ref)
    if op is not None and op.kind == "Transpose":
        return passed(program, op.inputs[0])
    return passed(program, ref)


def _port(program: Program, ref: Ref) -> int:
    return passed(program, ref)[1]
