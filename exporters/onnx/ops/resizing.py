"""Images made larger or smaller: ONNX' Resize in the forms that the catalogue has layers for.

Source: https://onnx.ai/onnx/operators/onnx__Resize.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, Unwritable, reads, writes
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Tensors
from layers.tensor import Dim

RANKS = ("1D", "2D", "3D")
FLOOR, CEIL = "floor", "round_prefer_ceil"
RULES = {"corners": "align_corners", "origin": "asymmetric", "centers": "half_pixel"}
"""How Interpolation2D's `align` is called there."""
NEAREST = {"corners": CEIL, "origin": FLOOR, "centers": CEIL}
"""How it rounds to the nearest place."""
MAX_PLACES = 10_000
"""Of an axis, for comparing which places are taken."""


@writes(*(f"UpSampling{rank}" for rank in RANKS))
def write_upsampling(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    interpolation = layer.values.get("interpolation", "nearest")
    align = "origin" if interpolation == "nearest" else "centers"
    size = [layer.size] if isinstance(layer.size, int) else list(layer.size)
    return _resized(tape, use, inputs[0], interpolation, align, scales=size)


@writes("Resizing")
def write_resizing(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    if layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio or layer.antialias:
        raise Unwritable("it keeps the aspect ratio or smooths")
    size = (layer.height, layer.width)
    return _resized(tape, use, inputs[0], layer.interpolation, "centers", size=size)


@writes("Interpolation2D")
def write_interpolation(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    scales = layer.values["scale"]
    return _resized(
        tape,
        use,
        inputs[0],
        layer.interpolation,
        layer.align,
        size=layer.target_size,
        scales=scales,
    )


def _resized(
    tape: Tape,
    use: Use,
    value: Value,
    interpolation: str,
    align: str,
    *,
    size: Sequence[int] | None = None,
    scales: Sequence[float] = (),
) -> Value:
    """To a size, or by factors where there is none. Raises Unwritable."""
    mode = {"nearest": "nearest", "bilinear": "linear"}.get(interpolation)
    if mode is None:
        raise Unwritable(f"the interpolation {interpolation} is computed otherwise there")
    value = tape.floats(value)
    x = tape.first(value)
    rule = {"coordinate_transformation_mode": RULES[align]}
    if mode == "nearest":
        rule["nearest_mode"] = NEAREST[align]
    if size is None:
        factors = tape.constant([1.0, 1.0, *map(float, scales)])
        return tape.made(use, tape("Resize", x, "", factors, mode=mode, **rule), first=True)
    channels = value.shape[-1]
    if channels is None or value.rank != 4:
        raise Unwritable("its channels are not known")
    batch = tape("Shape", x, start=0, end=1)
    sizes = tape("Concat", batch, tape.ints(channels, *size), axis=0)
    return tape.made(use, tape("Resize", x, "", "", sizes, mode=mode, **rule), first=True)


@dataclass(frozen=True)
class _Axis:
    """What becomes of an axis.

    Attributes:
        old, new: how many places there are.
        scale: the factor by which places are found.
        is_told: whether the file gives that factor, and not the new size.
    """

    old: Dim
    new: Dim
    scale: float
    is_told: bool

    @property
    def is_whole(self) -> bool:
        return self.scale == int(self.scale)


@reads("Resize", "Upsample")
def read_resize(made: Reader, op: Operation) -> Tensors:
    """By whole multiples as Keras' UpSampling, to a size by pixel centres as its Resizing, and by
    Interpolation2D of our own otherwise.
    """
    term = op.term()
    if term.shape is None or not 3 <= term.rank <= 5:
        raise Unreadable("its shape is unknown")
    axes = _axes(op, term.shape)
    is_old = op.type == "Upsample" or op.opset < 11
    rule = "asymmetric" if is_old else op.attribute("coordinate_transformation_mode", "half_pixel")
    near = FLOOR if is_old else op.attribute("nearest_mode", "round_prefer_floor")
    mode = op.attribute("mode", "nearest")
    smooth = mode in ("linear", "bilinear")
    if op.attribute("antialias", 0) or not (smooth or mode == "nearest"):
        raise Unreadable(f"it computes values in between by {mode}")
    if rule == "pytorch_half_pixel":
        if any(axis.new == 1 != axis.old for axis in axes):
            raise Unreadable("it takes a single place by a rule of its own")
        rule = "half_pixel"
    interpolation = "bilinear" if smooth else "nearest"
    rank = term.rank
    term = made.last(term, op.name, rank)
    params: dict[str, object]
    if all(axis.is_whole and axis.scale >= 1 for axis in axes) and (
        (smooth and rule == "half_pixel" and rank == 4)
        or (not smooth and _repeats(axes, rule, near))
    ):
        size = [int(axis.scale) for axis in axes]
        params = {"size": size if len(size) > 1 else size[0]}
        if smooth:
            params["interpolation"] = "bilinear"
        kind = f"UpSampling{rank - 2}D"
    else:
        if rank != 4:
            raise Unreadable("it does not enlarge by whole numbers")
        align = _align(axes, rule, near, is_nearest=not smooth)
        kind, params = "Interpolation2D", {"align": align, "interpolation": interpolation}
        sizes = [axis.new for axis in axes]
        if align == "corners" and any(_is_uneven(axis) and not axis.is_whole for axis in axes):
            # The standard counts parts of a place there, ONNX Runtime does not.
            raise Unreadable("where the last corner lies after rounding is not agreed upon")
        if None not in sizes and (align == "corners" or not any(map(_is_uneven, axes))):
            params["target_size"] = sizes
            if align == "centers":
                kind = "Resizing"
                height, width = sizes
                params = {"height": height, "width": width, "interpolation": interpolation}
        else:
            params["scale"] = [axis.scale for axis in axes]
    return list(made.layer(kind, [term], params, op.name, axes=[term.axes]))


def _axes(op: Operation, shape: Sequence[Dim]) -> list[_Axis]:
    """The spatial axes. Raises Unreadable."""
    scales = op.values(1 if op.type == "Upsample" or op.opset < 11 else 2)
    if scales is None and op.type == "Upsample":
        scales = op.attribute("scales")
    # From opset 18 on, the numbers may be of some axes alone.
    which = [axis % len(shape) for axis in op.attribute("axes", None) or range(len(shape))]
    if op.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise Unreadable("it keeps the aspect ratio")
    given = scales or op.values(3) or []
    if len(given) != len(which) or not all(math.isfinite(n) and n > 0 for n in given):
        raise Unreadable("its size is not known")
    told = dict(zip(which, given, strict=True))
    found = []
    for axis, old in enumerate(shape):
        if scales:
            scale = float(told.get(axis, 1.0))
            new = None if old is None else math.floor(old * scale)
        else:
            new = int(told[axis]) if axis in told else old
            scale = 1.0 if axis not in told else new / old if new and old else 0.0
        found.append(_Axis(old, new, scale, bool(scales)))
    batch, channels, *spatial = found
    if batch.scale != 1.0 and (scales or batch.old is not None):
        raise Unreadable("it changes the number of samples")
    if channels.scale != 1.0:
        raise Unreadable("it changes channels")
    if any(axis.new == 0 or (axis.scale == 0 and axis.new is None) for axis in spatial):
        raise Unreadable("its size is not known")
    return spatial


def _is_uneven(axis: _Axis) -> bool:
    """Whether places are found by another factor than that of the sizes."""
    return axis.is_told and (axis.old is None or axis.new != axis.old * axis.scale)


def _repeats(axes: Sequence[_Axis], rule: str, near: str) -> bool:
    """Whether every value is repeated, so many times as it becomes larger."""
    return (rule == "asymmetric" and near == FLOOR) or (
        rule == "half_pixel" and near.startswith("round")
    )


def _align(axes: Sequence[_Axis], rule: str, near: str, *, is_nearest: bool) -> str:
    """What Interpolation2D lays together, so that it takes the same places. Raises Unreadable."""
    known = {there: ours for ours, there in RULES.items()}
    if not is_nearest:
        if rule not in known:
            raise Unreadable(f"it finds places by {rule}")
        return known[rule]
    if rule in known and NEAREST[known[rule]] == near:
        return known[rule]
    wanted = [_places(axis, rule, near) for axis in axes]
    for align, there in RULES.items():
        if [_places(axis, there, NEAREST[align]) for axis in axes] == wanted:
            return align
    raise Unreadable(f"it takes places by {rule} and {near}")


def _places(axis: _Axis, rule: str, near: str) -> list[int]:
    """Which old place each new one takes. Raises Unreadable where that is not known."""
    old, new = axis.old, axis.new
    if old is None or new is None or rule not in RULES.values() or new > MAX_PLACES:
        raise Unreadable(f"it takes places by {rule} and {near}")
    if rule == "align_corners":
        exact = [place * (old - 1) / max(new - 1, 1) for place in range(new)]
    elif rule == "asymmetric":
        exact = [place / axis.scale for place in range(new)]
    else:
        exact = [(place + 0.5) / axis.scale - 0.5 for place in range(new)]
    rounded = {
        FLOOR: math.floor,
        "ceil": math.ceil,
        CEIL: lambda place: math.floor(place + 0.5),
        "round_prefer_floor": lambda place: math.ceil(place - 0.5),
    }
    if near not in rounded:
        raise Unreadable(f"it takes places by {near}")
    return [min(max(rounded[near](place), 0), old - 1) for place in exact]
