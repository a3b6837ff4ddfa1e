"""Recurrent layers as loops: ``while`` of TensorFlow 2 with its body as a function, and the frames
of TensorFlow 1 (and of what was lowered to them).

A loop is a layer where its body is a cell that :mod:`exporters.tensorflow.cells` knows, it goes
through a list of tensors from the first to the last, and its states begin with zeros. Anything else
stays a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from exporters.tensorflow.cells import Cell, Expression, Unlike, total
from exporters.tensorflow.chains import chain_of
from exporters.tensorflow.patterns import become, ends
from exporters.tensorflow.patterns.lstm import is_zero
from exporters.tensorflow.patterns.numbers import number_of, numbers_of
from exporters.tensorflow.patterns.steps import is_exchange, takes_last
from exporters.tensorflow.program import CALLS, MISFITS, Op, Program, Ref, program_of_function
from exporters.tensorflow.steps import Steps

KIND = "visualnn.Recurrent"
MAX_BODY = 400
MAX_ARGUMENTS = 64
_STACKS = {"TensorListStack": 0, "TensorArrayGatherV3": 2}
"""What makes one tensor of a list, and which of its inputs the list is."""


@dataclass(slots=True)
class Loop:
    """A loop.

    Attributes:
        starts: the arguments before the first step.
        nexts: the arguments after a step.
        condition: whether there is another step.
        results: the arguments after the last step, where anything can take them.
    """

    starts: list[Ref]
    nexts: list[Expression]
    condition: Expression
    results: list[Ref | None]
    extra: dict[str, Op] = field(default_factory=dict)


@ends("While", "StatelessWhile")
def loop_of_functions(program: Program, op: Op) -> bool:
    functions = [program.functions.get(str(op.attr(name))) for name in ("body", "cond")]
    for function in functions:
        if function is None or len(function.node_def) > MAX_BODY:
            return False
        if any(node.op in CALLS or node.op in program.functions for node in function.node_def):
            return False
    if len(op.inputs) > MAX_ARGUMENTS:
        return False
    arguments = [(f"{op.name}/argument", place) for place in range(len(op.inputs))]
    body = program_of_function(program, str(op.attr("body")), f"{op.name}/body", arguments)
    test = program_of_function(program, str(op.attr("cond")), f"{op.name}/cond", arguments)
    if len(body.outputs) != len(arguments) or len(test.outputs) != 1:
        return False
    outer = Steps(program.op, {})
    known: dict[Ref, Expression] = {}
    for place, (ref, after) in enumerate(zip(arguments, body.outputs, strict=True)):
        known[ref] = ("argument", place)
        if passed(body, after) == ref:
            known[ref] = outer.outside(op.inputs[place])
    try:
        loop = Loop(
            list(op.inputs),
            _nexts(body, known, body.outputs),
            Steps(test.op, known).of(test.outputs[0]),
            [(op.name, place) for place in range(len(op.inputs))],
            body.ops,
        )
        _recognised(program, loop, op)
        return True
    except Unlike:
        return False


@ends("LoopCond")
def loop_of_frames(program: Program, op: Op) -> bool:
    takers = program.takers()
    switches = [item for item in takers.get((op.name, 0), ()) if item.kind == "Switch"]
    if not 0 < len(switches) <= MAX_ARGUMENTS:
        return False
    known: dict[Ref, Expression] = {}
    merges: list[tuple[Op, Op, Op]] = []
    for place, switch in enumerate(switches):
        merge = program.op(switch.inputs[0])
        if merge is None or merge.kind != "Merge" or len(merge.inputs) != 2:
            return False
        enter, back = program.op(merge.inputs[0]), program.op(merge.inputs[1])
        if enter is None or back is None or enter.kind != "Enter" or back.kind != "NextIteration":
            return False
        merges.append((switch, enter, back))
        known[merge.name, 0] = known[switch.name, 1] = ("argument", place)
    frame = op.name.rpartition("/")[0]
    if not frame or frame in program.ops:
        frame = str(merges[0][1].attr("frame_name") or op.name)
    if frame in program.ops:
        return False
    results: list[Ref | None] = []
    for switch, _, _ in merges:
        exits = [item for item in takers.get((switch.name, 0), ()) if item.kind == "Exit"]
        results.append((exits[0].name, 0) if len(exits) == 1 else None)
    made = program.ops[frame] = Op(frame, KIND, [])
    try:
        _recognised(program, _loop_of_frames(program, op, merges, known, results), made)
    except (Unlike, *MISFITS):
        # One operation with all that goes in, as in TensorFlow 2.
        become(made, "While", _taken(program, merges))
        for place, result in enumerate(results):
            if result is not None:
                become(program.ops[result[0]], "Identity", [(frame, place)])
    return True


def _taken(program: Program, merges: list[tuple[Op, Op, Op]]) -> list[Ref]:
    """What a frame takes: its arguments before the first step, and what stays the same."""
    entering = {enter.name: enter.inputs[0] for _, enter, _ in merges}
    seen: set[str] = {switch.name for switch, _, _ in merges}
    stack = [back.inputs[0] for _, _, back in merges]
    while stack:
        op = program.op(stack.pop())
        if op is None or op.name in seen:
            continue
        seen.add(op.name)
        if op.kind == "Enter":
            entering[op.name] = op.inputs[0]
        else:
            stack.extend(op.inputs)
    return list(dict.fromkeys(entering.values()))


def _loop_of_frames(
    program: Program,
    op: Op,
    merges: list[tuple[Op, Op, Op]],
    known: dict[Ref, Expression],
    results: list[Ref | None],
) -> Loop:
    """The loop of a frame. Raises Unlike."""
    outer = Steps(program.op, {})
    for switch, enter, back in merges:
        if passed(program, back.inputs[0]) in ((switch.name, 1), switch.inputs[0]):
            expression = outer.outside(enter.inputs[0])
            known[switch.inputs[0]] = known[switch.name, 1] = expression
    return Loop(
        [enter.inputs[0] for _, enter, _ in merges],
        _nexts(program, known, [back.inputs[0] for _, _, back in merges]),
        Steps(program.op, known).of(op.inputs[0]),
        results,
    )


def _nexts(program: Program, known: dict[Ref, Expression], refs: list[Ref]) -> list[Expression]:
    """The arguments after a step, each by what the others are then: layers on top of each other
    stay small so.
    """
    plain = [passed(program, ref) for ref in refs]
    made: list[Expression] = []
    for own in plain:
        others: dict[Ref, Expression] = {}
        for place, ref in enumerate(plain):
            if ref != own and ref not in known:
                others.setdefault(ref, ("next", place))
        made.append(Steps(program.op, {**known, **others}).lenient(own))
    return made


def passed(program: Program, ref: Ref) -> Ref:
    """A tensor before what changes nothing."""
    for _ in range(16):
        op = program.op(ref)
        if op is None or op.kind != "Identity" or not op.inputs:
            break
        ref = op.inputs[0]
    return ref


def _recognised(program: Program, loop: Loop, made: Op) -> None:
    """Turn a loop into a layer. Raises Unlike."""
    counters = {
        ("argument", place)
        for place, after in enumerate(loop.nexts)
        if after == total(("argument", place), ("number", 1))
        and number_of(program, loop.starts[place]) == 0
    }
    puts = {place: after for place, after in enumerate(loop.nexts) if after[0] == "put"}
    if len(puts) > 1:
        raise Unlike
    # Where nothing takes the outputs of all steps, the loop may have no list of them.
    listed, put = next(iter(puts.items()), (-1, None))
    _, target, at, output = put or (None, ("argument", listed), ("number", 0), None)
    if target != ("argument", listed) or not (at in counters or at == ("number", 0)):
        raise Unlike
    states = {
        place: after
        for place, after in enumerate(loop.nexts)
        if place != listed and ("argument", place) not in counters and after[0] not in _STILL
    }
    layers = chain_of(states, output)
    _, source, position = layers[0].new
    if source[0] != "list" or position not in counters:
        raise Unlike
    places = [place for layer in layers for place in layer.cell.states]
    if not all(is_zero(program, loop.starts[place]) for place in places):
        raise Unlike
    given, tensor, is_backwards = _listed(program, source[1])
    limits = _limits(program, loop, counters, (given, tensor))
    names = [f"{made.name}/layer_{number}" for number in range(1, len(layers))] + [made.name]
    if any(name in program.ops for name in names[:-1]):
        raise Unlike
    owners = {
        place: (name, 1 + port)
        for name, layer in zip(names, layers, strict=True)
        for port, place in enumerate(layer.cell.states)
    }
    _rewire(program, loop, owners, listed, made.name, is_last=at == ("number", 0))
    for name, layer in zip(names, layers, strict=True):
        op = program.ops.setdefault(name, Op(name, KIND, []))
        weights = _weights_of(program, loop, layer.cell)
        values = {"go_backwards": is_backwards, "limits": limits, "was": "While"}
        become(op, KIND, [tensor, *weights], cell=layer.cell, **values)
        # What one layer gives is what the next one takes, in the loop's order.
        tensor, is_backwards = (name, 0), False


def _weights_of(program: Program, loop: Loop, cell: Cell) -> list[Ref]:
    """The weights of a cell, each once; those of a loop alone are operations of the graph then."""
    weights: dict[Ref, None] = {}
    for gate in cell.gates:
        parts = (gate.kernel, gate.recurrent, *gate.biases, *gate.recurrent_biases)
        weights.update(dict.fromkeys(part[1] for part in parts))
    for name, _ in weights:
        if name not in program.ops:
            program.ops[name] = loop.extra[name]
    return list(weights)


_STILL = frozenset({"argument", "outside", "weight", "number", "numbers", "list"})
"""What arguments are that stay as they are."""


def _listed(program: Program, ref: Ref) -> tuple[Ref, Ref, bool]:
    """The tensor that a list is made of, the same from its start, and whether it was turned."""
    op = program.ops[ref[0]]
    tensor = op.inputs[0] if op.kind == "TensorListFromTensor" else op.inputs[2]
    inner = program.source(tensor)
    if inner is not None and inner.kind == "ReverseV2" and len(inner.inputs) == 2:
        if numbers_of(program, inner.inputs[1]) != [0]:
            raise Unlike
        return tensor, inner.inputs[0], True
    if inner is not None and inner.kind == "Transpose" and is_exchange(program, inner):
        turned = program.source(inner.inputs[0])
        if turned is not None and turned.kind == "ReverseV2":
            if numbers_of(program, turned.inputs[1]) != [1]:
                raise Unlike
            name = f"{inner.name}/straight"
            order = [turned.inputs[0], inner.inputs[1]]
            program.ops[name] = Op(name, "Transpose", order, inner.attrs)
            return tensor, (name, 0), True
    return tensor, tensor, False


def _limits(
    program: Program, loop: Loop, counters: set[Expression], tensors: tuple[Ref, Ref]
) -> tuple[int | None, ...]:
    """What the counters stay below: a number, or None for the steps of the tensor."""
    parts = loop.condition[1:] if loop.condition[0] == "both" else (loop.condition,)
    limits: list[int | None] = []
    for part in parts:
        if part[0] != "less" or part[1] not in counters:
            raise Unlike
        limit = _greatest(program, part[2][1]) if part[2][0] == "outside" else None
        number = part[2][1] if part[2][0] == "number" else limit and number_of(program, limit)
        if number is not None:
            limits.append(int(number))
        elif limit is not None and _counts(program, limit, tensors):
            limits.append(None)
        else:
            raise Unlike
    return tuple(limits)


def _greatest(program: Program, ref: Ref) -> Ref:
    """A number before Keras 3 takes the greatest of it alone."""
    op = program.source(ref)
    is_greatest = op is not None and (op.kind == "Max" or op.values.get("was") == "Max")
    return op.inputs[0] if op is not None and is_greatest else ref


def _counts(program: Program, ref: Ref, tensors: tuple[Ref, Ref], depth: int = 0) -> bool:
    """Whether a number is that of the steps of a tensor with time first, turned or not."""
    op = program.source(ref)
    if op is None or depth > 4:
        return False
    if op.kind in ("Minimum", "Maximum"):
        # TensorFlow 1 makes sure of one step.
        return all(
            number_of(program, item) in (0, 1) or _counts(program, item, tensors, depth + 1)
            for item in op.inputs
        )
    if op.kind != "StridedSlice" or number_of(program, op.inputs[1]) != 0:
        return False
    shape = program.source(op.inputs[0])
    if shape is None or shape.kind != "Shape" or not op.attr("shrink_axis_mask"):
        return False
    measured = passed(program, shape.inputs[0])
    inner = program.op(measured)
    if inner is not None and inner.kind == "ReverseV2":
        measured = passed(program, inner.inputs[0])
    return measured in {passed(program, tensor) for tensor in tensors}


def _rewire(
    program: Program,
    loop: Loop,
    owners: Mapping[int, Ref],
    listed: int,
    name: str,
    *,
    is_last: bool,
) -> None:
    """Hand what the loop gives to its layers: the outputs of the last are the sequence, time first,
    and the states. Raises Unlike before anything is changed.
    """
    takers = program.takers()
    changes: list[Callable[[], object]] = []
    moved: dict[Ref, Ref] = {}
    for place, result in enumerate(loop.results):
        if result is None:
            continue
        users = [op for op in takers.get(result, ()) if result in op.inputs]
        if place in owners:
            moved[result] = owners[place]
        elif place == listed:
            if result in program.outputs:
                raise Unlike
            for stack in users:
                place_of = _STACKS.get(stack.kind)
                if place_of is None or stack.inputs[place_of] != result:
                    raise Unlike
                changes += _of_stack(program, stack, name, is_last=is_last)
        elif any(user.kind not in ("Identity",) or takers.get((user.name, 0)) for user in users):
            raise Unlike
    for old, new in moved.items():
        for op in takers.get(old, ()):
            changes.append(lambda op=op, old=old, new=new: _replace(op, old, new))  # type: ignore[misc]
    for change in changes:
        change()
    program.outputs = [moved.get(ref, ref) for ref in program.outputs]


def _of_stack(
    program: Program, stack: Op, name: str, *, is_last: bool
) -> list[Callable[[], object]]:
    """What becomes of the tensor of all outputs: where only the last is taken, that is a state."""
    made: list[Callable[[], object]] = []
    users = program.takers().get((stack.name, 0), [])
    lasts = [user for user in users if takes_last(program, user, 0, is_last=is_last)]
    for user in users:
        if user.kind == "Transpose" and is_exchange(program, user):
            taken = program.takers().get((user.name, 0), [])
            made += [
                partial(become, item, "Identity", [(name, 1)])
                for item in taken
                if takes_last(program, item, 1)
            ]
    if is_last and (len(lasts) < len(users) or (stack.name, 0) in program.outputs):
        raise Unlike
    for user in lasts:
        made.append(partial(become, user, "Identity", [(name, 1)]))
    made.append(partial(become, stack, "Identity", [(name, 0)]))
    return made


def _replace(op: Op, old: Ref, new: Ref) -> None:
    op.inputs = [new if ref == old else ref for ref in op.inputs]
