"""Tensors of a file whose axes are several of the network's taken together, the samples among them:
heads beside samples, windows beside samples. No layer has such an axis; what only counts axes anew
makes none, and what computes along the last axes is computed where the samples stand alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from onnx import NodeProto

from exporters.onnx.folding import known_dim
from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reader
from exporters.onnx.tensors import Const, Tensors, Term
from layers.tensor import Dim, product

Group: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Grouped(Term):
    """A tensor of the network by its places in a file.

    Attributes:
        axes: the network's axes in the order in which the file has them.
        groups: how many of these each axis of the file takes together; none make an axis of one
            place.
    """

    groups: tuple[int, ...] = ()


EACH = frozenset(
    {
        *("Abs", "Cast", "Clip", "Dropout", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid"),
        *("HardSwish", "Identity", "LeakyRelu", "Log", "Mish", "Neg", "Pow", "Reciprocal", "Relu"),
        *("Selu", "Sigmoid", "Softplus", "Softsign", "Sqrt", "Swish", "Tanh"),
    }
)
"""Operations on every number for itself."""
PAIRS = frozenset({"Add", "Sub", "Mul", "Div", "Max", "Min"})
"""Operations on two tensors number by number."""
LAST = frozenset({"LayerNormalization", "MatMul", "RMSNormalization", "Softmax"})
"""Operations along the last axes."""
ALONG = {"Gather": 0, "Slice": 0, "Split": 0}
"""Operations along one axis, with the axis that they take by themselves."""
VIEWS = frozenset({"Reshape", "Squeeze", "Transpose", "Unsqueeze", "Flatten"})
"""Operations that only count axes anew."""


def read_grouped(made: Reader, op: Operation) -> Tensors:
    """An operation on tensors with axes taken together, or one that takes them together. Raises
    Unreadable.
    """
    if op.type in VIEWS:
        return [_ungrouped(_view(made, op, _grouped(made, op.inputs[0], op.name)))]
    if op.type in ALONG:
        return _along(made, op)
    if op.type in EACH | PAIRS | LAST | {"Gemm"}:
        return _computed(made, op)
    return _apart(made, op)


def _apart(made: Reader, op: Operation) -> Tensors:
    """Any other operation, where nothing is taken together with the samples. Raises Unreadable."""
    inputs = [
        _ungrouped(_settled(made, one, op.name)) if isinstance(one, Grouped) else one
        for one in op.inputs
    ]
    if any(isinstance(one, Grouped) for one in inputs):
        raise Unreadable("it takes samples together with other axes")
    return reader(op.type)(made, replace(op, inputs=inputs))


def _grouped(made: Reader, given: object, name: str) -> Grouped:
    """A tensor with an axis of the network for each of the file's."""
    if isinstance(given, Grouped):
        return given
    if not isinstance(given, Term) or not given.axes:
        raise Unreadable("its shape is unknown")
    if given.view or given.rows is not None:
        given = made.arranged(given, given.axes, name) if given.view else made.plain(given, name)
    if given.tensor is None:
        raise Unreadable("its shape is unknown")
    return Grouped(given.node, given.port, given.tensor, given.axes, groups=(1,) * given.rank)


def _ungrouped(term: Grouped) -> Term:
    """As a plain tensor, where every axis of the file is one of the network's."""
    if all(count == 1 for count in term.groups):
        return Term(term.node, term.port, term.tensor, term.axes)
    return term


def _parts(term: Grouped) -> list[Group]:
    """The network's axes behind each axis of the file."""
    found, at = [], 0
    for count in term.groups:
        found.append(term.axes[at : at + count])
        at += count
    return found


def _of(term: Grouped, parts: Sequence[Group]) -> Grouped:
    axes = tuple(axis for part in parts for axis in part)
    return replace(term, axes=axes, groups=tuple(len(part) for part in parts))


