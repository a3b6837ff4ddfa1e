"""Operations that move values, as the layers that do, or as another count of axes."""

from __future__ import annotations

from typing import Any

from exporters.onnx.folding import known_dim
from exporters.onnx.operation import Operation
from exporters.onnx.ops.normalization import grouped
from exporters.onnx.ops.picking import picked_out
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.spelt import group_normalization
from exporters.onnx.tensors import Const, Tensors, Term, directed, flattened_rows
from layers.tensor import Dim, product

INT_MAX = 2**31 - 1
SPREADING = frozenset({"Add", "Div", "Max", "Min", "Mul", "Sub"})
"""Operations that take a tensor with one place along an axis as many times as the other has."""


@reads("Transpose")
def read_transpose(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    if not term.axes:
        raise Unreadable("its shape is unknown")
    order = op.ints("perm") or list(range(term.rank))[::-1]
    if sorted(order) != list(range(term.rank)):
        raise Unreadable("its order of axes is none")
    if term.rows is not None:
        term = made.plain(term, op.name)
    turned = term.transposed(tuple(order))
    if made.follower(op, "Reshape") is None and op.node.output[0] in made.outputs:
        if turned.view or turned.is_plain or turned.axes[0] != 0:
            return [made.plain(turned, op.name)]
        return list(made.layer("Permute", [turned], {"dims": list(turned.axes[1:])}, op.name))
    return [turned]


def flattened(made: Reader, term: Term, name: str) -> Term:
    """All axes but the batch as one, in the network's order; `rows` tells the file's."""
    if term.rank == 2 and not term.view:
        return term
    if term.view or term.rows is not None or not term.axes or term.axes[0] != 0:
        term = made.plain(term, name)
    if term.is_plain:
        return made.layer("Flatten", [term], {}, name)[0]
    if not term.tensor or product(term.tensor.shape[1:]) is None:
        term = made.plain(term, name)
        return made.layer("Flatten", [term], {}, name)[0]
    (flat,) = made.layer("Flatten", [term], {}, name)
    return Term(flat.node, 0, flat.tensor, (0, 1), (), flattened_rows(term), term)


@reads("Flatten")
def read_flatten(made: Reader, op: Operation) -> Tensors:
    if op.whole("axis", 1) != 1:
        raise Unreadable("it takes the samples together")
    return [flattened(made, op.term(), op.name)]


@reads("Reshape")
def read_reshape(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    target = op.values(1, "shape") or []
    shape = term.shape
    if shape is None:
        if len(target) == 2:
            return [flattened(made, term, op.name)]
        raise Unreadable("its input's shape is unknown")
    if not term.view and term.rows is None and term.rank > 2:
        spelt = group_normalization(made, op, shape)
        if spelt is not None:
            name = spelt[0].steps[0].name or op.name
            found = grouped(made, made.last(term, name, term.rank), spelt, name)
            for step in spelt[0].steps:
                made.absorb(step, found)
            return [found]
    return [reshaped(made, term, _target(made, term, target), op.name)]


def _target(made: Reader, term: Term, target: list[int]) -> list[Dim]:
    """The shape wanted of each sample, without the batch. Raises Unreadable."""
    shape = term.shape or ()
    dims: list[Dim] = []
    for place, dim in enumerate(target):
        if dim == 0:
            if place >= len(shape):
                raise Unreadable("it keeps an axis that is not there")
            dims.append(shape[place])
        else:
            dims.append(dim if dim == -1 else known_dim(dim))
    first = target[0] if target else 1
    at = term.axes.index(0) if 0 in term.axes else 0
    if at != 0 or not target:
        # Another axis than the batch comes first; it has to stay there, and the batch as well.
        stays = target and shape and target[0] in (0, shape[0] or 0)
        if len(target) > at and stays and target[at] in (0, made.batch_size):
            return dims[1:]
        raise Unreadable("its samples do not lie along the first axis")
    rest = dims[1:]
    size, wanted = product(shape[1:]), product([dim for dim in rest if dim != -1])
    if first in (0, made.batch_size) or (size is not None and wanted == size and -1 not in rest):
        return rest
    if first == -1 and None in rest and sum(dim is None for dim in rest) == 1:
        return rest
    raise Unreadable("it takes samples together or apart")


def reshaped(made: Reader, term: Term, target: list[Dim], name: str) -> Term:
    """A tensor whose samples have another shape; by another count of axes where that is enough."""
    shape = list(term.shape or ())
    if (term.view and term.axes[0] == 0) or (term.view and len(target) + 1 == term.rank - 1):
        joined = _joined(term, target)
        if joined is not None:
            return joined
    unknown = product(shape[1:])
    if -1 in target and unknown is not None:
        known = product([dim for dim in target if dim != -1]) or 1
        target = [unknown // known if dim == -1 else dim for dim in target]
    if target == shape[1:] and not term.view:
        return term
    if len(target) == 1 and term.rank > 1:
        return flattened(made, term, name)
    plain = made.plain(term, name)
    sizes = [-1 if dim is None else dim for dim in target]
    if sizes.count(-1) > 1:
        raise Unreadable("more than one axis has no known size")
    return made.layer("Reshape", [plain], {"target_shape": sizes}, name)[0]


def _joined(term: Term, target: list[Dim]) -> Term | None:
    """A tensor in its own shape again, where the axes that it was split into are put together."""
    split = len(term.view) - 2
    if term.axes[-2:] != (split, split + 1) or len(target) + 1 != term.rank - 1:
        return None
    width = product(term.view[split:])
    if target[-1] not in (-1, width):
        return None
    return Term(term.node, term.port, term.tensor, (*term.axes[:-2], split))


@reads("Squeeze")
def read_squeeze(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    shape = term.shape
    if shape is None:
        raise Unreadable("its shape is unknown")
    given = op.values(1, "axes")
    gone = sorted(
        axis % term.rank
        for axis in (
            given if given is not None else [a for a, dim in enumerate(shape) if dim == 1 and a]
        )
    )
    # An axis of unknown size has one place where it may be removed.
    if any(shape[axis] not in (1, None) for axis in gone):
        raise Unreadable("an axis that it removes has more than one place")
    owns = [term.axes[axis] for axis in gone]
    if term.view and owns == [len(term.view) - 2]:
        rest = [axis for axis in term.axes if axis != owns[0]]
        return [
            Term(term.node, term.port, term.tensor, tuple(axis - (axis > owns[0]) for axis in rest))
        ]
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
        owns = gone
    if 0 in owns:
        raise Unreadable("it removes the axis of the samples")
    left = [axis for axis in term.axes if axis not in owns]
    order = sorted(left)
    axes = tuple(order.index(axis) for axis in left)
    own = term.tensor.shape if term.tensor else ()
    target: list[Dim] = [own[axis] for axis in order[1:]]
    if len(target) == 1 and axes == (0, 1):
        return list(made.layer("Flatten", [term], {}, op.name))
    sizes = [-1 if dim is None else dim for dim in target]
    if sizes.count(-1) > 1:
        raise Unreadable("more than one axis has no known size")
    return list(made.layer("Reshape", [term], {"target_shape": sizes}, op.name, axes=[axes]))


@reads("Unsqueeze")
def read_unsqueeze(made: Reader, op: Operation) -> Tensors:
    term = made.plain(op.term(), op.name)
    given = op.values(1, "axes") or []
    rank = term.rank + len(given)
    places = sorted(axis % rank for axis in given)
    if places == [0] and term.rank == 2 and term.tensor is not None:
        # What recurrent operations start from has its directions before the samples.
        return [Term(term.node, term.port, term.tensor, *directed(1, term.tensor.shape[1]))]
    if 0 in places or term.tensor is None:
        raise Unreadable("it adds an axis before the samples")
    dims = list(term.tensor.shape)
    for place in places:
        dims.insert(place, 1)
    sizes = [-1 if dim is None else dim for dim in dims[1:]]
    if sizes.count(-1) > 1:
        raise Unreadable("more than one axis has no known size")
    return list(made.layer("Reshape", [term], {"target_shape": sizes}, op.name))


@reads("Split")
def read_split(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
    if term.shape is None:
        raise Unreadable("its shape is unknown")
    axis = op.whole("axis", 0) % term.rank
    own, size, count = term.axes[axis], term.shape[axis], len(op.node.output)
    lengths = op.values(1, "split")
    if lengths is None and size is not None:
        part = -(-size // count)
        lengths = [min(part, size - part * place) for place in range(count)]
    if lengths is None or own == 0 or sum(lengths) != size or min(lengths) < 1:
        raise Unreadable("its parts are not known")
    if count == 1:
        return [term]
    points = [sum(lengths[: place + 1]) for place in range(count - 1)]
    params: dict[str, Any] = {"axis": -1 if own == term.rank - 1 else own, "slice_points": points}
    return list(made.layer("Slice", [term], params, op.name, axes=[term.axes] * count))


@reads("Slice")
def read_slice(made: Reader, op: Operation) -> Tensors:
    """Along spatial axes a Cropping, else the middle part of a Slice; of every n-th place a pooling
    of one.
    """
    term = op.term()
    if term.rows is not None or (term.view and term.axes[0] == 0):
        term = made.plain(term, op.name)
    shape = term.shape
    if shape is None:
        raise Unreadable("its shape is unknown")
    starts, ends = op.values(1, "starts") or [], op.values(2, "ends") or []
    axes = op.values(3, "axes")
    axes = list(range(len(starts))) if axes is None else axes
    steps = op.values(4) or [1] * len(starts)
    if 0 in steps:
        raise Unreadable("its steps are 0")
    strides: dict[int, int] = {}
    picked: dict[int, range] = {}
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        own, size = term.axes[axis % term.rank], shape[axis % term.rank]
        if step > 1 and 0 < own < term.rank - 1 and term.rank <= 5:
            strides[own] = step
        elif step != 1:
            if size is None or own == 0:
                raise Unreadable("it leaves out samples, or places of an axis of unknown size")
            picked[own] = range(*slice(start, end, step).indices(size))
    cuts: dict[int, tuple[int, int]] = {}
    for start, end, axis in zip(starts, ends, axes, strict=True):
        own, size = term.axes[axis % term.rank], shape[axis % term.rank]
        if own in picked or (start == 0 and end >= INT_MAX):
            continue
        if size is None:
            if own == 0 or start < 0 or (0 <= end < INT_MAX):
                raise Unreadable("the axis it cuts has no known size")
            cuts[own] = (start, -end if end < 0 else 0)
            continue
        first = min(max(start + size if start < 0 else start, 0), size)
        last = min(max(end + size if end < 0 else end, 0), size)
        if own == 0 or last <= first:
            raise Unreadable("it leaves nothing, or cuts samples")
        if (first, last) != (0, size):
            cuts[own] = (first, size - last)
    if not cuts and not strides and not picked:
        return [term]
    if term.view:
        raise Unreadable("its samples do not lie along the first axis")
    for own, places in picked.items():
        term = picked_out(made, term, own, places, op.name)
    term = _cut(made, term, cuts, op.name) if cuts else term
    return [_every(made, term, strides, op.name) if strides else term]


def _every(made: Reader, term: Term, strides: dict[int, int], name: str) -> Term:
    """Every n-th place of spatial axes, the first included."""
    count = term.rank - 2
    steps = [strides.get(axis, 1) for axis in range(1, term.rank - 1)]
    params = {"pool_size": [1] * count, "strides": steps}
    return made.layer(f"MaxPooling{count}D", [term], params, name, axes=[term.axes])[0]


def _cut(made: Reader, term: Term, cuts: dict[int, tuple[int, int]], name: str) -> Term:
    """A tensor without places at the begin and the end of axes."""
    count = term.rank - 2
    if 1 <= count <= 3 and all(0 < axis < term.rank - 1 for axis in cuts):
        params = {
            "cropping": [n for axis in range(1, term.rank - 1) for n in cuts.get(axis, (0, 0))]
        }
        return made.layer(f"Cropping{count}D", [term], params, name, axes=[term.axes])[0]
    for own, (before, after) in cuts.items():
        size = term.tensor.shape[own] if term.tensor else None
        if size is None:
            raise Unreadable("the axis it cuts has no known size")
        points = [point for point in (before, size - after) if 0 < point < size]
        axis = -1 if own == term.rank - 1 else own
        parts = made.layer("Slice", [term], {"axis": axis, "slice_points": points}, name)
        part = parts[1 if before else 0]
        term = Term(part.node, part.port, part.tensor, term.axes)
    return term


@reads("Tile")
def read_tile(made: Reader, op: Operation) -> Tensors:
    term = made.plain(op.term(), op.name)
    times = op.values(1) or []
    if term.shape is None or len(times) != term.rank:
        raise Unreadable("its shape is unknown")
    if times[0] != 1:
        raise Unreadable("it repeats samples")
    if min(times) < 1:
        raise Unreadable("it leaves nothing")
    return [_repeated(made, op, term, dict(enumerate(times)))]


def _repeated(made: Reader, op: Operation, term: Term, times: dict[int, int]) -> Term:
    """A tensor several times along axes of the network's. Raises Unreadable."""
    for axis, count in times.items():
        if known_dim(count) is None:
            raise Unreadable("it computes with a size that is not known")
        if count > 1:
            params = {"axis": axis, "tiles": count}
            (term,) = made.layer("Tile", [term], params, op.name, axes=[term.axes])
    return term


@reads("Expand")
def read_expand(made: Reader, op: Operation) -> Tensors:
    """Repeated along axes of one place. Where it is not known how often, it stays as it is, if all
    that uses it repeats it by itself.
    """
    term, given = op.term(), op.values(1) or []
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
    if term.shape is None or len(given) > term.rank:
        raise Unreadable("its shape is unknown")
    given = [1] * (term.rank - len(given)) + given
    times: dict[int, int] = {}
    for own, dim, wanted in zip(term.axes, term.shape, given, strict=True):
        if own == 0:
            if wanted not in (1, made.batch_size):
                raise Unreadable("it repeats samples")
        elif dim == 1 and wanted != 1:
            times[own] = wanted
    if any(known_dim(count) is None for count in times.values()) and _is_spread(made, op, term):
        return [term]
    return [_repeated(made, op, term, times)]


def _is_spread(made: Reader, op: Operation, term: Term) -> bool:
    """Whether everything that uses a result is arithmetic with a tensor that has all its places."""
    output = op.node.output[0]
    users = made.consumers.get(output, ())
    return output not in made.outputs and all(
        user.op_type in SPREADING
        and any(_is_whole(made.values.get(end), term.rank) for end in user.input if end != output)
        for user in users
    )


def _is_whole(one: Const | Term | None, rank: int) -> bool:
    return isinstance(one, Term) and one.rank == rank and 1 not in (one.shape or (1,))
