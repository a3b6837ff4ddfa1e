"""Borders, and blocks of places as channels."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Tensors, first_axes

INT_MAX = 2**31 - 1
RANKS = ("1D", "2D", "3D")


def cut(
    tape: Tape, name: str, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int]
) -> str:
    """A part of a tensor along some axes; negative ends count from the end."""
    return tape("Slice", name, tape.ints(*starts), tape.ints(*ends), tape.ints(*axes))


def both(sizes: object, rank: int) -> list[tuple[int, int]]:
    """Keras' padding or cropping as a pair for each axis."""
    if isinstance(sizes, int):
        return [(sizes, sizes)] * rank
    if not isinstance(sizes, list | tuple):
        raise Unwritable("its sizes are not numbers")
    if len(sizes) == 2 * rank and all(isinstance(size, int) for size in sizes):
        return [(int(sizes[2 * axis]), int(sizes[2 * axis + 1])) for axis in range(rank)]
    return [(s, s) if isinstance(s, int) else (int(s[0]), int(s[1])) for s in sizes]


@writes(*(f"ZeroPadding{rank}" for rank in RANKS))
def write_padding(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value = inputs[0]
    pairs = both(use.layer.padding, value.rank - 2)
    before, after = [one for one, _ in pairs], [two for _, two in pairs]
    if value.first and not value.last:
        made = tape("Pad", value.first, tape.ints(0, 0, *before, 0, 0, *after))
        return tape.made(use, made, first=True)
    return tape.made(use, tape("Pad", tape.last(value), tape.ints(0, *before, 0, 0, *after, 0)))


@writes(*(f"Cropping{rank}" for rank in RANKS))
def write_cropping(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    value = inputs[0]
    pairs = both(use.layer.cropping, value.rank - 2)
    starts = [one for one, _ in pairs]
    ends = [-two if two else INT_MAX for _, two in pairs]
    if value.first and not value.last:
        axes = range(2, value.rank)
        return tape.made(use, cut(tape, value.first, starts, ends, axes), first=True)
    axes = range(1, value.rank - 1)
    return tape.made(use, cut(tape, tape.last(value), starts, ends, axes))


@writes("CenterCrop")
def write_center(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, inputs[0]
    height, width = value.shape[-3], value.shape[-2]
    if height is None or width is None or height < layer.height or width < layer.width:
        raise Unwritable("it scales up what is smaller")
    top, left = (height - layer.height) // 2, (width - layer.width) // 2
    axes = (value.rank - 3, value.rank - 2)
    ends = (top + layer.height, left + layer.width)
    return tape.made(use, cut(tape, tape.last(value), (top, left), ends, axes))


@reads("DepthToSpace", "SpaceToDepth")
def read_blocks(made: Reader, op: Operation) -> Tensors:
    """Channels as places of a finer image, or the other way round."""
    term, size = made.last(op.term(), op.name, 4), op.whole("blocksize", 0)
    shape = term.tensor.shape if term.tensor else (None,) * 4
    height, width, channels = shape[1:]
    if height is None or width is None or channels is None or size < 1:
        raise Unreadable("its sizes are not known")
    if op.type == "DepthToSpace":
        if channels % size**2:
            raise Unreadable("its channels cannot be divided")
        rest = channels // size**2
        mode = op.attribute("mode", "DCR")
        split = [size, size, rest] if mode == "DCR" else [rest, size, size]
        order = [1, 3, 2, 4, 5] if mode == "DCR" else [1, 4, 2, 5, 3]
        sizes, final = [height, width, *split], [height * size, width * size, rest]
    else:
        if height % size or width % size:
            raise Unreadable("its sizes cannot be divided")
        sizes = [height // size, size, width // size, size, channels]
        order = [1, 3, 2, 4, 5] if op.attribute("mode", "DCR") == "DCR" else [1, 3, 5, 2, 4]
        final = [height // size, width // size, channels * size**2]
    (made_of,) = made.layer("Reshape", [term], {"target_shape": sizes}, f"{op.name}_split")
    (made_of,) = made.layer("Permute", [made_of], {"dims": order}, f"{op.name}_permute")
    params = {"target_shape": final}
    return list(made.layer("Reshape", [made_of], params, op.name, axes=[first_axes(4)]))
