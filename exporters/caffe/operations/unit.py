"""SSD's Normalize: channels scaled to length 1 at every place, and a learned factor for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.caffe.multipliers import is_frozen
from exporters.caffe.operation import End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import blobs, learned, put_filler, start
from exporters.caffe.text import Fields
from layers.diagnostics import Problem

EPSILON = 1e-10
"""What Caffe adds to the sum of squares by default."""
FACTOR = {"type": "Constant", "value": 1.0}
NEAR_ZERO = Problem(
    "caffe.near_zero",
    "{name}: Caffe adds {epsilon} to the sum of squares of the channels, and Keras bounds the sum"
    " by 1e-12; where channels are nearly 0 (a sum below 0.001), the results differ.",
    "Nothing is to be done where images or what a ReLU gives are normalized: 0 stays 0 in both.",
    severity="hint",
)
SHARED_FACTOR = Problem(
    "caffe.shared_factor",
    "{name} has one factor for all channels; here each channel has its own, which start alike.",
    "Freeze the layer where they must stay alike in training.",
    severity="hint",
)


@reads("Normalize")
def unit(step: Step) -> list[End]:
    end, view = step.one(), step.view.sub("norm_param")
    shape, is_shared = step.shape(), view.get("channel_shared")
    if view.get("across_spatial") and any(size != 1 for size in shape[1:-1]):
        raise Opaque("it measures all places together")
    if not 0 <= view.get("eps") <= EPSILON:
        raise Opaque("what it adds to the sum of squares is too large to leave it out")
    channels = shape[-1]
    if channels is None:
        raise Opaque("its number of channels is unknown")
    frozen = is_frozen(step.view)
    given = start(step, view, "scale_filler", "Ones")
    step.building.tell(NEAR_ZERO, name=step.spec.name[:60], epsilon=view.get("eps"))
    factors = step.spec.blobs[0].reshape(-1) if step.spec.blobs else None
    if is_shared:
        is_one = given in ({"type": "Ones"}, FACTOR) and (factors is None or (factors == 1).all())
        if frozen and is_one:
            step.spec.blobs.clear()
            return step.own("UnitNormalization", {}, end)
        if not frozen:
            step.building.tell(SHARED_FACTOR, name=step.spec.name[:60])
        if factors is not None and factors.size == 1:
            step.spec.blobs[0] = np.repeat(factors, channels)
    made = step.add("UnitNormalization", {}, end)
    return step.own("Scale", {"gamma_initializer": given, "trainable": not frozen}, *made)


def is_unit_of(unit: Any, scale: Any) -> bool:
    """Whether a UnitNormalization's and a Scale's settings are together a Normalize."""
    return (
        unit.get("axis", -1) == -1
        and scale.get("axis", -1) == -1
        and scale.get("num_axes", 1) == 1
        and not scale.get("bias_term", False)
    )


def put_unit(out: Out) -> None:
    """Write a Scale and the UnitNormalization before it."""
    settings: Fields = {"across_spatial": [False]}
    put_filler(out, settings, "scale_filler", out.layer.to_json()["gamma_initializer"])
    settings["channel_shared"] = [False]
    out.notes.append((NEAR_ZERO, {"name": out.node.name, "epsilon": EPSILON}))
    out.emit("Normalize", {**learned(out, 1), "norm_param": [settings]}).blobs = blobs(out)


@writes("UnitNormalization")
def write_unit(out: Out) -> None:
    rank = out.inputs[0].rank
    if out.layer.values["axis"] % rank != rank - 1:
        out.refuse("it scales along other axes than the channels")
    settings: Fields = {
        "across_spatial": [False],
        "scale_filler": [{"value": [1]}],
        "channel_shared": [True],
    }
    out.notes.append((NEAR_ZERO, {"name": out.node.name, "epsilon": EPSILON}))
    fields: Fields = {"param": [{"lr_mult": [0], "decay_mult": [0]}], "norm_param": [settings]}
    out.emit("Normalize", fields)
