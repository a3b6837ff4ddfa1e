"""Transposed convolutions."""

from __future__ import annotations

from typing import Any

from exporters.caffe.layer import flat
from exporters.caffe.multipliers import is_frozen
from exporters.caffe.operation import BLOBS, Blobs, End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import (
    blobs,
    given_blobs,
    learned,
    put_filler,
    sizes,
    start,
    with_bias,
)  # fmt: skip
from exporters.caffe.text import Fields, Quoted
from exporters.weights import Array
from layers.layer import Layer


@reads("Deconvolution")
def deconvolution(step: Step) -> list[End]:
    view = step.view.sub("convolution_param")
    step.one()
    view.skip("engine", "force_nd_im2col")
    dilation, groups = sizes(view, "dilation", 1, 2), view.get("group")
    kernel, strides = sizes(view, "kernel_size", 0, 2, "kernel"), sizes(view, "stride", 1, 2)
    pads = sizes(view, "pad", 0, 2)
    if view.get("axis") != 1 or not all((*kernel, *strides, *dilation, groups)):
        raise Opaque
    params: dict[str, Any] = {
        "filters": view.get("num_output"),
        "kernel_size": kernel,
        "strides": strides,
        "use_bias": view.get("bias_term"),
        "trainable": not is_frozen(step.view),
    }
    is_bilinear = view.sub("weight_filler").get("type") == "bilinear"
    if not is_bilinear:
        params["kernel_initializer"] = start(step, view, "weight_filler")
    if params["use_bias"]:
        params["bias_initializer"] = start(step, view, "bias_filler")
    view.used.add("bias_filler")
    if is_bilinear or groups != 1 or dilation != [1, 1]:
        own = {"pad": pads, "dilation_rate": dilation, "groups": groups, "bilinear": is_bilinear}
        return step.own("CaffeConv2DTranspose", params | own)
    made = step.own("Conv2DTranspose", params)
    # Keras gives whole strides even where the window is shorter.
    cut = [(pad, pad + max(s - k, 0)) for pad, s, k in zip(pads, strides, kernel, strict=True)]
    if any(side for pair in cut for side in pair):
        made = step.add("Cropping2D", {"cropping": [side for pair in cut for side in pair]}, *made)
    return made


@writes("CaffeConv2DTranspose")
def write_groups(out: Out) -> None:
    values = out.layer.values
    more: Fields = {"group": [values["groups"]]}
    for name, field, default in (("pad", "pad", 0), ("dilation_rate", "dilation", 1)):
        if any(value != default for value in values[name]):
            more[field] = list(values[name])
    _emit(out, more)


@writes("Conv2DTranspose")
def write_deconvolution(out: Out) -> None:
    layer = out.layer
    kernel, strides = layer.values["kernel_size"], layer.values["strides"]
    if layer.values["padding"] != "valid" or layer.values["output_padding"] is not None:
        out.refuse("its padding is not 'valid'")
    if any(rate != 1 for rate in layer.values["dilation_rate"]):
        out.refuse("it is dilated")
    if any(size < step for size, step in zip(kernel, strides, strict=True)):
        out.refuse("its window is shorter than its strides")
    _emit(out, {})


def _emit(out: Out, more: Fields) -> None:
    layer, plain = out.layer, out.layer.to_json()
    settings: Fields = {
        "num_output": [layer.values["filters"]],
        "bias_term": [layer.values["use_bias"]],
        "kernel_size": list(layer.values["kernel_size"]),
        "stride": list(layer.values["strides"]),
        **more,
    }
    if layer.values.get("bilinear"):
        settings["weight_filler"] = [{"type": [Quoted("bilinear")]}]
    else:
        put_filler(out, settings, "weight_filler", plain["kernel_initializer"])
    if layer.values["use_bias"]:
        put_filler(out, settings, "bias_filler", plain["bias_initializer"])
    spec = out.emit(
        "Deconvolution",
        {**learned(out, 1 + layer.values["use_bias"]), "convolution_param": [settings]},
    )
    spec.blobs = blobs(out)


def _read_transposed(
    layer: Layer, inputs: Any, before: Any, given: list[Array]
) -> dict[str, Array]:
    values = layer.values
    share = values["filters"] // values.get("groups", 1)
    kernel = flat(given[0], -1, share, *values["kernel_size"])
    return with_bias({"kernel": kernel.transpose(2, 3, 1, 0)}, layer, given)


def _write_transposed(
    layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]
) -> list[Array]:
    return given_blobs(arrays["kernel"].transpose(3, 2, 0, 1), arrays.get("bias"))


for _kind in ("Conv2DTranspose", "CaffeConv2DTranspose"):
    BLOBS[_kind] = Blobs(_read_transposed, _write_transposed)