def _view(made: Reader, op: Operation, term: Grouped) -> Grouped:
    parts = _parts(term)
    rank = len(parts)
    match op.type:
        case "Transpose":
            order = op.ints("perm") or list(range(rank))[::-1]
            if sorted(order) != list(range(rank)):
                raise Unreadable("its order of axes is none")
            return _of(term, [parts[place] for place in order])
        case "Unsqueeze":
            given = op.values(1, "axes") or []
            places = sorted(axis % (rank + len(given)) for axis in given)
            for place in places:
                parts.insert(place, ())
            return _of(term, parts)
        case "Squeeze":
            given = op.values(1, "axes") or [at for at, part in enumerate(parts) if not part]
            gone = {axis % rank for axis in given}
            sizes = _sizes(made, term)
            if any(size != 1 for at in gone for size in [sizes[axis] for axis in parts[at]]):
                raise Unreadable("an axis that it removes has more than one place")
            if any(0 in parts[at] for at in gone):
                raise Unreadable("it removes the axis of the samples")
            lost = [axis for at in gone for axis in parts[at]]
            kept = _of(term, [part for at, part in enumerate(parts) if at not in gone])
            return _dropped(made, kept, lost, op.name)
        case "Flatten":
            axis = op.whole("axis", 1) % (rank + 1)
            one = tuple(axis for part in parts[:axis] for axis in part)
            two = tuple(axis for part in parts[axis:] for axis in part)
            return _of(term, [one, two])
        case _:
            return _reshaped(made, term, op.values(1, "shape") or [], op.name)


def _sizes(made: Reader, term: Grouped) -> dict[int, int]:
    """The size of each of the network's axes, with stand-ins for unknown ones."""
    shape = term.tensor.shape if term.tensor else ()
    found = {axis: made.size(dim, axis) for axis, dim in enumerate(shape)}
    return {**found, 0: made.batch_size}


def _dropped(made: Reader, term: Grouped, lost: Sequence[int], name: str) -> Grouped:
    """Without axes of one place, which the file has no more."""
    if not lost:
        return term
    shape = term.tensor.shape if term.tensor else ()
    kept = [axis for axis in range(len(shape)) if axis not in lost]
    fresh = _remade(made, term, [shape[axis] for axis in kept], name)
    return replace(fresh, axes=tuple(kept.index(axis) for axis in term.axes), groups=term.groups)


def _remade(made: Reader, term: Grouped, shape: Sequence[Dim], name: str) -> Grouped:
    """The tensor with its samples in another shape of as many numbers. Raises Unreadable."""
    target = [-1 if dim is None else dim for dim in shape[1:]]
    if target.count(-1) > 1 or not target:
        raise Unreadable("more than one axis has no known size")
    whole = Term(term.node, term.port, term.tensor, tuple(range(len(term.axes))))
    (found,) = made.layer("Reshape", [whole], {"target_shape": target}, name)
    return Grouped(found.node, found.port, found.tensor, found.axes, groups=term.groups)


