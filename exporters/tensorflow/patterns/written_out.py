"""Recurrent layers written out step by step, as ``static_rnn`` of TensorFlow 1 makes them, also on
top of each other and from the end: each step joins what is new with the state before.

All steps of a layer compute the same expression of what is new and of the states before, which
begin with zeros; that is a cell as in a loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from exporters.tensorflow.cells import Cell, Expression, Unlike
from exporters.tensorflow.chains import chain_of
from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.lstm import is_zero
from exporters.tensorflow.patterns.recurrence import KIND, passed
from exporters.tensorflow.program import Op, Program, Ref
from exporters.tensorflow.steps import Steps

MAX_STEPS = 256
MAX_LAYERS = 8
MAX_AFTER = 64
"""Operations behind the last join among which the last state is looked for."""
_NEW: Expression = ("step", ("list", ("", 0)), ("number", 0))


@dataclass(slots=True)
class _Written:
    """A layer that is written out.

    Attributes:
        states: the outputs of all steps, in the order in which they are computed.
        memory: the last state of an LSTM's memory.
        cell: what each step computes.
        is_backwards: whether the first step takes what is new last.
        above: the layers that take what this one gives.
    """

    states: list[Ref]
    memory: Ref | None
    cell: Cell
    is_backwards: bool
    above: list[_Written] = field(default_factory=list)


@ends("Unpack")
def written_out(program: Program, op: Op) -> bool:
    count, axis = int(op.attr("num", 0)), int(op.attr("axis", 0) or 0)
    if not 1 < count <= MAX_STEPS or axis not in (0, 1) or len(op.inputs) != 1:
        return False
    layers = _layers(program, [(op.name, place) for place in range(count)], MAX_LAYERS)
    if not layers:
        return False
    tensor = op.inputs[0]
    if axis == 1:
        tensor = _exchanged(program, f"{op.name}/steps_first", tensor)
    for layer in layers:
        _replace(program, layer, tensor)
    return True


def _layers(program: Program, news: list[Ref], depth: int) -> list[_Written]:
    """The layers that take a sequence, each in one direction."""
    found: list[_Written] = []
    for is_backwards in (False, True):
        ordered = news[::-1] if is_backwards else news
        for start in _joins(program, ordered[0]):
            if depth and is_zero(program, start.inputs[1]):
                try:
                    layer = _layer(program, ordered, start, is_backwards=is_backwards)
                except Unlike:
                    continue
                layer.above = _layers(program, layer.states, depth - 1)
                found.append(layer)
    return found


def _joins(program: Program, new: Ref) -> list[Op]:
    """What puts a state behind what is new."""
    users = program.takers().get(new, [])
    return [op for op in users if op.kind == "ConcatV2" and len(op.inputs) == 3][:MAX_LAYERS]


def _layer(program: Program, news: list[Ref], start: Op, *, is_backwards: bool) -> _Written:
    """The layer that begins with a join. Raises Unlike."""
    kernel = _kernel(program, start)
    joins = [start]
    for new in news[1:]:
        same = [op for op in _joins(program, new) if _kernel(program, op) == kernel]
        if len(same) != 1 or same[0].inputs[0] != new:
            raise Unlike
        joins.append(same[0])
    states = [passed(program, op.inputs[1]) for op in joins]
    if start.inputs[0] != news[0]:
        raise Unlike
    before: list[Ref | None] = [states[0], _first_memory(program, states[1])]
    wanted: tuple[Expression, Expression | None] | None = None
    for place, (new, join) in enumerate(zip(news, joins, strict=True)):
        ends_at = [states[place + 1]] if place + 1 < len(news) else _after(program, join, states[1])
        for state in ends_at:
            memory = _memory(program, state) if before[1] is not None else None
            try:
                made = _expressions(program, new, join, before, (state, memory))
            except Unlike:
                continue
            if wanted in (None, made):
                wanted, before = made, [state, memory]
                break
        else:
            raise Unlike
    assert wanted is not None
    own = {0: wanted[0]} | ({1: wanted[1]} if wanted[1] is not None else {})
    (layer,) = chain_of(own, ("next", 0))
    last, memory = before
    assert last is not None
    return _Written([*states[1:], last], memory, layer.cell, is_backwards)


def _kernel(program: Program, join: Op) -> str | None:
    """The weight by which a join is multiplied."""
    for op in program.takers().get((join.name, 0), []):
        source = program.source(op.inputs[1]) if op.kind == "MatMul" else None
        if source is not None:
            return source.name
    return None


def _expressions(
    program: Program,
    new: Ref,
    join: Op,
    before: list[Ref | None],
    after: tuple[Ref, Ref | None],
) -> tuple[Expression, Expression | None]:
    """The state and the memory after a step. Raises Unlike."""
    known: dict[Ref, Expression] = {new: _NEW}
    for place, ref in enumerate(before):
        if ref is not None:
            known[ref] = ("argument", place)
    # States that begin with the same zeros are told apart by where they are taken.
    known[join.name, 0] = ("joined", (_NEW, ("argument", 0)))
    state, memory = after
    if memory is None:
        return Steps(program.op, known).of(state), None
    return (
        Steps(program.op, {**known, memory: ("next", 1)}).of(state),
        Steps(program.op, known).of(memory),
    )


def _memory(program: Program, state: Ref) -> Ref | None:
    """What an LSTM's state is the squashed memory of."""
    op = program.op(state)
    if op is None or op.kind != "Mul":
        return None
    for ref in op.inputs:
        inner = program.source(ref)
        if inner is not None and inner.kind == "Tanh":
            return passed(program, inner.inputs[0])
    return None


