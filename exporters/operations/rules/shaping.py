"""Operations that join, cut and turn tensors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from exporters.operations.making import End, Making, rule
from exporters.operations.operation import Operation
from layers.tensor import Dim, product

MAX_PARTS = 64
MAX_REVERSED = 8
"""Values along an axis that is turned round, each a part of its own: colors, mostly."""


@rule("concatenate", "stack")
def joined(making: Making, operation: Operation) -> End | None:
    given = operation.get("x")
    ends = [making.end(item) for item in given] if isinstance(given, list) else []
    found = [end for end in ends if end]
    if len(found) < 2 or len(found) != len(ends) or not operation.only("x", "axis"):
        return None
    is_keras = operation.name == "concatenate" and not operation.is_tensorflow
    axis = operation.get("axis", -1 if is_keras else 0)
    rank = making.tensor(found[0]).rank
    if operation.name == "stack":
        place = axis % (rank + 1)
        found = [_with_axes(making, end, (place,)) for end in found]
        rank += 1
    return making.layer("Concatenate", *found, axis=-1 if axis % rank == rank - 1 else axis)


@rule("hstack", "append")
def beside(making: Making, operation: Operation) -> End | None:
    """Tensors joined along the axis behind the batch, or along one that is named."""
    is_stack = operation.name == "hstack"
    given = operation.get("x") if is_stack else [operation.get("x"), operation.get("y")]
    ends = [making.end(item) for item in given] if isinstance(given, list) else []
    found, axis = [end for end in ends if end], 1 if is_stack else operation.get("axis")
    plain = operation.only("x") if is_stack else operation.only("x", "y", "axis")
    if len(found) < 2 or len(found) != len(ends) or not plain or axis is None:
        return None
    place = axis % making.tensor(found[0]).rank
    return making.layer("Concatenate", *found, axis=place) if place else None


@rule("einsum")
def einsum(making: Making, operation: Operation) -> End | None:
    """A product of two tensors, by the letters of their axes."""
    first, second = making.end(operation.get("x")), making.end(operation.get("y"))
    equation = operation.get("subscripts")
    if not first or not second or not operation.only("x", "y", "subscripts"):
        return None
    return making.layer("Einsum", first, second, equation=equation.replace(" ", ""))


@rule("flip")
def flip(making: Making, operation: Operation) -> End | None:
    end, axis = making.end(operation.get("x")), operation.get("axis")
    if end is None or axis is None or not operation.only("x", "axis"):
        return None
    rank = making.tensor(end).rank
    places = {item % rank for item in (axis if isinstance(axis, list) else [axis])}
    return _reversed(making, end, places) if places else None


def _reversed(making: Making, end: End, places: Collection[int]) -> End | None:
    """A tensor with the values along axes of a few in the other order; None where they are many."""
    for place in places:
        size = making.tensor(end).shape[place]
        if place == 0 or size is None or size > MAX_REVERSED:
            return None
        if size > 1:
            parts = making.several("Slice", end, axis=place, count=size)
            end = making.layer("Concatenate", *reversed(parts), axis=place)
    return end if making.nodes else making.layer("Identity", end)


@rule("reshape")
def reshape(making: Making, operation: Operation) -> End | None:
    end, target = making.end(operation.get("x")), operation.get("shape")
    if end is None or not isinstance(target, list) or len(target) < 2:
        return None
    if not operation.only("x", "shape"):
        return None
    rest = target[1:]
    batch, known = target[0], product(making.tensor(end).shape[1:])
    if not all(type(dim) is int for dim in rest):
        return None
    # The batch stays what it is where the other axes hold as many values as before.
    if -1 in rest:
        if batch is not None:
            return None
    elif (known is None or product(rest) != known) or (type(batch) is int and batch != -1):
        return None
    if len(rest) == 1 and making.tensor(end).rank > 2:
        return making.layer("Flatten", end)
    return making.layer("Reshape", end, target_shape=rest)


@rule("transpose", "swapaxes", "moveaxis")
def transpose(making: Making, operation: Operation) -> End | None:
    end = making.end(operation.get("x"))
    if end is None:
        return None
    order = list(range(making.tensor(end).rank))
    if operation.name == "transpose":
        order = operation.get("perm", order[::-1])
    elif operation.name == "swapaxes":
        one, other = operation.get("axis1") % len(order), operation.get("axis2") % len(order)
        order[one], order[other] = other, one
    else:
        source = order.pop(operation.get("source") % len(order))
        order.insert(operation.get("destination") % (len(order) + 1), source)
    return making.layer("Permute", end, dims=order[1:]) if order[0] == 0 else None


@rule("expand_dims", "squeeze")
def axes(making: Making, operation: Operation) -> End | None:
    """Put in axes of one value, or take them out."""
    end, axis = making.end(operation.get("x")), operation.get("axis")
    if end is None or axis is None or not operation.only("x", "axis"):
        return None
    given = axis if isinstance(axis, list) else [axis]
    shape = making.tensor(end).shape
    if operation.name == "expand_dims":
        rank = len(shape) + len(given)
        places = tuple(sorted(item % rank for item in given))
        return _with_axes(making, end, places) if 0 not in places else None
    gone = {item % len(shape) for item in given}
    if 0 in gone or any(shape[item] != 1 for item in gone):
        return None
    return reshaped(making, end, [dim for place, dim in enumerate(shape) if place not in gone])


@rule("get_item", "take")
def cut(making: Making, operation: Operation) -> End | None:
    """``x[:, 0]``, ``x[..., 1:]`` and the like."""
    end, spec = making.end(operation.get("x")), operation.get("spec")
    if end is None:
        return None
    rank = making.tensor(end).rank
    if operation.name == "take":
        if not operation.only("x", "indices", "axis") or operation.get("axis") is None:
            return None
        place = operation.get("axis") % rank
        spec = [*[slice(None)] * place, operation.get("indices")]
    items = spec if isinstance(spec, list) else [spec]
    if operation.given.get("spec", 0) is None:
        return None
    if ... in items:
        place = items.index(...)
        named = sum(item is not None for item in items) - 1
        items = [*items[:place], *[slice(None)] * (rank - named), *items[place + 1 :]]
    if items[:1] != [slice(None)]:
        return None
    spans = [item for item in items if item is not None]
    turned = [place for place, item in enumerate(spans) if item == slice(None, None, -1)]
    if turned:
        back = _reversed(making, end, turned)
        if back is None:
            return None
        end = back
        items = [slice(None) if item == slice(None, None, -1) else item for item in items]
        if all(item == slice(None) for item in items):
            return end
    return _cut(making, end, items)


def _cut(making: Making, end: End, items: Sequence[Any]) -> End | None:
    shape = making.tensor(end).shape
    borders: dict[int, tuple[int, int]] = {}
    parts: dict[int, tuple[int, int]] = {}
    steps: dict[int, int] = {}
    final: list[Dim] = []
    place = 0
    for item in items:
        if item is None:
            final.append(1)
            continue
        size, last = shape[place], place == len(shape) - 1
        if isinstance(item, slice):
            step = item.step or 1
            if step < 1 or (step > 1 and (last or (size is None and item.start))):
                return None
            steps[place] = step
            whole = item.start in (None, 0) and item.stop is None
            if size is None and not whole:
                if last or (item.start or 0) < 0 or (item.stop is not None and item.stop >= 0):
                    return None
                borders[place] = (item.start or 0, -(item.stop or 0))
                size = None
            elif size is not None:
                start, stop, _ = item.indices(size)
                if start >= stop:
                    return None
                if (start, stop) != (0, size):
                    (parts if last else borders)[place] = (start, size - stop)
                size = stop - start
            size = None if size is None else -(-size // step)
            final.append(size)
        elif type(item) is int and size is not None and -size <= item < size:
            start = item % size
            if size > 1:
                (parts if last else borders)[place] = (start, size - start - 1)
        else:
            return None
        place += 1
    final.extend(shape[place:])
    if len(shape) > 5 and (borders or max(steps.values(), default=1) > 1):
        return None
    if borders:
        both = [borders.get(axis, (0, 0)) for axis in range(1, len(shape) - 1)]
        flat = [number for pair in both for number in pair]
        end = making.layer(f"Cropping{len(both)}D", end, cropping=flat)
    for axis, (start, rest) in parts.items():
        size = shape[axis] or 0
        points = [point for point in (start, size - rest) if 0 < point < size]
        end = making.layer("Slice", end, port=int(start > 0), axis=axis, slice_points=points)
    if max(steps.values(), default=1) > 1:
        # Of all places, a pooling of one place leaves every n-th.
        strides = [steps.get(axis, 1) for axis in range(1, len(shape) - 1)]
        kind, ones = f"MaxPooling{len(strides)}D", [1] * len(strides)
        end = making.layer(kind, end, pool_size=ones, strides=strides)
    return (
        end
        if making.tensor(end).shape == tuple(final) and making.nodes
        else reshaped(making, end, final)
    )


@rule("split", "unstack")
def split(making: Making, operation: Operation) -> list[End] | None:
    end = making.end(operation.get("x"))
    if end is None or not operation.only("x", "parts", "indices", "axis", "num"):
        return None
    tensor = making.tensor(end)
    axis = operation.get("axis", 0) % tensor.rank
    size = tensor.shape[axis]
    parts = operation.get("indices", operation.get("parts"))
    if operation.name == "unstack":
        parts = size
    if axis == 0 or size is None:
        return None
    if isinstance(parts, list):
        if "parts" in operation.given:
            if parts.count(-1) == 1:
                parts = [size - sum(parts) - 1 if part == -1 else part for part in parts]
            parts = [sum(parts[: place + 1]) for place in range(len(parts) - 1)]
        ends = making.several("Slice", end, axis=axis, slice_points=parts)
    elif type(parts) is int and 1 < parts <= MAX_PARTS:
        ends = making.several("Slice", end, axis=axis, count=parts)
    else:
        return None
    if operation.name == "split":
        return ends
    rest = [*tensor.shape[:axis], *tensor.shape[axis + 1 :]]
    return [
        reshaped(making, item, rest) if port in making.used else item
        for port, item in enumerate(ends)
    ]


@rule("tile", "repeat")
def tile(making: Making, operation: Operation) -> End | None:
    end, repeats = making.end(operation.get("x")), operation.get("repeats")
    if end is None:
        return None
    if operation.name == "repeat":
        axis = operation.get("axis")
        if axis is None or type(repeats) is not int:
            return None
        return _repeated(making, end, axis % making.tensor(end).rank, repeats)
    if len(repeats) != making.tensor(end).rank or repeats[0] != 1 or set(repeats) == {1}:
        return None
    for axis, times in enumerate(repeats):
        if times != 1:
            end = making.layer("Tile", end, axis=axis, tiles=times)
    return end


def _repeated(making: Making, end: End, place: int, times: int) -> End | None:
    """Each value along an axis several times."""
    shape = making.tensor(end).shape
    if place == 0:
        return None
    if shape[place] == 1:
        return making.layer("Tile", end, axis=place, tiles=times)
    if len(shape) == 3 and place == 1:
        return making.layer("UpSampling1D", end, size=times)
    size = shape[place]
    if size is None:
        return None
    apart = making.layer("Tile", _with_axes(making, end, (place + 1,)), axis=place + 1, tiles=times)
    return reshaped(making, apart, [*shape[:place], size * times, *shape[place + 1 :]])


@rule("pad")
def pad(making: Making, operation: Operation) -> End | None:
    end, paddings = making.end(operation.get("x")), operation.get("paddings")
    mode, filler = operation.get("mode", "constant"), operation.get("constant_values", 0)
    if end is None or mode.lower() != "constant" or filler != 0:
        return None
    if paddings[0] != [0, 0] or len(paddings) != making.tensor(end).rank:
        return None
    last = making.tensor(end).shape[-1]
    if paddings[-1] != [0, 0] and last is not None:
        # As an image whose rows are the vectors along the last axis.
        *around, final = making.tensor(end).shape, last + sum(paddings[-1])
        rows = product(around[0][1:-1])
        if rows is None:
            return None
        image = reshaped(making, end, [None, rows, last, 1])
        image = making.layer("ZeroPadding2D", image, padding=[0, 0, *paddings[-1]])
        end = reshaped(making, image, [*around[0][:-1], final])
        paddings = [*paddings[:-1], [0, 0]]
        if not any(map(any, paddings)):
            return end
    if paddings[-1] != [0, 0] or not 3 <= len(paddings) <= 5:
        return None
    borders = [number for pair in paddings[1:-1] for number in pair]
    return making.layer(f"ZeroPadding{len(paddings) - 2}D", end, padding=borders)


@rule("matmul")
def matmul(making: Making, operation: Operation) -> End | None:
    first, second = making.end(operation.get("x")), making.end(operation.get("y"))
    if not first or not second or not operation.only("x", "y", "transpose_a", "transpose_b"):
        return None
    rank = making.tensor(first).rank
    if rank != making.tensor(second).rank or not 3 <= rank <= 8:
        return None
    turned = [bool(operation.get(name)) for name in ("transpose_a", "transpose_b")]
    if rank == 3:
        return making.layer(
            "Dot", first, second, axes=[1 if turned[0] else 2, 2 if turned[1] else 1]
        )
    stack = "abcdef"[: rank - 2]
    one, other = "zy" if turned[0] else "yz", "xz" if turned[1] else "zx"
    return making.layer("Einsum", first, second, equation=f"{stack}{one},{stack}{other}->{stack}yx")


def _with_axes(making: Making, end: End, places: tuple[int, ...]) -> End:
    """A tensor with axes of one value put in at these places of the new shape."""
    dims = list(making.tensor(end).shape)
    for place in places:
        dims.insert(place, 1)
    return reshaped(making, end, dims)


def reshaped(making: Making, end: End, shape: Sequence[Dim]) -> End:
    """A tensor in another shape with as many values, batch first. Raises Invalid."""
    target = [-1 if dim is None else dim for dim in shape[1:]]
    return making.layer("Reshape", end, target_shape=target)
