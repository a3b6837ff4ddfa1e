"""Layers that move values: shapes, axes, padding, cropping, enlarging."""

from __future__ import annotations

from math import prod

from exporters.code.torch.rule import Layout, Unwritable, Use, Written, rule, sizes
from exporters.code.torch.windows import padded


@rule("Flatten")
def flatten(use: Use) -> Written:
    if use.rank <= 2:
        return Written("{0}" if use.rank == 2 else "{0}.unsqueeze(1)")
    spatial = use.spatial
    # A single place, or a single channel: both orders are the same.
    wants = Layout.ANY if all(size == 1 for size in spatial) else Layout.LAST
    return Written("{0}.flatten(1)", wants=wants)


@rule("Reshape")
def reshape(use: Use) -> Written:
    shape = use.outputs[0].shape[1:]
    if shape.count(None) > 1:
        raise Unwritable("a shape with several unknown sizes")
    target = tuple(-1 if size is None else size for size in shape)
    first = "{0}.shape[0]" if None in shape or not prod(target) else "-1"
    shown = ", ".join([first, *map(str, target)])
    return Written(f"{{0}}.reshape({shown})", wants=Layout.LAST, gives=Layout.LAST)


@rule("Permute")
def permute(use: Use) -> Written:
    dims = ", ".join(map(str, (0, *use["dims"])))
    return Written(f"{{0}}.permute({dims})", wants=Layout.LAST)


@rule("RepeatVector")
def repeat_vector(use: Use) -> Written:
    return Written(f"{{0}}.unsqueeze(1).repeat(1, {use['n']}, 1)", gives=Layout.LAST)


@rule("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(use: Use) -> Written:
    return Written(padded("{0}", _pairs(use["padding"], use.rank - 2)), wants=Layout.FIRST)


@rule("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(use: Use) -> Written:
    pairs = [(-one, -other) for one, other in _pairs(use["cropping"], use.rank - 2)]
    return Written(padded("{0}", pairs), wants=Layout.FIRST)


def _pairs(values: tuple[int, ...], count: int) -> list[tuple[int, int]]:
    """Flat values, two for each axis."""
    return [(values[2 * axis], values[2 * axis + 1]) for axis in range(count)]


@rule("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsampling(use: Use) -> Written:
    mode = use["interpolation"] if "interpolation" in use.layer.values else "nearest"
    if mode not in ("nearest", "bilinear"):
        raise Unwritable(f"{mode} interpolation")
    size = use["size"]
    shown = sizes(size) if len(set(size)) == 1 else str(tuple(map(float, size)))
    how = "" if mode == "nearest" else f', mode="{mode}"'
    return Written("{self}({0})", f"nn.Upsample(scale_factor={shown}{how})", wants=Layout.FIRST)


@rule("Interpolation2D")
def interpolation(use: Use) -> Written:
    size, scale = use["target_size"], tuple(use["scale"])
    is_nearest, align = use["interpolation"] == "nearest", use["align"]
    mode = {
        (False, "corners"): '"bilinear", align_corners=True',
        (False, "centers"): '"bilinear"',
        (True, "origin"): '"nearest"',
        (True, "centers"): '"nearest-exact"',
    }.get((is_nearest, align))
    if mode is None:
        text = f"resample({{0}}, {size and tuple(size)}, {scale}, {is_nearest})"
        return Written(text, wants=Layout.FIRST, carried=("resample",))
    target = f"{tuple(size)}" if size else f"scale_factor={scale}"
    return Written(f"F.interpolate({{0}}, {target}, mode={mode})", wants=Layout.FIRST)