def _reshaped(made: Reader, term: Grouped, target: list[int], name: str) -> Grouped:
    """Axes of the file split and taken together, in order: those of the network are split where an
    axis of the file ends inside of one.
    """
    sizes = _sizes(made, term)
    given = [sizes[axis] for part in _parts(term) for axis in part]
    wanted = _resolved(made, term, target, given)
    # Each axis of the network as the sizes that it is split into.
    pieces: dict[int, list[int]] = {axis: [] for axis in range(len(sizes))}
    parts: list[list[tuple[int, int]]] = []
    left = list(zip(term.axes, given, strict=True))[::-1]
    for at, size in enumerate(wanted):
        part: list[tuple[int, int]] = []
        while size > 1:
            if not left:
                raise Unreadable("its sizes do not fit")
            axis, own = left.pop()
            if own > size:
                if own % size or axis == 0:
                    raise Unreadable("it takes samples apart")
                left.append((axis, own // size))
                own = size
            elif size % own:
                raise Unreadable("its sizes do not fit")
            size //= own
            if own > 1 or axis == 0:
                part.append((axis, len(pieces[axis])))
                pieces[axis].append(own)
        if left and left[-1] == (0, 1) and wanted[at + 1 : at + 2] != [1]:
            # One sample: its axis is the one of one place, else belongs to the first.
            left.pop()
            part.append((0, 0))
            pieces[0].append(1)
        parts.append(part)
    if any(own != 1 for _, own in left):
        raise Unreadable("its sizes do not fit")
    if not pieces[0]:
        raise Unreadable("its samples have no axis")
    shape: list[Dim] = [None]
    places: dict[tuple[int, int], int] = {(0, 0): 0}
    for axis in range(1, len(sizes)):
        for at, own in enumerate(pieces[axis]):
            places[axis, at] = len(shape)
            shape.append(known_dim(own))
    before = term.tensor.shape if term.tensor else ()
    found = term
    if [*shape[1:]] != [*before[1:]]:
        found = _remade(made, term, shape, name)
    return _of(found, [tuple(places[key] for key in part) for part in parts])


def shape_of(made: Reader, term: Grouped) -> Const:
    """The shape in the file, with stand-ins for unknown sizes."""
    sizes = _sizes(made, term)
    found = [math.prod(sizes[axis] for axis in part) for part in _parts(term)]
    open_sizes = term.tensor is None or None in term.tensor.shape[1:] or made.batch is None
    return Const(np.asarray(found, "int64"), is_guess=open_sizes)


def _resolved(made: Reader, term: Grouped, target: list[int], given: list[int]) -> list[int]:
    """A shape without 0 and -1. Raises Unreadable."""
    shape = shape_of(made, term).array.tolist()
    if any(dim == 0 and at >= len(shape) for at, dim in enumerate(target)):
        raise Unreadable("it keeps an axis that is not there")
    dims = [shape[at] if dim == 0 else dim for at, dim in enumerate(target)]
    total, named = math.prod(given), math.prod(dim for dim in dims if dim != -1)
    if named < 1 or total % named or (-1 not in dims and named != total):
        raise Unreadable("its sizes do not fit")
    return [total // named if dim == -1 else dim for dim in dims]


def _settled(made: Reader, term: Grouped, name: str) -> Grouped:
    """Every axis of the file as one of the network's, or as the samples with one axis before and
    one behind them: TensorFlow has few layers for more than five axes.
    """
    parts = _parts(term)
    runs = [_runs(part) for part in parts]
    if all(len(run) == 1 for found in runs for run in found) and all(len(found) for found in runs):
        return term
    order = [axis for found in runs for run in found for axis in run if axis]
    whole = Term(term.node, term.port, term.tensor, tuple(range(len(term.axes))))
    if order != sorted(order):
        (whole,) = made.layer("Permute", [whole], {"dims": order}, f"{name}_permute")
    shape = whole.tensor.shape if whole.tensor else ()
    places = {axis: at for at, axis in enumerate([0, *order])}
    target: list[Dim] = [None]
    fresh: list[Group] = []
    for part, found in zip(parts, runs, strict=True):
        group = []
        for run in found if part else [()]:
            if run == (0,):
                group.append(0)
                continue
            group.append(len(target))
            target.append(product([shape[places[axis]] for axis in run]))
        fresh.append(tuple(group))
    remade = Grouped(whole.node, whole.port, whole.tensor, whole.axes, groups=term.groups)
    return _of(_remade(made, remade, target, name), fresh)


def _runs(part: Group) -> list[Group]:
    """An axis of the file as the axes before the samples, the samples, and those behind them."""
    if 0 not in part:
        return [part] if part else []
    at = part.index(0)
    return [run for run in (part[:at], (0,), part[at + 1 :]) if run]


def _computed(made: Reader, op: Operation) -> Tensors:
    """Computed with the samples apart, then counted as before."""
    if _is_by_number(op):
        return _by_number(made, op)
    given: list[Const | Term | None] = []
    grouped: list[tuple[int, ...]] = []
    for one in op.inputs:
        if not isinstance(one, Term):
            given.append(one)
            continue
        settled = _settled(made, _grouped(made, one, op.name), op.name)
        grouped.append(settled.groups)
        given.append(Term(settled.node, settled.port, settled.tensor, settled.axes))
    groups = grouped[0]
    if any(other != groups for other in grouped):
        raise Unreadable("its inputs take samples together in different ways")
    merged = max((at for at, count in enumerate(groups) if count != 1), default=-1)
    behind = len(groups) - 1 - merged
    _check(op, len(groups), behind)
    before = set(made.pending)
    results = reader(op.type)(made, replace(op, inputs=given))
    for end in made.pending.keys() - before:
        made.pending[end] = _counted(made.pending[end], groups)
    return [_counted(one, groups) if isinstance(one, Term) else one for one in results]


def _is_by_number(op: Operation) -> bool:
    """Whether the operation is on every number of its first input, whatever its axes."""
    if not isinstance(op.inputs[0], Term):
        return False
    rest = [one for one in op.inputs[1:] if one is not None]
    return op.type in EACH or (
        op.type in PAIRS and all(isinstance(one, Const) and one.array.size == 1 for one in rest)
    )


def _by_number(made: Reader, op: Operation) -> Tensors:
    """Computed on the tensor as it lies."""
    term = _grouped(made, op.inputs[0], op.name)
    whole = Term(term.node, term.port, term.tensor, tuple(range(len(term.axes))))
    numbers = [
        Const(one.array.reshape(()), one.known, one.name) if isinstance(one, Const) else one
        for one in op.inputs[1:]
    ]
    before = set(made.pending)
    results = reader(op.type)(made, replace(op, inputs=[whole, *numbers]))

    def counted(one: Term) -> Term:
        if one.axes != whole.axes:
            raise Unreadable("it takes samples together with other axes")
        return Grouped(one.node, one.port, one.tensor, term.axes, groups=term.groups)

    for end in made.pending.keys() - before:
        made.pending[end] = counted(made.pending[end])
    return [counted(one) if isinstance(one, Term) else one for one in results]


def _counted(term: Term, groups: tuple[int, ...]) -> Term:
    """A tensor with its axes taken together as those of what it was computed from."""
    if term.rank != sum(groups):
        raise Unreadable("it takes samples together with other axes")
    return Grouped(term.node, term.port, term.tensor, term.axes, groups=groups)


def _check(op: Operation, rank: int, behind: int) -> None:
    """Whether the operation works on the axes behind those that are taken together."""
    if op.type == "Softmax" and op.whole("axis", -1 if op.opset >= 13 else 1) not in (-1, rank - 1):
        raise Unreadable("it is along another axis than the last")
    if op.type.endswith("Normalization") and op.whole("axis", -1) not in (-1, rank - 1):
        raise Unreadable("it is along another axis than the last")
    needed = 1 if op.type in LAST or op.type == "Gemm" else 0
    if op.type == "MatMul" and all(isinstance(one, Term) for one in op.inputs):
        needed = 2
    for one in op.inputs:
        if isinstance(one, Const) and op.type in PAIRS and one.array.size > 1:
            needed = max(needed, one.array.ndim)
    if behind < needed:
        raise Unreadable("it takes samples together with other axes")


def _along(made: Reader, op: Operation) -> Tensors:
    """Cut or chosen along an axis that holds no samples. Raises Unreadable."""
    term = _settled(made, _grouped(made, op.inputs[0], op.name), op.name)
    given = op.values(3, "axes") if op.type == "Slice" else [op.whole("axis", ALONG[op.type])]
    parts = _parts(term)
    starts = [sum(term.groups[:at]) for at in range(len(parts))]
    axes = [axis % len(parts) for axis in (given or [])]
    if not axes or any(len(parts[axis]) != 1 or 0 in parts[axis] for axis in axes):
        raise Unreadable("it takes samples together with other axes")
    inputs: list[Const | Term | None] = list(op.inputs)
    inputs[0] = Term(term.node, term.port, term.tensor, term.axes)
    node = NodeProto()
    node.CopyFrom(op.node)
    own = [starts[axis] for axis in axes]
    if op.type == "Slice":
        inputs[3:4] = [Const(np.asarray(own, "int64"))]
    else:
        for item in node.attribute:
            if item.name == "axis":
                item.i = own[0]
    results = reader(op.type)(made, replace(op, inputs=inputs, node=node))
    groups = term.groups
    if op.type == "Gather":
        groups = (*groups[: axes[0]], *groups[axes[0] + 1 :])
    return [
        _ungrouped(Grouped(one.node, one.port, one.tensor, one.axes, groups=groups))
        if isinstance(one, Term)
        else one
        for one in results
    ]
