"""Numbers of rows of a table, counted from the end where they are negative, as Keras 3 writes it:
Embedding layers do that themselves.
"""

from __future__ import annotations

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.program import Op, Program, Ref


@ends("SelectV2")
def counted_from_the_end(program: Program, op: Op) -> bool:
    is_negative, other, number = (program.op(ref) for ref in op.inputs)
    if is_negative is None or other is None or is_negative.kind != "Less" or number is None:
        return False
    tensor = op.inputs[2]
    if other.kind not in ("Add", "AddV2") or is_negative.inputs[0] != tensor:
        return False
    takers = program.takers().get((op.name, 0), ())
    if not takers or any(taker.kind not in ("GatherV2", "ResourceGather") for taker in takers):
        return False
    added = other.inputs[1] if other.inputs[0] == tensor else other.inputs[0]
    if tensor not in other.inputs or _number(program, is_negative.inputs[1]) != 0:
        return False
    counts = all(_counts_rows(program, added, taker.inputs[0]) for taker in takers)
    return counts and become(op, "Identity", [tensor])


def _counts_rows(program: Program, number: Ref, table: Ref) -> bool:
    """Whether a number is that of the rows of a table."""
    source, op = program.source(table), program.source(number)
    if source is None or op is None:
        return False
    dims = source.attr("value").shape if source.kind == "Const" else source.attr("shape")
    rows = dims[0] if dims else None
    if op.kind != "StridedSlice":
        return rows is not None and rows == _number(program, number)
    shape = program.source(op.inputs[0])
    if shape is None or _number(program, op.inputs[1]) != 0:
        return False
    if shape.kind == "Const":
        told = shape.attr("value")
        return rows is not None and told.size > 0 and told.reshape(-1)[0] == rows
    return shape.kind == "Shape" and program.source(shape.inputs[0]) is source


def _number(program: Program, ref: Ref) -> int | None:
    source = program.source(ref)
    value = source.attr("value") if source is not None and source.kind == "Const" else None
    return int(value.reshape(-1)[0]) if value is not None and value.size == 1 else None
