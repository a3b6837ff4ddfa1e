"""Learned products and summands besides those of fully connected layers."""

from __future__ import annotations

from exporters.code.torch.families.activation import activated
from exporters.code.torch.rule import Layout, Use, Written, called, rule


@rule("EinsumDense")
def einsum_dense(use: Use) -> Written:
    shapes = {name: weight.shape for name, weight in use.layer.weights(use.inputs[0]).items()}
    make = called(
        "EinsumDense",
        f'"{use["equation"]}"',
        shapes["kernel"],
        bias=(shapes.get("bias"), None),
    )
    return Written(
        activated("{self}({0})", use["activation"]),
        make,
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=lambda arrays: {
            {"kernel": "weight", "bias": "bias"}[name]: array for name, array in arrays.items()
        },
        carried=("EinsumDense",),
    )


@rule("Scale", "Bias")
def affine(use: Use) -> Written:
    is_bias = type(use.layer).__name__ == "Bias"
    weights = use.layer.weights(use.inputs[0])
    first = use["axis"] % use.rank
    shape = next(iter(weights.values())).shape
    lined_up = (*shape, *(1,) * (use.rank - first - len(shape)))
    has_bias = is_bias or use["bias_term"]
    names = {"gamma": "weight", "beta": "bias", "bias": "bias"}
    return Written(
        "{self}({0})",
        called("Affine", lined_up, weight=(not is_bias, True), bias=(has_bias, True)),
        wants=Layout.LAST,
        state=lambda arrays: {
            names[name]: array.reshape(lined_up) for name, array in arrays.items()
        },
        carried=("Affine",),
    )


@rule("LocallyConnected1D", "LocallyConnected2D")
def locally_connected(use: Use) -> Written:
    make = called(
        "LocallyConnected",
        use.outputs[0].shape[1:-1],
        tuple(use["kernel_size"]),
        tuple(use["strides"]),
        use.channels,
        use["filters"],
        bias=(use["use_bias"], True),
    )
    return Written(
        activated("{self}({0})", use["activation"]),
        make,
        wants=Layout.LAST,
        state=lambda arrays: {
            {"kernel": "weight", "bias": "bias"}[name]: array for name, array in arrays.items()
        },
        carried=("LocallyConnected",),
    )
