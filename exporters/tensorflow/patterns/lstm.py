"""An LSTM written out step by step, as ``static_rnn`` makes it of a BasicLSTMCell: each step joins
what is new with the state before, multiplies once for all four gates, and takes them apart.

Every step that follows from the one before becomes the LSTM up to there; the last one is what is
left in the program, and says how many steps of its input are left out.
"""

from __future__ import annotations

from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.program import Op, Program, Ref

KIND = "visualnn.LSTM"


@ends("Mul")
def step(program: Program, op: Op) -> bool:
    """The new state: ``tanh(cell) * sigmoid(output gate)``."""
    cell = gate = None
    for ref in op.inputs:
        inner = program.op(ref)
        if inner is not None and inner.kind == "Tanh":
            cell = inner.inputs[0]
        elif inner is not None and inner.kind == "Sigmoid":
            gate = inner.inputs[0]
    if cell is None or gate is None or gate[1] != 3:
        return False
    split = program.op(gate)
    if split is None or split.kind != "Split" or len(split.inputs) != 2:
        return False
    before, forget_bias = _cell(program, cell, split.name)
    biased = program.op(split.inputs[1])
    if before is None or biased is None or biased.kind not in ("BiasAdd", "Add", "AddV2"):
        return False
    product = program.op(biased.inputs[0])
    if product is None or product.kind != "MatMul":
        return False
    joined = program.op(product.inputs[0])
    if joined is None or joined.kind != "ConcatV2" or len(joined.inputs) != 3:
        return False
    new, state = joined.inputs[:2]
    source = program.op(new)
    last = program.op(state)
    weights = [product.inputs[1], biased.inputs[1]]
    if source is None or source.kind != "Unpack" or source.attr("axis") != 1 or last is None:
        return False
    if last.kind == KIND:
        follows = (
            last.values["steps"] == new[1]
            and last.inputs == [source.inputs[0], *weights]
            and last.values["cell"] == before
        )
    else:
        follows = new[1] == 0 and is_zero(program, state) and is_zero(program, before)
    if not follows:
        return False
    return become(
        op,
        KIND,
        [source.inputs[0], *weights],
        steps=new[1] + 1,
        left=int(source.attr("num", 0)) - new[1] - 1,
        cell=cell,
        forget_bias=forget_bias,
    )


def _cell(program: Program, ref: Ref, split: str) -> tuple[Ref | None, float]:
    """The cell's state before, and what is added to the forget gate: ``before * sigmoid(forget) +
    sigmoid(input) * tanh(new)``.
    """
    total = program.op(ref)
    if total is None or total.kind not in ("Add", "AddV2"):
        return None, 0.0
    before: Ref | None = None
    bias, is_fed = 0.0, False
    for term in total.inputs:
        product = program.op(term)
        if product is None or product.kind != "Mul":
            return None, 0.0
        for one, other in (product.inputs, product.inputs[::-1]):
            gate = program.op(one)
            if gate is None or gate.kind != "Sigmoid":
                continue
            if gate.inputs[0] == (split, 0):
                new = program.op(other)
                is_fed = new is not None and new.kind == "Tanh" and new.inputs[0] == (split, 1)
                continue
            shifted = program.op(gate.inputs[0])
            if shifted is not None and (split, 2) in shifted.inputs:
                added = next((i for i in shifted.inputs if i != (split, 2)), None)
                number = program.source(added) if added is not None else None
                if number is not None and number.kind == "Const":
                    bias, before = float(number.attr("value").reshape(-1)[0]), other
            elif gate.inputs[0] == (split, 2):
                before = other
    return (before, bias) if is_fed else (None, 0.0)


def is_zero(program: Program, ref: Ref) -> bool:
    """Whether a state is filled with zeros."""
    op = program.source(ref)
    if op is not None and op.kind == "Fill":
        op = program.source(op.inputs[1])
    if op is None:
        return False
    return op.kind == "ZerosLike" or (op.kind == "Const" and not op.attr("value").any())
