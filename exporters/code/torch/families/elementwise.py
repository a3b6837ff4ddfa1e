"""Caffe's functions of each value, and learned factors and summands."""

from __future__ import annotations

from math import log

from exporters.code.torch.rule import Layout, Unwritable, Use, Written, rule


@rule("AbsVal")
def absolute(use: Use) -> Written:
    return Written("{0}.abs()")


@rule("BNLL")
def binomial(use: Use) -> Written:
    return Written("F.softplus({0})")


@rule("Threshold")
def threshold(use: Use) -> Written:
    return Written(f"({{0}} > {use['threshold']}).float()")


def _scaled(use: Use) -> str:
    """scale * x + shift"""
    made = "{0}" if use["scale"] == 1 else f"{use['scale']} * {{0}}"
    return made if not use["shift"] else f"{made} + {use['shift']}"


@rule("Power")
def power(use: Use) -> Written:
    inner = _scaled(use)
    return Written(inner if use["power"] == 1 else f"torch.pow({inner}, {use['power']})")


@rule("Exp")
def exponential(use: Use) -> Written:
    inner = _scaled(use)
    return Written(
        f"torch.exp({inner})" if use["base"] == -1 else f"torch.pow({use['base']}, {inner})"
    )


@rule("Log")
def logarithm(use: Use) -> Written:
    made = f"torch.log({_scaled(use)})"
    return Written(made if use["base"] == -1 else f"{made} / {log(use['base'])!r}")


@rule("PReLU")
def prelu(use: Use) -> Written:
    shape = tuple(
        1 if axis in (use["shared_axes"] or ()) else use.layer.known(use.inputs[0], axis)
        for axis in range(1, use.rank)
    )
    return Written(
        "{self}({0})",
        f"Slopes({shape})",
        wants=Layout.LAST,
        state=lambda arrays: {"weight": arrays["alpha"]},
        carried=("Slopes",),
    )


@rule("Slice")
def cut(use: Use) -> Written:
    axis = use["axis"] % use.rank
    widths = [tensor.shape[axis] for tensor in use.outputs]
    if None in widths:
        raise Unwritable("parts of unknown size")
    shown = ", ".join(map(str, widths))
    return Written(f"{{0}}.split(({shown}), dim={use.axis(use['axis'])})")


@rule("Split")
def copies(use: Use) -> Written:
    return Written(f"({', '.join(['{0}'] * use['count'])})")


@rule("Tile")
def tile(use: Use) -> Written:
    return Written(f"torch.cat([{{0}}] * {use['tiles']}, dim={use.axis(use['axis'])})")


@rule("CenterCrop")
def center_crop(use: Use) -> Written:
    height, width = use.inputs[0].shape[-3:-1]
    if use.rank != 4 or height is None or width is None:
        raise Unwritable("a crop of an image of unknown size")
    if height < use["height"] or width < use["width"]:
        raise Unwritable("a crop that enlarges")
    top, left = (height - use["height"]) // 2, (width - use["width"]) // 2
    rows, columns = f"{top}:{top + use['height']}", f"{left}:{left + use['width']}"
    return Written(f"{{0}}[:, :, {rows}, {columns}]", wants=Layout.FIRST)
