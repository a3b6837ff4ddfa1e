"""Preparing numbers and images: what is computed the same at every call."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from exporters.code.torch.rule import Layout, Unwritable, Use, Written, called, rule
from layers.categories import Category
from layers.layer import LAYERS

AUGMENTATIONS = tuple(
    name
    for name, kind in LAYERS.items()
    if kind.category is Category.PREPROCESSING
    and (name.startswith("Random") or name in ("AugMix", "RandAugment", "Solarization"))
    and name != "RandomCrop"
)
"""Layers that change images in training, and nothing otherwise."""

TRAINING_ONLY = frozenset({*AUGMENTATIONS, "SpectralNormalization"})
"""Layers of which the code has only what they compute outside training."""

Number: TypeAlias = float | tuple[float, ...]


def _floats(value: Number) -> object:
    return [float(each) for each in value] if isinstance(value, tuple) else float(value)


@rule("Rescaling")
def rescaling(use: Use) -> Written:
    made = _linear(use["scale"], use["offset"])
    if use.inputs[0].dtype.startswith("float"):
        return made
    return replace(made, forward=made.forward.replace("{0}", "{0}.float()"))


def _linear(scale: Number, offset: Number) -> Written:
    """factor * x + summand, each one number or one for each channel."""
    if isinstance(scale, int | float) and isinstance(offset, int | float):
        scaled = "{0}" if scale == 1 else f"{{0}} * {scale!r}"
        return Written(scaled if offset == 0 else f"{scaled} + {offset!r}")
    make = f"Rescaling({_floats(scale)}, {_floats(offset)})"
    return Written("{self}({0})", make, wants=Layout.LAST, carried=("Rescaling",))


@rule("Normalization")
def normalization(use: Use) -> Written:
    mean, variance, invert = use["mean"], use["variance"], use["invert"]
    axes = sorted(axis % use.rank for axis in use["axis"] or ())
    if mean is not None:
        if isinstance(mean, tuple) and axes[-1] != use.rank - 1:
            raise Unwritable("given statistics of another axis than the last")
        means, variances = (
            value if isinstance(value, tuple) else (value,) for value in (mean, variance)
        )
        count = max(len(means), len(variances))
        pairs = [
            (float(means[at % len(means)]), max(float(variances[at % len(variances)]) ** 0.5, 1e-7))
            for at in range(count)
        ]
        scale = tuple(spread if invert else 1 / spread for _, spread in pairs)
        offset = tuple(middle if invert else -middle / spread for middle, spread in pairs)
        return _linear(scale[0], offset[0]) if count == 1 else _linear(scale, offset)
    shape = tuple(
        use.layer.known(use.inputs[0], axis) if axis in axes else 1 for axis in range(1, use.rank)
    )
    return Written(
        "{self}({0})",
        called("Normalization", shape, invert=(invert, False)),
        wants=Layout.LAST,
        state=lambda arrays: {name: arrays[name].reshape(shape) for name in ("mean", "variance")},
        carried=("Normalization",),
    )


def _encoded(
    use: Use, numbers: str, mode: str, depth: int, before: tuple[str, ...] = ()
) -> Written:
    """Whole numbers as vectors, as Keras counts them."""
    if mode == "one_hot":
        if use.rank > 1 and use.inputs[0].shape[-1] == 1:
            numbers += ".squeeze(-1)"
        made = f"F.one_hot({numbers}, {depth})"
    else:
        made = f"F.one_hot({numbers}, {depth}).{'sum' if mode == 'count' else 'amax'}(1)"
    return Written(f"{made}.float()", before=before, wants=Layout.LAST, gives=Layout.LAST)


@rule("CategoryEncoding")
def category_encoding(use: Use) -> Written:
    return _encoded(use, "{0}.long()", use["output_mode"], use["num_tokens"])


@rule("Discretization")
def discretization(use: Use) -> Written:
    bounds = use["bin_boundaries"]
    if bounds is None:
        raise Unwritable("bins that are learned from data")
    if not bounds:
        raise Unwritable("a single bin")
    before = (
        f"{{out}}_edges = {{0}}.new_tensor({[float(edge) for edge in bounds]})",
        "{out}_bins = torch.bucketize({0}, {out}_edges, right=True)",
    )
    if use["output_mode"] == "int":
        return Written("{out}_bins.int()", before=before)
    return _encoded(use, "{out}_bins", use["output_mode"], len(bounds) + 1, before)


@rule("Resizing")
def resizing(use: Use) -> Written:
    if use["crop_to_aspect_ratio"] or use["pad_to_aspect_ratio"] or use["antialias"]:
        raise Unwritable("a size that keeps the aspect ratio, or smoothing")
    modes = {"bilinear": '"bilinear"', "nearest": '"nearest-exact"'}
    if use["interpolation"] not in modes:
        raise Unwritable(f"{use['interpolation']} interpolation")
    size = (use["height"], use["width"])
    return Written(
        f"F.interpolate({{0}}, {size}, mode={modes[use['interpolation']]})", wants=Layout.FIRST
    )


@rule(*AUGMENTATIONS)
def augmentation(use: Use) -> Written:
    return Written("{0}")


@rule("Masking")
def masking(use: Use) -> Written:
    return Written(f"{{0}} * ({{0}} != {use['mask_value']}).any(-1, keepdim=True)")
