"""Pooling: windows, global, adaptive, and as Caffe does it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from exporters.onnx.ops.convolution import pads
from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value
from layers.tensor import Dim

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
    operation = "GlobalMaxPool" if "Max" in type(layer).__name__ else "GlobalAveragePool"
    made = tape(operation, tape.first(value))
    if layer.keepdims:
        return tape.made(use, made, first=True)
    return tape.made(use, tape("Flatten", made, axis=1))


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
        low = tape.constant(-3.4e38)
        if any([*border, *ends]):
            x = tape("Pad", x, tape.ints(0, 0, *border, 0, 0, *ends), low)
        return tape("MaxPool", x, **shape)
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
