"""Borders and sizes: padding, cropping, repeating, scaling."""

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


@writes(*(f"UpSampling{rank}" for rank in RANKS))
def write_upsampling(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    size = [layer.size] if isinstance(layer.size, int) else list(layer.size)
    mode = {"nearest": "nearest", "bilinear": "linear"}.get(
        layer.values.get("interpolation", "nearest")
    )
    if mode is None:
        raise Unwritable(f"the interpolation {layer.interpolation} is computed otherwise there")
    scales = tape.constant([1.0, 1.0, *map(float, size)])
    made = tape("Resize", tape.first(value), "", scales, mode=mode, **_rule(mode))
    return tape.made(use, made, first=True)


def _rule(mode: str) -> dict[str, str | None]:
    if mode == "nearest":
        return {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return {"coordinate_transformation_mode": "half_pixel"}


@writes("Resizing")
def write_resizing(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer, value = use.layer, tape.floats(inputs[0])
    if layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio or layer.antialias:
        raise Unwritable("it keeps the aspect ratio or smooths")
    mode = {"nearest": "nearest", "bilinear": "linear"}.get(layer.interpolation)
    channels = value.shape[-1]
    if mode is None or channels is None or value.rank != 4:
        raise Unwritable(f"the interpolation {layer.interpolation} is computed otherwise there")
    x = tape.first(value)
    batch = tape("Shape", x, start=0, end=1)
    size = tape("Concat", batch, tape.ints(channels, layer.height, layer.width), axis=0)
    rule = _rule(mode)
    if mode == "nearest":
        rule = {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "floor"}
        rule["nearest_mode"] = "round_prefer_ceil"
    return tape.made(use, tape("Resize", x, "", "", size, mode=mode, **rule), first=True)


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


@reads("Resize", "Upsample")
def read_resize(made: Reader, op: Operation) -> Tensors:
    """Whole multiples, in the two ways that Keras knows."""
    term = op.term()
    shape = term.shape
    if shape is None or not 3 <= term.rank <= 5:
        raise Unreadable("its shape is unknown")
    place = 1 if op.type == "Upsample" or op.opset < 11 else 2
    scales = op.values(place)
    if scales is None and op.type == "Upsample":
        scales = op.attribute("scales")
    if not scales:
        sizes = op.values(3) or []
        if len(sizes) != term.rank or None in shape[2:]:
            raise Unreadable("its size is not known")
        scales = [
            1.0,
            1.0,
            *(new / (old or 1) for new, old in zip(sizes[2:], shape[2:], strict=True)),
        ]
        if list(sizes[1:2]) != [shape[1]]:
            raise Unreadable("it changes channels")
    factors = [float(scale) for scale in scales]
    if factors[:2] != [1.0, 1.0] or any(n != int(n) or n < 1 for n in factors):
        raise Unreadable("it does not enlarge by whole numbers")
    mode = op.attribute("mode", "nearest")
    rule = op.attribute("coordinate_transformation_mode", "half_pixel")
    if op.type == "Upsample" or op.opset < 11:
        rule = "asymmetric"
    near = op.attribute("nearest_mode", "round_prefer_floor")
    if op.type == "Upsample" or op.opset < 11:
        near = "floor"
    rounds = near.startswith("round")
    repeats = mode == "nearest" and (
        (rule == "asymmetric" and near == "floor")
        or (rule in ("half_pixel", "pytorch_half_pixel") and rounds)
    )
    smooth = mode in ("linear", "bilinear") and rule in ("half_pixel", "pytorch_half_pixel")
    if not repeats and not (smooth and term.rank == 4):
        raise Unreadable(f"it computes values in between by {mode} and {rule}")
    term = made.last(term, op.name, term.rank)
    size = [int(n) for n in factors[2:]]
    params: dict[str, object] = {"size": size if len(size) > 1 else size[0]}
    if smooth:
        params["interpolation"] = "bilinear"
    kind = f"UpSampling{term.rank - 2}D"
    return list(made.layer(kind, [term], params, op.name, axes=[term.axes]))


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
