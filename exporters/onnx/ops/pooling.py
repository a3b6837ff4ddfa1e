"""Pooling: windows, global, adaptive, and as Caffe does it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.ops.convolution import is_same, padded, pads, window_pads
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, first_axes
from layers.tensor import Dim

MAX_WINDOWS = 100_000
"""Along an axis, where each is counted for itself."""
RANKS = ("1D", "2D", "3D")


@writes(*(f"{kind}Pooling{rank}" for kind in ("Max", "Average") for rank in RANKS))
def write_pooling(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    strides = layer.strides or layer.pool_size
    ones = [1] * len(strides)
    border = pads(value.shape[1:-1], layer.pool_size, strides, layer.padding, ones)
    operation = "MaxPool" if type(layer).__name__.startswith("Max") else "AveragePool"
    sizes = {"kernel_shape": list(layer.pool_size), "strides": list(strides)}
    made = tape(operation, tape.first(value), **sizes, **border)
    return tape.made(use, made, first=True)


@writes(*(f"Global{kind}Pooling{rank}" for kind in ("Max", "Average") for rank in RANKS))
def write_global(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    largest = "Max" in type(layer).__name__
    if layer.keepdims:
        made = tape("GlobalMaxPool" if largest else "GlobalAveragePool", tape.first(value))
        return tape.made(use, made, first=True)
    first = not value.last
    axes = range(2, value.rank) if first else range(1, value.rank - 1)
    x = value.first if first else value.last
    return tape.made(
        use, tape("ReduceMax" if largest else "ReduceMean", x, tape.ints(*axes), keepdims=0)
    )


def bins(size: Dim, count: int) -> list[tuple[int, int]]:
    """Where the windows of adaptive pooling begin and end. Raises Unwritable."""
    if size is None:
        raise Unwritable("its input needs a known size")
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


@writes(*(f"Adaptive{kind}Pooling{rank}" for kind in ("Max", "Average") for rank in RANKS))
def write_adaptive(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    """Equal windows are one pooling; others are cut out along each axis in turn, which is the same
    since every window is a box.
    """
    layer, value = use.layer, tape.floats(inputs[0])
    largest = "Max" in type(layer).__name__
    x = tape.first(value)
    grids = [
        bins(size, count) for size, count in zip(value.shape[1:-1], layer.output_size, strict=True)
    ]
    if all(_is_regular(grid) for grid in grids):
        steps = [grid[1][0] if len(grid) > 1 else grid[0][1] for grid in grids]
        window = [grid[0][1] for grid in grids]
        made = tape("MaxPool" if largest else "AveragePool", x, kernel_shape=window, strides=steps)
        return tape.made(use, made, first=True)
    for axis, grid in enumerate(grids, start=2):
        parts = []
        for start, end in grid:
            ends = tape.ints(start), tape.ints(end), tape.ints(axis)
            part = tape("Slice", x, *ends)
            reduce = "ReduceMax" if largest else "ReduceMean"
            parts.append(tape(reduce, part, tape.ints(axis), keepdims=1))
        x = tape("Concat", *parts, axis=axis)
    return tape.made(use, x, first=True)


def _is_regular(grid: Sequence[tuple[int, int]]) -> bool:
    steps = {after[0] - before[0] for before, after in pairwise(grid)}
    return len({end - start for start, end in grid}) == 1 and len(steps) <= 1


@writes("CaffePooling2D")
def write_caffe(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    if layer.pool == "STOCHASTIC":
        raise Unwritable("nothing there pools at random")
    x = tape.first(value)
    window, steps, border = layer.kernel_size, layer.strides, layer.pad
    sizes, counts = value.shape[1:-1], use.outputs[0].shape[1:-1]
    if None in sizes:
        raise Unwritable("its input needs a known size")
    made = _framed(tape, x, layer.pool, sizes, counts, window, steps, border)
    return tape.made(use, made, first=True)


def _framed(
    tape: Tape,
    x: str,
    pool: str,
    sizes: Sequence[Dim],
    counts: Sequence[Dim],
    window: Sequence[int],
    steps: Sequence[int],
    border: Sequence[int],
) -> str:
    """Windows in Caffe's number. A mean counts borders and leaves out what hangs over them."""
    ends = [
        max(((count or 0) - 1) * step + length - (size or 0) - pad, 0)
        for size, count, length, step, pad in zip(sizes, counts, window, steps, border, strict=True)
    ]
    shape = {"kernel_shape": list(window), "strides": list(steps)}
    if pool == "MAX":
        return tape("MaxPool", x, **shape, pads=[*border, *ends])
    # A window that hangs over the end counts less: the padding after it is not Caffe's border.
    inside = all(end <= pad for end, pad in zip(ends, border, strict=True))
    if inside:
        return tape("AveragePool", x, **shape, pads=[*border, *ends], count_include_pad=1)
    if any([*border, *ends]):
        x = tape("Pad", x, tape.ints(0, 0, *border, 0, 0, *ends))
    made = tape("AveragePool", x, **shape)
    rows = [
        [
            min(place * step - pad + length, (size or 0) + pad) - (place * step - pad)
            for place in range(count or 0)
        ]
        for size, count, length, step, pad in zip(sizes, counts, window, steps, border, strict=True)
    ]
    area = window[0] * window[1]
    factors = [[area / (high * wide) for wide in rows[1]] for high in rows[0]]
    if all(factor == 1 for row in factors for factor in row):
        return made
    return tape("Mul", made, tape.constant(factors))


