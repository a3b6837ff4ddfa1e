"""Conditions of TensorFlow 1, whose branches are chosen when the graph runs."""

from __future__ import annotations

from exporters.tensorflow.problems import BRANCH
from exporters.tensorflow.program import PASSING, Op, ancestors
from exporters.tensorflow.reader import Constant, NotKnown, Reader, Signal, Value, reads
from layers.diagnostics import diagnose

_OPEN = "PlaceholderWithDefault"
_SWITCHES = ("Switch", "RefSwitch")


@reads("Merge")
def merge(reader: Reader, op: Op) -> Value:
    """Of the branches of a condition, the first is taken where it is false: at inference."""
    if any(getattr(reader.program.op(ref), "kind", "") == "NextIteration" for ref in op.inputs):
        # A loop, which comes back with another value.
        raise NotKnown
    found = [reader.values.get(ref) for ref in op.inputs]
    signals = [value for value in found if isinstance(value, Signal)]
    if len(signals) == 2:
        other = reader.draft(signals[1])
        if other.type == "Dropout" and other.inputs == [signals[0].end]:
            return signals[1]
    is_true, name = _predicate(reader, op)
    if is_true and len(found) == 2 and found[1] is not None:
        return found[1]
    first = next((value for value in found if value is not None), None)
    if first is None:
        raise NotKnown
    if is_true is None and len({id(value) for value in found}) > 1:
        # Once for all that one switch chooses.
        note = diagnose(BRANCH, name=name[-80:])
        if note not in reader.diagnostics:
            reader.diagnostics.append(note)
    return first


def _predicate(reader: Reader, op: Op) -> tuple[bool | None, str]:
    """What chooses between the branches: whether it is true, where that is known, and its name."""
    scope = op.name.rpartition("/")[0]
    switch = next(
        (
            item
            for item in ancestors(reader.program, op.inputs)
            if item.kind in _SWITCHES and item.name.startswith(f"{scope}/")
        ),
        None,
    )
    if switch is None:
        return None, op.name
    source = reader.program.op(switch.inputs[1])
    while source is not None and source.kind in PASSING - {_OPEN} and source.inputs:
        source = reader.program.op(source.inputs[0])
    if source is None:
        return None, op.name
    told = reader.values.get((source.name, 0))
    is_known = isinstance(told, Constant) and told.is_known and told.array.size == 1
    value = bool(told.array.item()) if isinstance(told, Constant) and is_known else None
    # Who leaves the switch of training open may still feed the other value.
    return (None if source.kind == _OPEN and value else value), source.name


@reads("Switch", "RefSwitch")
def switch(reader: Reader, op: Op) -> list[Value]:
    found = reader.value(op, 0)
    return [found, found]
