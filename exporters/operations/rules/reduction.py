"""Operations that reduce axes, and those over windows of an image."""

from __future__ import annotations

from exporters.operations.making import End, Making, rule
from exporters.operations.operation import Operation
from exporters.operations.rules.elementwise import is_float
from exporters.operations.rules.shaping import reshaped
from layers.tensor import Dim, product

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@rule("mean", "sum", "max")
def reduced(making: Making, operation: Operation) -> End | None:
    """The mean, sum or largest value along axes, or of several tensors."""
    if isinstance(operation.get("x"), list):
        return _of_several(making, operation)
    end, axis = making.end(operation.get("x")), operation.get("axis")
    if end is None or not operation.only("x", "axis", "keepdims") or not is_float(making, end):
        return None
    shape = making.tensor(end).shape
    rank, given = len(shape), axis if isinstance(axis, list) else [axis]
    axes = sorted(item % rank for item in given)
    kept = [place for place in range(1, rank) if place not in axes]
    keepdims = operation.get("keepdims", False)
    if 0 in axes or not axes:
        return None
    if kept == [rank - 1] and 3 <= rank <= 5 and operation.name != "sum":
        kind = "Average" if operation.name == "mean" else "Max"
        return making.layer(f"Global{kind}Pooling{rank - 2}D", end, keepdims=keepdims)
    final: list[Dim] = [
        1 if place in axes else dim
        for place, dim in enumerate(shape)
        if keepdims or place not in axes
    ]
    if operation.name == "max":
        end = _largest(making, end, axes, kept)
    else:
        order = [*kept, *axes]
        if order != sorted(order):
            end = making.layer("Permute", end, dims=order)
        name = "SUM" if operation.name == "sum" else "MEAN"
        end = making.layer("Reduction", end, operation=name, axis=1 + len(kept))
    return end if making.tensor(end).shape == tuple(final) else reshaped(making, end, final)


def _of_several(making: Making, operation: Operation) -> End | None:
    ends = [making.end(item) for item in operation.get("x")]
    found = [end for end in ends if end]
    plain = operation.get("axis") == 0 and operation.only("x", "axis")
    if not plain or len(found) != len(ends) or len(found) < 2:
        return None
    if len({making.tensor(end).shape for end in found}) > 1:
        return None
    kinds = {"sum": "Add", "mean": "Average", "max": "Maximum"}
    return making.layer(kinds[operation.name], *found)


def _largest(making: Making, end: End, axes: list[int], kept: list[int]) -> End:
    """The largest value along axes, as that of a sequence. Raises Invalid."""
    shape = making.tensor(end).shape
    order = [*axes, *kept]
    if order != sorted(order):
        end = making.layer("Permute", end, dims=order)
    sizes = [product(shape[place] for place in group) for group in (axes, kept)]
    if [len(axes), len(kept)] != [1, 1]:
        end = reshaped(making, end, [None, *sizes])
    return making.layer("GlobalMaxPooling1D", end)


@rule("avg_pool", "max_pool")
def pooled(making: Making, operation: Operation) -> End | None:
    end = making.end(operation.get("x"))
    if end is None or not operation.only("x", "window", "strides", "padding", "data_format"):
        return None
    space = making.tensor(end).rank - 2
    if operation.get("data_format", "channels_last") not in ("channels_last", "NHWC", "NDHWC"):
        return None
    sizes = [_sizes(operation.get(key), space) for key in ("window", "strides")]
    if not 1 <= space <= 3 or sizes[0] is None:
        return None
    kind = "Average" if operation.name == "avg_pool" else "Max"
    padding = operation.get("padding", "valid").lower()
    return making.layer(
        f"{kind}Pooling{space}D", end, pool_size=sizes[0], strides=sizes[1], padding=padding
    )


def _sizes(value: object, space: int) -> list[int] | None:
    """A size for each axis of space, from one number, these, or one for each axis at all."""
    if type(value) is int:
        return [value] * space
    if not isinstance(value, list):
        return None
    if len(value) == space + 2 and value[0] == value[-1] == 1:
        return value[1:-1]
    return value * space if len(value) == 1 else value


@rule("resize")
def resized(making: Making, operation: Operation) -> End | None:
    end, size = making.end(operation.get("x")), operation.get("size")
    how = operation.get("interpolation", "bilinear")
    told = {key: value for key, value in operation.given.items() if key != "fill_mode"}
    plain = Operation(operation.name, told, operation.is_tensorflow)
    only = plain.only("x", "size", "interpolation", "fill_value")
    if end is None or how not in INTERPOLATIONS or making.tensor(end).rank != 4 or not only:
        return None
    return making.layer("Resizing", end, height=size[0], width=size[1], interpolation=how)
