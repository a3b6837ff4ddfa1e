"""Pooling: of windows, of all, and to a given size."""

from __future__ import annotations

from exporters.code.torch.rule import Layout, Use, Written, called, rule, sizes
from exporters.code.torch.windows import padded, same


def _window(use: Use) -> tuple[tuple[int, ...], tuple[int, ...], list[tuple[int, int]]]:
    window = use["pool_size"]
    strides = use["strides"] or window
    pads = [(0, 0)] * len(window)
    if use["padding"] == "same":
        pads = same(use.spatial, window, strides, (1,) * len(window))
    return window, strides, pads


@rule("MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
def max_pooling(use: Use) -> Written:
    window, strides, pads = _window(use)
    before = tuple(one for one, _ in pads)
    # PyTorch takes at most half a window.
    is_even = all(one == two and 2 * one <= n for (one, two), n in zip(pads, window, strict=True))
    make = called(
        f"nn.MaxPool{len(window)}d",
        sizes(window),
        stride=(sizes(strides), sizes(window)),
        padding=(sizes(before) if is_even else "0", "0"),
    )
    given = "{0}" if is_even else padded("{0}", pads, ', value=float("-inf")')
    return Written(f"{{self}}({given})", make, wants=Layout.FIRST)


@rule("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def average_pooling(use: Use) -> Written:
    window, strides, pads = _window(use)
    before = tuple(one for one, _ in pads)
    if all(one == two and 2 * one <= n for (one, two), n in zip(pads, window, strict=True)):
        make = called(
            f"nn.AvgPool{len(window)}d",
            sizes(window),
            stride=(sizes(strides), sizes(window)),
            padding=(sizes(before), "0"),
            count_include_pad=(not any(before), True),
        )
        return Written("{self}({0})", make, wants=Layout.FIRST)
    flat = tuple(side for pair in reversed(pads) for side in pair)
    make = f"PaddedAvgPool({window}, {strides}, {flat})"
    return Written("{self}({0})", make, wants=Layout.FIRST, carried=("PaddedAvgPool",))


@rule(*(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)))
def global_pooling(use: Use) -> Written:
    is_max = "Max" in type(use.layer).__name__
    first = use.layout is Layout.FIRST
    axes = tuple(range(2, use.rank)) if first else tuple(range(1, use.rank - 1))
    keep = ", keepdim=True" if use["keepdims"] else ""
    shown = f"dim={axes if len(axes) > 1 else axes[0]}{keep}"
    return Written(f"{{0}}.amax({shown})" if is_max else f"{{0}}.mean({shown})")


@rule(*(f"Adaptive{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)))
def adaptive_pooling(use: Use) -> Written:
    kind = "Max" if "Max" in type(use.layer).__name__ else "Avg"
    make = f"nn.Adaptive{kind}Pool{use.rank - 2}d({sizes(use['output_size'])})"
    return Written("{self}({0})", make, wants=Layout.FIRST)
