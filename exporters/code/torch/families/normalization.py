"""Normalizations. PyTorch's momentum is what Keras' leaves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule
from exporters.weights import Array


def _affine(arrays: Mapping[str, Array], count: int) -> Arrays:
    """Factor and summand; what Keras leaves out is fixed at 1 and 0."""
    return {
        "weight": arrays.get("gamma", np.ones(count, "float32")),
        "bias": arrays.get("beta", np.zeros(count, "float32")),
    }


def _fixed(use: Use) -> tuple[str, ...]:
    """Statements that keep from training what Keras leaves out, where not both are."""
    missing = [name for name, key in (("weight", "scale"), ("bias", "center")) if not use[key]]
    return tuple(f"{{self}}.{name}.requires_grad_(False)" for name in missing)


@rule("BatchNormalization")
def batch_normalization(use: Use) -> Written:
    axis = use["axis"] % use.rank
    count = use.layer.known(use.inputs[0], axis)
    has_affine = use["scale"] or use["center"]
    make = called(
        f"nn.BatchNorm{max(use.rank - 2, 1)}d",
        count,
        eps=(use["epsilon"], 1e-5),
        momentum=(round(1 - use["momentum"], 12), 0.1),
        affine=(has_affine, True),
    )

    def state(arrays: Mapping[str, Array]) -> Arrays:
        made = _affine(arrays, count) if has_affine else {}
        return made | {
            "running_mean": arrays["moving_mean"],
            "running_var": arrays["moving_variance"],
            "num_batches_tracked": np.array(0, "int64"),
        }

    setup = _fixed(use) if has_affine else ()
    if axis == use.rank - 1:
        return Written("{self}({0})", make, setup, wants=Layout.FIRST, state=state)
    forward = (
        "{self}({0})" if axis == 1 else f"{{self}}({{0}}.movedim({axis}, 1)).movedim(1, {axis})"
    )
    return Written(forward, make, setup, wants=Layout.LAST, state=state)


@rule("LayerNormalization")
def layer_normalization(use: Use) -> Written:
    axis = use["axis"] % use.rank
    count = use.layer.known(use.inputs[0], axis)
    has_affine = use["scale"] or use["center"]
    make = called(
        "nn.LayerNorm",
        count,
        eps=(use["epsilon"], 1e-5),
        elementwise_affine=(has_affine, True),
    )
    is_last = axis == use.rank - 1
    return Written(
        "{self}({0})" if is_last else f"{{self}}({{0}}.movedim({axis}, -1)).movedim(-1, {axis})",
        make,
        _fixed(use) if has_affine else (),
        wants=Layout.LAST,
        state=lambda arrays: _affine(arrays, count) if has_affine else {},
    )


@rule("GroupNormalization")
def group_normalization(use: Use) -> Written:
    if use["axis"] not in (-1, use.rank - 1):
        raise Unwritable("groups of another axis than the last")
    count = use.channels
    has_affine = use["scale"] or use["center"]
    groups = count if use["groups"] == -1 else use["groups"]
    make = called(
        "nn.GroupNorm", groups, count, eps=(use["epsilon"], 1e-5), affine=(has_affine, True)
    )
    return Written(
        "{self}({0})",
        make,
        _fixed(use) if has_affine else (),
        wants=Layout.FIRST,
        state=lambda arrays: _affine(arrays, count) if has_affine else {},
    )


@rule("RMSNormalization")
def rms_normalization(use: Use) -> Written:
    if use["axis"] not in (-1, use.rank - 1):
        raise Unwritable("a normalization over other axes than the last")
    return Written(
        "{self}({0})",
        f"nn.RMSNorm({use.channels}, eps={use['epsilon']})",
        wants=Layout.LAST,
        state=lambda arrays: {"weight": arrays["scale"]},
    )


@rule("UnitNormalization")
def unit_normalization(use: Use) -> Written:
    return Written(f"F.normalize({{0}}, dim={use.axis(use['axis'])}, eps=1e-6)")


@rule("LRN")
def local_response(use: Use) -> Written:
    if use["norm_region"] != "ACROSS_CHANNELS":
        size = use["local_size"]
        mean = f"F.avg_pool2d({{0}}.square(), {size}, 1, {size // 2})"
        norm = f"({use['k']} + {use['alpha']} * {mean}) ** {use['beta']}"
        return Written(f"{{0}} / {norm}", wants=Layout.FIRST)
    make = (
        f"nn.LocalResponseNorm({use['local_size']}, alpha={use['alpha']},"
        f" beta={use['beta']}, k={use['k']})"
    )
    forward = "{self}({0})" if use.rank > 2 else "{self}({0}.unsqueeze(-1)).squeeze(-1)"
    return Written(forward, make, wants=Layout.FIRST)
