"""Borders and sizes: padding, cropping, repeating, scaling."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Tensors

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


@reads("Pad")
def read_pad(made: Reader, op: Operation) -> Tensors:
    term = op.term()
    given = op.values(1, "pads") or op.ints("paddings") or []
    value = op.scalar(2, "value", 0.0)
    if op.attribute("mode", "constant") != "constant" or value:
        raise Unreadable("it pads with other values than 0")
    if op.given(3) is not None:
        axes = op.values(3) or []
        count = len(axes)
        full = [0] * (2 * term.rank)
        for place, axis in enumerate(axes):
            full[axis % term.rank] = given[place]
            full[axis % term.rank + term.rank] = given[place + count]
        given = full
    if term.view or term.rows is not None:
        term = made.plain(term, op.name)
    if not term.axes or len(given) != 2 * term.rank:
        raise Unreadable("its numbers do not fit its input")
    own = {axis: (given[at], given[at + term.rank]) for at, axis in enumerate(term.axes)}
    if not any(given):
        return [term]
    count = term.rank - 2
    if not 1 <= count <= 3 or any(own[0]) or any(own[term.rank - 1]):
        # With channels last in the file the other order may be meant; zeros between layers of
        # other kinds have no layer.
        raise Unreadable("it pads samples or channels")
    pairs = [own[axis] for axis in range(1, term.rank - 1)]
    if min(min(pair) for pair in pairs) < 0:
        params = {"cropping": [max(-n, 0) for pair in pairs for n in pair]}
        name = f"{op.name}_crop"
        (term,) = made.layer(f"Cropping{count}D", [term], params, name, axes=[term.axes])
        pairs = [(max(one, 0), max(two, 0)) for one, two in pairs]
    params = {"padding": [n for pair in pairs for n in pair]}
    return list(made.layer(f"ZeroPadding{count}D", [term], params, op.name, axes=[term.axes]))


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
