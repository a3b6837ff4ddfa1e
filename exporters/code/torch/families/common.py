"""Fully connected layers, embeddings, dropout, and what changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from exporters.code.torch.families.activation import activated
from exporters.code.torch.rule import (
    Arrays,
    Layout,
    Unwritable,
    Use,
    Written,
    called,
    rule,
)
from exporters.weights import Array


@rule("Dense")
def dense(use: Use) -> Written:
    def state(arrays: Mapping[str, Array]) -> Arrays:
        made = {"weight": arrays["kernel"].T}
        return made | ({"bias": arrays["bias"]} if "bias" in arrays else {})

    make = called("nn.Linear", use.channels, use["units"], bias=(use["use_bias"], True))
    forward = activated("{self}({0})", use["activation"])
    return Written(forward, make, wants=Layout.LAST, state=state)


@rule("Embedding", "ReversibleEmbedding")
def embedding(use: Use) -> Written:
    # What a reversible one is backwards, a network does not use.
    return Written(
        "{self}({0}.long())",
        f"nn.Embedding({use['input_dim']}, {use['output_dim']})",
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=lambda arrays: {"weight": arrays["embeddings"]},
    )


@rule("Dropout")
def dropout(use: Use) -> Written:
    if use["noise_shape"] is not None:
        shape = ", ".join(
            f"{{0}}.shape[{axis}]" if size is None else str(size)
            for axis, size in enumerate(use["noise_shape"])
        )
        noise = f"F.dropout({{0}}.new_ones({shape}), {use['rate']}, self.training)"
        return Written(f"{{0}} * {noise}", wants=Layout.LAST)
    return Written("{self}({0})", f"nn.Dropout({use['rate']})")


@rule("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def spatial_dropout(use: Use) -> Written:
    return Written("{self}({0})", f"nn.Dropout{use.rank - 2}d({use['rate']})", wants=Layout.FIRST)


@rule("AlphaDropout")
def alpha_dropout(use: Use) -> Written:
    if use["noise_shape"] is not None:
        raise Unwritable("noise_shape")
    return Written("{self}({0})", f"nn.AlphaDropout({use['rate']})")


@rule("GaussianNoise")
def gaussian_noise(use: Use) -> Written:
    make = f"GaussianNoise({use['stddev']})"
    return Written("{self}({0})", make, carried=("GaussianNoise",))


@rule("GaussianDropout")
def gaussian_dropout(use: Use) -> Written:
    make = f"GaussianDropout({use['rate']})"
    return Written("{self}({0})", make, carried=("GaussianDropout",))


@rule("Identity", "ActivityRegularization")
def identity(use: Use) -> Written:
    return Written("{0}")
