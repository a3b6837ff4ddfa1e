"""Operations that reduce axes, and those over windows of an image."""

from __future__ import annotations

from exporters.operations.making import End, Making, rule
from exporters.operations.operation import Operation
from exporters.operations.rules.elementwise import constant, is_float
from exporters.operations.rules.shaping import reshaped
from layers.tensor import Dim, product

SEVERAL = {"sum": "Add", "mean": "Average", "max": "Maximum", "min": "Minimum"}
INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@rule("mean", "sum", "max", "min", "var", "std", "logsumexp")
def reduced(making: Making, operation: Operation) -> End | None:
    """A figure of the values along axes, or of several tensors."""
    if isinstance(operation.get("x"), list):
        return _of_several(making, operation) if operation.name in SEVERAL else None
    end, axis = making.end(operation.get("x")), operation.get("axis")
    if end is None or not operation.only("x", "axis", "keepdims") or not is_float(making, end):
        return None
    rank, given = making.tensor(end).rank, axis if isinstance(axis, list) else [axis]
    axes = sorted(item % rank for item in given)
    if 0 in axes or not axes:
        return None
    return _figure(making, operation.name, end, axes, keepdims=operation.get("keepdims", False))


def _figure(making: Making, name: str, end: End, axes: list[int], *, keepdims: bool) -> End:
    """A figure of the values along axes. Raises Invalid."""
    if name == "min":
        most = _figure(making, "max", _negative(making, end), axes, keepdims=keepdims)
        return _negative(making, most)
    if name == "std":
        spread = _figure(making, "var", end, axes, keepdims=keepdims)
        return making.layer("Power", spread, power=0.5)
    if name == "var":
        middle = _figure(making, "mean", end, axes, keepdims=True)
        apart = making.layer("Subtract", end, middle)
        squares = making.layer("Multiply", apart, apart)
        return _figure(making, "mean", squares, axes, keepdims=keepdims)
    if name == "logsumexp":
        most = _figure(making, "max", end, axes, keepdims=True)
        rest = making.layer("Subtract", end, most)
        powers = making.layer("Activation", rest, activation="exponential")
        total = making.layer("Log", _figure(making, "sum", powers, axes, keepdims=True))
        found = making.layer("Add", total, most)
        return found if keepdims else _without(making, found, axes)
    shape = making.tensor(end).shape
    rank = len(shape)
    kept = [place for place in range(1, rank) if place not in axes]
    if kept == [rank - 1] and 3 <= rank <= 5 and name != "sum":
        kind = "Average" if name == "mean" else "Max"
        return making.layer(f"Global{kind}Pooling{rank - 2}D", end, keepdims=keepdims)
    final: list[Dim] = [
        1 if place in axes else dim
        for place, dim in enumerate(shape)
        if keepdims or place not in axes
    ]
    if name == "max":
        end = _largest(making, end, axes, kept)
    else:
        order = [*kept, *axes]
        if order != sorted(order):
            end = making.layer("Permute", end, dims=order)
        how = "SUM" if name == "sum" else "MEAN"
        end = making.layer("Reduction", end, operation=how, axis=1 + len(kept))
    return end if making.tensor(end).shape == tuple(final) else reshaped(making, end, final)


def _negative(making: Making, end: End) -> End:
    return making.layer("Rescaling", end, scale=-1.0)


def _without(making: Making, end: End, axes: list[int]) -> End:
    """A tensor without axes of one value. Raises Invalid."""
    shape = making.tensor(end).shape
    return reshaped(making, end, [dim for place, dim in enumerate(shape) if place not in axes])


@rule("norm")
def norm(making: Making, operation: Operation) -> End | None:
    """The length of the vectors along an axis."""
    end, axis = making.end(operation.get("x")), _single(operation.get("axis"))
    if end is None or type(axis) is not int or not is_float(making, end):
        return None
    order, place = operation.get("ord", 2), axis % making.tensor(end).rank
    if not operation.only("x", "ord", "axis", "keepdims") or order not in (1, 2) or place == 0:
        return None
    keepdims = operation.get("keepdims", False)
    if order == 1:
        amounts = making.layer("AbsVal", end)
        return _figure(making, "sum", amounts, [place], keepdims=keepdims)
    squares = making.layer("Multiply", end, end)
    total = _figure(making, "sum", squares, [place], keepdims=keepdims)
    return making.layer("Power", total, power=0.5)


@rule("normalize")
def normalized(making: Making, operation: Operation) -> End | None:
    """Vectors along an axis divided by their length, which counts as no smaller than epsilon.

    Source: https://github.com/keras-team/keras/blob/master/keras/src/ops/nn.py (_normalize)
    """
    end, axis = making.end(operation.get("x")), _single(operation.get("axis", -1))
    if end is None or type(axis) is not int or not is_float(making, end):
        return None
    place, epsilon = axis % making.tensor(end).rank, operation.get("epsilon", 1e-7)
    plain = operation.only("x", "axis", "order", "epsilon") and not operation.is_tensorflow
    if not plain or operation.get("order", 2) != 2 or place == 0 or not epsilon > 0:
        return None
    squares = making.layer("Multiply", end, end)
    total = _figure(making, "sum", squares, [place], keepdims=True)
    length = making.layer("Power", total, power=0.5)
    length = making.layer("Maximum", length, constant(making, length, epsilon))
    return making.layer("Multiply", end, making.layer("Power", length, power=-1.0))


def _single(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _of_several(making: Making, operation: Operation) -> End | None:
    ends = [making.end(item) for item in operation.get("x")]
    found = [end for end in ends if end]
    plain = operation.get("axis") == 0 and operation.only("x", "axis")
    if not plain or len(found) != len(ends) or len(found) < 2:
        return None
    if len({making.tensor(end).shape for end in found}) > 1:
        return None
    return making.layer(SEVERAL[operation.name], *found)


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