def _first_memory(program: Program, state: Ref) -> Ref | None:
    """The zeros with which the memory begins; None where the cell has none. Raises Unlike."""
    memory = _memory(program, state)
    op = program.op(memory) if memory is not None else None
    if op is None:
        return None
    for term in op.inputs:
        product = program.op(term)
        for ref in product.inputs if product is not None and product.kind == "Mul" else ():
            if is_zero(program, ref):
                return passed(program, ref)
    raise Unlike


def _after(program: Program, join: Op, like: Ref) -> list[Ref]:
    """What may be the state after the last step: made as those before it are."""
    model = program.op(like)
    takers = program.takers()
    found: list[Ref] = []
    seen: dict[str, None] = {}
    stack = [join]
    while stack and len(seen) < MAX_AFTER:
        op = stack.pop(0)
        if op.name in seen:
            continue
        seen[op.name] = None
        if model is not None and op.kind == model.kind:
            found.append((op.name, 0))
        stack += [
            user
            for port in range(4)
            for user in takers.get((op.name, port), [])[:MAX_AFTER]
            if user.kind != "ConcatV2" or op.kind == "Mul"
        ]
    return found


def _replace(program: Program, layer: _Written, tensor: Ref) -> None:
    """Hand what the steps give to one operation. What they computed drops out."""
    last = layer.states[-1][0]
    name, count = last.rpartition("/")[0], len(layer.states)
    if not name or name in program.ops:
        name = f"{last}/sequence"
    for above in layer.above:
        _replace(program, above, (name, 0))
    cell = layer.cell
    weights: dict[Ref, None] = {}
    for gate in cell.gates:
        parts = (gate.kernel, gate.recurrent, *gate.biases, *gate.recurrent_biases)
        weights.update(dict.fromkeys(part[1] for part in parts))
    program.ops[name] = Op(name, KIND, [])
    values = {"go_backwards": layer.is_backwards, "limits": (count,), "was": "Unpack"}
    become(program.ops[name], KIND, [tensor, *weights], cell=cell, **values)
    for user in program.takers().get(layer.states[-1], []):
        if user.kind == "Pack" and user.inputs == layer.states:
            axis = int(user.attr("axis", 0) or 0)
            whole = (name, 0)
            if axis == 1:
                whole = _exchanged(program, f"{user.name}/samples_first", whole)
            if axis in (0, 1):
                become(user, "Identity", [whole])
    steps = program.ops[f"{name}/steps"] = Op(f"{name}/steps", "Unpack", [(name, 0)])
    steps.values = {"num": count, "axis": 0}
    for place, (state, _) in enumerate(layer.states[:-1]):
        become(program.ops[state], "Identity", [(steps.name, place)])
    become(program.ops[last], "Identity", [(name, 1)])
    if layer.memory is not None:
        become(program.ops[layer.memory[0]], "Identity", [(name, 2)])


def _exchanged(program: Program, name: str, tensor: Ref) -> Ref:
    """A tensor with its first two axes exchanged."""
    order = f"{name}/order"
    program.ops[order] = Op(order, "Const", [], {}, {"value": np.array([1, 0, 2], np.int32)})
    program.ops[name] = Op(name, "Transpose", [tensor, (order, 0)])
    return name, 0