@writes("SPP")
def write_pyramid(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    x, sizes, parts = tape.first(value), value.shape[1:-1], []
    for level in range(layer.pyramid_height):
        count = 2**level
        if None in sizes:
            raise Unwritable("its input needs a known size")
        window = [-(-(size or 0) // count) for size in sizes]
        border = [
            (length * count - (size or 0) + 1) // 2
            for size, length in zip(sizes, window, strict=True)
        ]
        made = _framed(tape, x, layer.pool, sizes, (count, count), window, window, border)
        parts.append(tape("Flatten", made, axis=1))
    return tape.made(use, tape("Concat", *parts, axis=1))


@reads("MaxPool", "AveragePool")
def read_pooling(made: Reader, op: Operation) -> Tensors:
    """Keras' own layer where its padding is the same; else Caffe's, whose windows are counted."""
    window = op.ints("kernel_shape") or []
    count = len(window)
    if not 1 <= count <= 3:
        raise Unreadable("its window has no size")
    term = made.last(op.term(), op.name, count + 2)
    if any(step != 1 for step in op.ints("dilations") or []):
        raise Unreadable("its window has holes")
    if len(op.used) > 1 and op.used[1]:
        raise Unreadable("the places of the largest values are used")
    spatial = list(term.tensor.shape[1:-1]) if term.tensor else [None] * count
    ones = [1] * count
    strides, before, after = window_pads(op, spatial, window, ones)
    largest, axes = op.type == "MaxPool", [first_axes(count + 2)]
    kind = f"{'Max' if largest else 'Average'}Pooling{count}D"
    params: dict[str, object] = {"pool_size": window, "strides": strides}
    counted = bool(op.whole("count_include_pad", 0))
    padded_at_all = any([*before, *after])
    ceil = bool(op.whole("ceil_mode", 0))
    numbers = [
        None if size is None else windows(size, length, step, one, two, ceil)
        for size, length, step, one, two in zip(
            spatial, window, strides, before, after, strict=True
        )
    ]
    plain = [
        None if size is None else (size - length) // step + 1
        for size, length, step in zip(spatial, window, strides, strict=True)
    ]
    if not padded_at_all and (not ceil or (None not in numbers and numbers == plain)):
        return list(made.layer(kind, [term], params, op.name, axes=axes))
    same = [
        None if size is None else -(-size // step)
        for size, step in zip(spatial, strides, strict=True)
    ]
    fits = is_same(spatial, window, strides, ones, before, after) and (not ceil or numbers == same)
    if not padded_at_all and numbers == same and None not in numbers:
        # Rounded up, the last window hangs over the end, as it does with padding same.
        fits = not any(pads(spatial, window, strides, "same", ones).get("pads", [])[:count])
    if fits and (largest or not counted):
        return list(made.layer(kind, [term], {**params, "padding": "same"}, op.name, axes=axes))
    if None in numbers:
        raise Unreadable("its borders are those of no pooling here, and its size is not known")
    if max(number or 0 for number in numbers) > MAX_WINDOWS:
        raise Unreadable("its borders are those of no pooling here, and it has too many windows")
    # How far beyond an axis its places count: those of its padding or none.
    borders = list(zip(before, after, strict=True)) if counted else [(0, 0)] * count
    for mode in ("FLOOR", "CEIL") if count == 2 else ():
        own = [
            caffe_windows(size or 0, length, step, pad, mode)
            for size, length, step, pad in zip(spatial, window, strides, before, strict=True)
        ]
        exact = largest or all(
            _counts(size or 0, length, step, pad, number or 0, (pad, pad))
            == _counts(size or 0, length, step, pad, number or 0, border)
            for size, length, step, pad, number, border in zip(
                spatial, window, strides, before, numbers, borders, strict=True
            )
        )
        if own == numbers and exact:
            caffe = {
                "kernel_size": window,
                "strides": strides,
                "pad": before,
                "pool": "MAX" if largest else "AVE",
                "round_mode": mode,
            }
            return list(made.layer("CaffePooling2D", [term], caffe, op.name, axes=axes))
    if largest:
        raise Unreadable("its borders are those of no pooling here")
    ends = [
        max(((number or 0) - 1) * step + length - (size or 0) - pad, end)
        for number, step, length, size, pad, end in zip(
            numbers, strides, window, spatial, before, after, strict=True
        )
    ]
    term = padded(made, term, before, ends, op.name)
    if counted and ends == after:
        return list(made.layer(kind, [term], params, op.name, axes=axes))
    made.makes(math.prod(number or 0 for number in numbers))
    (mean,) = made.layer(kind, [term], params, f"{op.name}_with_border", axes=axes)
    factors = np.ones((), "float32")
    for size, length, step, pad, number, border in zip(
        spatial, window, strides, before, numbers, borders, strict=True
    ):
        parts = _counts(size or 0, length, step, pad, number or 0, border)
        # How much larger than its part that counts each window is.
        factors = factors[..., None] * (length / np.maximum(parts, 1)).astype("float32")
    if factors.size == 1:
        by = {"scale": float(str(factors.ravel()[0]))}
        return list(made.layer("Rescaling", [mean], by, op.name, axes=axes))
    scale = {"axis": 1, "num_axes": count}
    weights = {"gamma": Const(factors)}
    return list(made.layer("Scale", [mean], scale, op.name, weights=weights, axes=axes))


def _counts(
    size: int, length: int, step: int, pad: int, number: int, border: tuple[int, int]
) -> list[int]:
    """How many places of an axis count in each window, with a border that counts."""
    before, after = border
    starts = [place * step - pad for place in range(number)]
    return [min(start + length, size + after) - max(start, -before) for start in starts]


def windows(size: int, length: int, step: int, before: int, after: int, ceil: bool) -> int:
    """How many windows ONNX has along an axis; none starts behind the end."""
    rest = size + before + after - length
    count = (-(-rest // step) if ceil else rest // step) + 1
    if ceil and (count - 1) * step >= size + before:
        count -= 1
    return count


def caffe_windows(size: int, length: int, step: int, pad: int, mode: str) -> int:
    """How many windows Caffe has along an axis."""
    rest = size + 2 * pad - length
    count = (-(-rest // step) if mode == "CEIL" else rest // step) + 1
    if pad and (count - 1) * step >= size + pad:
        count -= 1
    return count


@reads("GlobalMaxPool", "GlobalAveragePool")
def read_global(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    rank = term.rank or 4
    if not 3 <= rank <= 5:
        raise Unreadable(f"it has {rank} axes")
    term = made.last(term, op.name, rank)
    kind = f"Global{'Max' if 'Max' in op.type else 'Average'}Pooling{rank - 2}D"
    return list(made.layer(kind, [term], {"keepdims": True}, op.name, axes=[first_axes(rank)]))
