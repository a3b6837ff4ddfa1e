"""Layers of Caffe: pooling with sizes rounded up, reductions, choices, and cuts."""

from __future__ import annotations

import numpy as np

from exporters.code.torch.families.activation import activated
from exporters.code.torch.rule import Layout, Unwritable, Use, Written, called, rule, sizes


def _count(size: int, window: int, step: int, pad: int, *, is_up: bool) -> int:
    """How many windows PyTorch's pooling has along an axis."""
    rest = size + 2 * pad - window
    count = (-(-rest // step) if is_up else rest // step) + 1
    return count - 1 if is_up and (count - 1) * step >= size + pad else count


@rule("CaffePooling2D")
def pooling(use: Use) -> Written:
    window, strides, pad = use["kernel_size"], use["strides"], use["pad"]
    spatial = [use.layer.known(use.inputs[0], axis) for axis in (1, 2)]
    wanted = [use.layer.known(use.outputs[0], axis) for axis in (1, 2)]
    if use["pool"] == "STOCHASTIC":
        axes = zip(spatial, wanted, window, strides, strict=True)
        ends = tuple(max((n - 1) * step + long - size, 0) for size, n, long, step in axes)
        make = f"StochasticPool({tuple(window)}, {tuple(strides)}, {ends})"
        return Written("{self}({0})", make, wants=Layout.FIRST, carried=("StochasticPool",))
    is_up = use["round_mode"] == "CEIL"
    if any(2 * side > length for side, length in zip(pad, window, strict=True)):
        raise Unwritable("a border wider than half a window")
    axes = zip(spatial, window, strides, pad, strict=True)
    if [_count(*axis, is_up=is_up) for axis in axes] != wanted:
        raise Unwritable("windows beyond the border")
    make = called(
        f"nn.{'Max' if use['pool'] == 'MAX' else 'Avg'}Pool2d",
        sizes(window),
        stride=(sizes(strides), sizes(window)),
        padding=(sizes(pad), "0"),
        ceil_mode=(is_up, False),
    )
    return Written("{self}({0})", make, wants=Layout.FIRST)


@rule("SPP")
def pyramid(use: Use) -> Written:
    function = "F.max_pool2d" if use["pool"] == "MAX" else "F.avg_pool2d"
    names: list[str] = []
    before: list[str] = []
    for level in range(use["pyramid_height"]):
        bins = 2**level
        spatial = [use.layer.known(use.inputs[0], axis) for axis in (1, 2)]
        window = tuple(-(-size // bins) for size in spatial)
        pads = tuple(
            (length * bins - size + 1) // 2 for length, size in zip(window, spatial, strict=True)
        )
        if any(2 * side > length for side, length in zip(pads, window, strict=True)):
            raise Unwritable("a border wider than half a window")
        given = called(
            function,
            "{0}",
            sizes(window),
            padding=(sizes(pads), "0"),
            ceil_mode=(any(pads), False),
        )
        name = f"{{out}}_level_{level}"
        names.append(name)
        before += [f"{name} = {given}", f"{name} = {name}.flatten(1)"]
    return Written(
        f"torch.cat([{', '.join(names)}], dim=1)",
        before=tuple(before),
        wants=Layout.FIRST,
        gives=Layout.LAST,
    )


@rule("CaffeConv2DTranspose")
def transposed(use: Use) -> Written:
    make = called(
        "nn.ConvTranspose2d",
        use.channels,
        use["filters"],
        sizes(use["kernel_size"]),
        stride=(sizes(use["strides"]), "1"),
        padding=(sizes(use["pad"]), "0"),
        groups=(use["groups"], 1),
        bias=(use["use_bias"], True),
        dilation=(sizes(use["dilation_rate"]), "1"),
    )
    return Written(
        activated("{self}({0})", use["activation"], 1),
        make,
        wants=Layout.FIRST,
        state=lambda arrays: (
            {"weight": np.transpose(arrays["kernel"], (3, 2, 0, 1))}
            | ({"bias": arrays["bias"]} if "bias" in arrays else {})
        ),
    )


@rule("MVN")
def mean_variance(use: Use) -> Written:
    axes = tuple(range(1, use.rank - (0 if use["across_channels"] else 1)))
    if not axes:
        raise Unwritable("a normalization of single values")
    over = f"dim={axes if len(axes) > 1 else axes[0]}, keepdim=True"
    centred = f"{{0}} - {{0}}.mean({over})"
    if not use["normalize_variance"]:
        return Written(centred, wants=Layout.LAST)
    return Written(
        f"{{out}}_centred / ({{out}}_deviation + {use['eps']})",
        before=(
            f"{{out}}_centred = {centred}",
            f"{{out}}_deviation = {{out}}_centred.square().mean({over}).sqrt()",
        ),
        wants=Layout.LAST,
    )


@rule("Reduction")
def reduction(use: Use) -> Written:
    each = {"SUM": "", "ASUM": ".abs()", "SUMSQ": ".square()", "MEAN": ""}[use["operation"]]
    total = "mean" if use["operation"] == "MEAN" else "sum"
    made = f"{{0}}{each}.flatten({use['axis'] % use.rank}).{total}(-1)"
    factor = "" if use["coeff"] == 1 else f" * {use['coeff']}"
    return Written(made + factor, wants=Layout.LAST, gives=Layout.LAST)


@rule("ArgMax")
def largest(use: Use) -> Written:
    values, places = "{out}_values", "{out}_places.float()"
    if use["axis"] is None:
        found = f"{{0}}.flatten(1).topk({use['top_k']})"
        rows = [places, values] if use["out_max_val"] else [places]
        made = f"torch.stack([{', '.join(rows)}], dim=1)"
    else:
        found = f"{{0}}.topk({use['top_k']}, dim={use['axis'] % use.rank})"
        made = values if use["out_max_val"] else places
    return Written(
        made,
        before=(f"{{out}}_values, {{out}}_places = {found}",),
        wants=Layout.LAST,
        gives=Layout.LAST,
    )


@rule("Crop")
def crop(use: Use) -> Written:
    axes = range(use["axis"], use.rank - 1)
    offsets = use["offset"]
    starts = [int(offsets[at if len(offsets) > 1 else 0]) for at in range(len(axes))]
    parts = [":"] * use["axis"]
    for axis, start in zip(axes, starts, strict=True):
        size = use.inputs[1].shape[axis]
        end = f"{start} + {{1}}.shape[{axis}]" if size is None else str(start + size)
        parts.append(f"{start or ''}:{end}")
    return Written(f"{{0}}[{', '.join(parts)}]", wants=Layout.LAST)


@rule("BatchReindex")
def reindexed(use: Use) -> Written:
    return Written("{0}[{1}.long()]")


@rule("Filter")
def kept(use: Use) -> Written:
    last = len(use.inputs) - 1
    found = [f"{{{port}}}[{{{last}}}.flatten() != 0]" for port in range(last)]
    return Written(found[0] if last == 1 else f"({', '.join(found)})", wants=Layout.LAST)
