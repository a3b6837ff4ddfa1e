"""Reductions: of all places a global pooling, of other axes a Reduction or a pooling along them."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.onnx.operation import Operation
from exporters.onnx.ops.normalization import normalized
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.spelt import layer_normalization
from exporters.onnx.steps import step
from exporters.onnx.tensors import Tensors, Term
from layers.tensor import Dim, product, shape_text

REDUCTIONS = {
    "ReduceMean": "MEAN",
    "ReduceSum": "SUM",
    "ReduceL1": "ASUM",
    "ReduceSumSquare": "SUMSQ",
    "ReduceMax": "",
}


@reads(*REDUCTIONS)
def read_reduction(made: Reader, op: Operation) -> Tensors:
    """Over all places a global pooling; over other axes a Reduction; the mean that a layer
    normalization begins with, the whole of it.
    """
    term = op.term()
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
    if op.type == "ReduceMean" and term.tensor and "int" in term.tensor.dtype:
        raise Unreadable("it divides whole numbers")
    rank, keeps = term.rank, bool(op.whole("keepdims", 1))
    given = op.values(1, "axes")
    if not given or not rank:
        raise Unreadable("it reduces all axes")
    if len({axis % rank for axis in given}) < len(given):
        raise Unreadable("it names an axis twice")
    last = [axis % rank for axis in given] == [rank - 1] and keeps
    if last and op.type == "ReduceMean" and (spelt := layer_normalization(made, op)):
        plain = made.plain(term, op.name)
        found = normalized(made, "LayerNormalization", plain, spelt, op.name)
        for step in spelt.steps:
            made.absorb(step, found)
        return [found]
    axes = sorted(term.axes[axis % rank] for axis in given)
    left = [axis for axis in term.axes if axis not in axes]
    spatial = sorted(axis % rank for axis in given) == list(range(2, rank))
    if spatial and op.type == "ReduceMax" and 3 <= rank <= 5 and term.axes[0] == 0:
        term = made.last(term, op.name, rank)
        axes = sorted(term.axes[axis % rank] for axis in given)
        left = [axis for axis in term.axes if axis not in axes]
    is_global = axes == list(range(1, rank - 1)) and 3 <= rank <= 5
    if is_global and op.type in ("ReduceMean", "ReduceMax"):
        kind = f"Global{'Max' if op.type == 'ReduceMax' else 'Average'}Pooling{rank - 2}D"
        order = [term.axes if keeps else (0, 1)]
        if term.axes[0] != 0:
            raise Unreadable("its samples do not lie along the first axis")
        return list(made.layer(kind, [term], {"keepdims": keeps}, op.name, axes=order))
    operation = REDUCTIONS[op.type]
    if 0 in axes or term.axes[0] != 0 or term.tensor is None:
        raise Unreadable("it reduces axes as no layer does")
    shape = term.tensor.shape
    if not operation and keeps and axes == [rank - 1] and 4 <= rank <= 5 and shape[-1] is not None:
        return [_largest_of_last(made, op, term)]
    made_of = (
        _added(made, op, term, axes, left) if operation else _largest(made, op, term, axes, left)
    )
    if not keeps:
        return [made_of]
    # In the file's order: the axes that were reduced have one place each.
    whole = made.plain(made_of, op.name)
    gone = {axis % rank for axis in given}
    sizes_left = iter(whole.shape or ())
    target = [1 if axis in gone else next(sizes_left) for axis in range(rank)][1:]
    if target.count(None) > 1:
        raise Unreadable(f"more than one axis of {shape_text(shape)} has no known size")
    sizes = [-1 if dim is None else dim for dim in target]
    return list(made.layer("Reshape", [whole], {"target_shape": sizes}, f"{op.name}_keep"))


def _added(
    made: Reader, op: Operation, term: Term, axes: Sequence[int], left: Sequence[int]
) -> Term:
    """A sum of some kind over axes of the network's."""
    rank = term.rank
    if axes != list(range(rank - len(axes), rank)):
        rest = [axis for axis in range(rank) if axis not in axes]
        (term,) = made.layer("Permute", [term], {"dims": [*rest, *axes][1:]}, f"{op.name}_permute")
        left = [rest.index(axis) for axis in left]
    params = {"operation": REDUCTIONS[op.type], "axis": rank - len(axes)}
    return made.layer("Reduction", [term], params, op.name, axes=[tuple(left)])[0]


def _largest(
    made: Reader, op: Operation, term: Term, axes: Sequence[int], left: Sequence[int]
) -> Term:
    """The largest over axes of the network's: the rest is taken as channels. Raises Unreadable."""
    shape = term.tensor.shape if term.tensor else ()
    rest = [axis for axis in range(1, term.rank) if axis not in axes]
    if [*axes, *rest] != list(range(1, term.rank)):
        dims = {"dims": [*axes, *rest]}
        (term,) = made.layer("Permute", [term], dims, f"{op.name}_permute")
    if (len(axes), len(rest)) != (1, 1):
        sizes = [product([shape[axis] for axis in part]) for part in (axes, rest)]
        term = _shaped(made, term, sizes, f"{op.name}_flat")
    (found,) = made.layer("GlobalMaxPooling1D", [term], {}, op.name)
    if len(rest) != 1:
        found = _shaped(made, found, [shape[axis] for axis in rest], f"{op.name}_apart")
    own = [0, *rest]
    return Term(found.node, found.port, found.tensor, tuple(own.index(axis) for axis in left))


def _shaped(made: Reader, term: Term, sizes: Sequence[Dim], name: str) -> Term:
    if sum(size is None for size in sizes) > 1:
        raise Unreadable("more than one axis has no known size")
    target = {"target_shape": [-1 if size is None else size for size in sizes]}
    return made.layer("Reshape", [term], target, name)[0]


def _largest_of_last(made: Reader, op: Operation, term: Term) -> Term:
    """The largest along the last axis, which stays with one place: a pooling along it as the first
    axis, which asks for no sizes of others.
    """
    rank = term.rank
    order = [rank - 1, *range(1, rank - 1)]
    (moved,) = made.layer("Permute", [term], {"dims": order}, f"{op.name}_permute")
    width = term.tensor.shape[-1] if term.tensor else None
    window = [width or 1, *[1] * (rank - 3)]
    params = {"pool_size": window, "strides": window}
    places = tuple([0, *order].index(axis) for axis in term.axes)
    return made.layer(f"MaxPooling{rank - 2}D", [moved], params, op.name, axes=[places])[0]


PARTS = {
    "ReduceL2": ("ReduceSumSquare", "Sqrt"),
    "ReduceLogSum": ("ReduceSum", "Log"),
    "ReduceMin": ("Neg", "ReduceMax", "Neg"),
}
"""Reductions that are one of the others, and something for every number for itself."""


@reads(*PARTS)
def read_parts(made: Reader, op: Operation) -> Tensors:
    term: Term = op.term()
    parts = PARTS[op.type]
    axes = op.values(1, "axes")
    if axes is None:
        raise Unreadable("it reduces all axes")
    for place, kind in enumerate(parts):
        more = {}
        if kind.startswith("Reduce"):
            more = {"axes": axes, "keepdims": op.whole("keepdims", 1)}
        term = step(made, op, kind, term, last=place == len(parts) - 1, **more)
    return [term]
