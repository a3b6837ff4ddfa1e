"""Layers of forks that are Caffe's own in another form: brought into that form.

PSPNet's BN holds factor, shift, mean and variance (in this order), where Caffe has a BatchNorm and
a Scale. SegNet's BN, of the same name, has other settings, and its reader is with the operations.
Source: https://github.com/hszhao/PSPNet (bn_layer.cpp)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exporters.caffe.layer import Spec
from exporters.caffe.text import Fields

PSPNET = {"slope_filler", "bias_filler", "frozen", "momentum", "eps", "engine"}
TELLING = {"slope_filler", "bias_filler", "frozen", "momentum"}
"""Settings of PSPNet's BN, and those that SegNet's does not have."""
TRUE = ("true", "True", "1")


def plain(spec: Spec) -> Spec:
    """A layer of a fork as Caffe has it; others as they are."""
    if spec.type != "BN":
        return spec
    given = spec.blobs
    if len(given) == 4:
        slope, shift, mean, variance = given
        given = [mean, variance, np.ones(1, "float32"), slope, shift]
    [settings] = spec.fields.get("bn_param", [{}])[-1:]
    if not isinstance(settings, dict) or settings.keys() - PSPNET or not settings.keys() & TELLING:
        return replace(spec, blobs=given)
    norm: Fields = {"moving_average_fraction": settings.get("momentum", [0.9])}
    if settings.get("frozen", ["false"])[-1] in TRUE:
        norm["use_global_stats"] = ["true"]
    if "eps" in settings:
        norm["eps"] = settings["eps"]
    factor: Fields = {"bias_term": ["true"]}
    for name, ours in (("slope_filler", "filler"), ("bias_filler", "bias_filler")):
        if name in settings:
            factor[ours] = settings[name]
    rest = {key: value for key, value in spec.fields.items() if key not in ("bn_param", "param")}
    params = {"param": spec.fields["param"][:2]} if "param" in spec.fields else {}
    scale = Spec(spec.name, "Scale", spec.tops, spec.tops, {**params, "scale_param": [factor]})
    scale.blobs, scale.phase = given[3:], spec.phase
    fields = {**rest, "batch_norm_param": [norm]}
    return replace(spec, type="BatchNorm", fields=fields, blobs=given[:3], scale=scale)
