"""Convolutions, their transposed kin, and inner products."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.caffe.layer import first, flat, is_same_order, last
from exporters.caffe.multipliers import is_frozen, stated
from exporters.caffe.operation import BLOBS, UNKNOWN, Blobs, End, Opaque, Out, Step, reads, writes
from exporters.caffe.parameters import FILLER, INITIALIZER, filler, initializer
from exporters.caffe.schema import View
from exporters.caffe.text import Fields
from exporters.weights import Array
from layers.layer import Layer
from layers.tensor import Shape, Tensor

AXES = ("h", "w")


def sizes(view: View, name: str, default: int, count: int, short: str = "") -> list[int]:
    """A size for each axis: given once, for each, or as `_h` and `_w`. Raises Opaque."""
    short = short or name
    if count == 2 and any(view.has(f"{short}_{axis}") for axis in AXES):
        return [
            view.get(f"{short}_{axis}") if view.has(f"{short}_{axis}") else default for axis in AXES
        ]
    values = view.all(name)
    if not values:
        return [default] * count
    if len(values) not in (1, count):
        raise Opaque
    return values * count if len(values) == 1 else values


def start(step: Step, view: View, field: str, default: str = "Zeros") -> dict[str, Any]:
    """The initializer a filler stands for; told where there is none."""
    given = view.sub(field)
    found = initializer(given, {"type": default})
    if found is None:
        step.building.tell(FILLER, name=step.spec.name[:60], filler=given.get("type")[:40])
        return {"type": "GlorotUniform"}
    return found


def put_filler(out: Out, settings: Fields, field: str, value: Any) -> None:
    """Write an initializer as a filler; told where there is none like it."""
    made = filler(value)
    if made is None:
        out.notes.append((INITIALIZER, {"name": out.node.name, "initializer": value.get("type")}))
        made = filler({"type": "GlorotUniform"}) or {}
    settings[field] = [made]


def learned(out: Out, count: int) -> Fields:
    """What keeps frozen numbers as they are, and pulls others towards 0."""
    return stated(type(out.layer), out.layer.to_json(), count)


@reads("Convolution", "ConvolutionDepthwise", "DepthwiseConvolution", "Padding")
def convolution(step: Step) -> list[End]:
    end = step.one()
    view = step.view.sub("convolution_param")
    tensor = step.tensor()
    count = 2 if tensor is None else tensor.rank - 2
    if count not in (1, 2, 3) or view.get("axis") != 1:
        raise Opaque
    view.get("engine"), view.get("force_nd_im2col")
    pads = sizes(view, "pad", 0, count)
    if step.spec.type == "Padding":
        return step.own("ZeroPadding2D", {"padding": [p for pad in pads for p in (pad, pad)]})
    kernel = sizes(view, "kernel_size", 0, count, "kernel")
    strides, dilation = sizes(view, "stride", 1, count), sizes(view, "dilation", 1, count)
    if not all((*kernel, *strides, *dilation)):
        raise Opaque
    channels = None if tensor is None else tensor.shape[-1]
    filters, groups = view.get("num_output"), view.get("group")
    if step.spec.type.count("epthwise") and groups == 1:
        if channels is None:
            raise Opaque
        groups = channels
    params: dict[str, Any] = {
        "kernel_size": kernel,
        "strides": strides,
        "dilation_rate": dilation,
        "use_bias": view.get("bias_term"),
        "trainable": not is_frozen(step.view),
    }
    weights = start(step, view, "weight_filler")
    if params["use_bias"]:
        params["bias_initializer"] = start(step, view, "bias_filler")
    view.used.add("bias_filler")
    is_depthwise = (
        count == 2 and 1 < groups == channels and filters == groups and strides[0] == strides[1]
    )
    if is_depthwise:
        kind = "DepthwiseConv2D"
        params |= {"depth_multiplier": 1, "depthwise_initializer": weights}
    else:
        kind = f"Conv{count}D"
        params |= {"filters": filters, "groups": groups, "kernel_initializer": weights}
    reach = [rate * (size - 1) for rate, size in zip(dilation, kernel, strict=True)]
    if any(pads) and all(step == 1 for step in strides) and [2 * pad for pad in pads] == reach:
        params["padding"] = "same"
    elif any(pads):
        [end] = step.add(
            f"ZeroPadding{count}D", {"padding": [p for pad in pads for p in (pad, pad)]}
        )
    return step.own(kind, params, end)


@writes("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D")
def write_convolution(out: Out) -> None:
    layer, (tensor,) = out.layer, out.inputs
    plain = layer.to_json()
    is_depthwise = out.node.type == "DepthwiseConv2D" or type(layer).__name__ == "DepthwiseConv2D"
    channels = tensor.shape[-1]
    if channels is None and is_depthwise:
        out.refuse("its number of channels is unknown")
    pads = padding(out, layer, tensor)
    settings: Fields = {
        "num_output": [
            (channels or 1) * layer.values["depth_multiplier"]
            if is_depthwise
            else layer.values["filters"]
        ],
        "bias_term": [layer.values["use_bias"]],
    }
    if any(pads):
        settings["pad"] = list(pads)
    settings["kernel_size"] = list(layer.values["kernel_size"])
    groups = (channels or 1) if is_depthwise else layer.values["groups"]
    if groups > 1:
        settings["group"] = [groups]
    for name, field in (("strides", "stride"), ("dilation_rate", "dilation")):
        if any(value != 1 for value in layer.values[name]):
            settings[field] = list(layer.values[name])
    put_filler(
        out,
        settings,
        "weight_filler",
        plain["depthwise_initializer" if is_depthwise else "kernel_initializer"],
    )
    if layer.values["use_bias"]:
        put_filler(out, settings, "bias_filler", plain["bias_initializer"])
    spec = out.emit(
        "Convolution",
        {**learned(out, 1 + layer.values["use_bias"]), "convolution_param": [settings]},
    )
    spec.blobs = blobs(out)


def padding(out: Out, layer: Layer, tensor: Tensor) -> list[int]:
    """The border on both sides of each axis. Refuses one that is wider at the end."""
    if layer.values["padding"] == "valid":
        return [0] * (tensor.rank - 2)
    if layer.values["padding"] != "same":
        out.refuse(f"padding={layer.values['padding']}")
    pads = []
    window = layer.values.get("kernel_size") or layer.values["pool_size"]
    strides = layer.values["strides"] or window
    rates = layer.values.get("dilation_rate") or (1,) * len(window)
    for size, length, step, rate in zip(tensor.shape[1:-1], window, strides, rates, strict=True):
        if step == 1:
            total = rate * (length - 1)
        elif size is None:
            out.refuse("the size of its input is unknown")
        else:
            total = max((-(-size // step) - 1) * step + rate * (length - 1) + 1 - size, 0)
        if total % 2:
            out.refuse("its border is one wider at the end than at the start")
        pads.append(total // 2)
    return pads


def blobs(out: Out) -> list[Array]:
    """The node's weights as blobs, where they are given."""
    kind = BLOBS.get(type(out.layer).__name__)
    if kind is None or not out.weights:
        return []
    return kind.write(out.layer, out.inputs, out.flattened, out.weights)


def _with_bias(made: dict[str, Array], layer: Layer, given: list[Array]) -> dict[str, Array]:
    if layer.values.get("use_bias") and len(given) > 1:
        made["bias"] = given[1].reshape(-1)
    return made


def _given(*arrays: Array | None) -> list[Array]:
    return [array for array in arrays if array is not None]


def _read_kernel(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    kernel, values = given[0], layer.values
    shape = (values["filters"], -1, *values["kernel_size"])
    return _with_bias({"kernel": np.moveaxis(flat(kernel, *shape), (1, 0), (-2, -1))}, layer, given)


def _write_kernel(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
    return _given(np.moveaxis(arrays["kernel"], (-2, -1), (1, 0)), arrays.get("bias"))


def _read_depthwise(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    height, width = layer.values["kernel_size"]
    kernel = flat(given[0], -1, layer.values["depth_multiplier"], height, width)
    name = "kernel" if "kernel" in layer.weights(*inputs) else "depthwise_kernel"
    return _with_bias({name: kernel.transpose(2, 3, 0, 1)}, layer, given)


def _write_depthwise(
    layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]
) -> list[Array]:
    kernel = arrays["kernel"] if "kernel" in arrays else arrays["depthwise_kernel"]
    height, width, channels, multiplier = kernel.shape
    turned = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _given(turned, arrays.get("bias"))


for _kind in ("Conv1D", "Conv2D", "Conv3D"):
    BLOBS[_kind] = Blobs(_read_kernel, _write_kernel)
BLOBS["DepthwiseConv2D"] = Blobs(_read_depthwise, _write_depthwise)


@reads("Deconvolution")
def deconvolution(step: Step) -> list[End]:
    view = step.view.sub("convolution_param")
    step.one()
    if view.get("group") != 1 or any(rate != 1 for rate in view.all("dilation")):
        raise Opaque
    view.get("engine")
    kernel, strides = sizes(view, "kernel_size", 0, 2, "kernel"), sizes(view, "stride", 1, 2)
    pads = sizes(view, "pad", 0, 2)
    if view.get("axis") != 1 or not all(kernel) or not all(strides):
        raise Opaque
    params: dict[str, Any] = {
        "filters": view.get("num_output"),
        "kernel_size": kernel,
        "strides": strides,
        "use_bias": view.get("bias_term"),
        "kernel_initializer": start(step, view, "weight_filler"),
        "trainable": not is_frozen(step.view),
    }
    if params["use_bias"]:
        params["bias_initializer"] = start(step, view, "bias_filler")
    view.used.add("bias_filler")
    made = step.own("Conv2DTranspose", params)
    # Keras gives whole strides even where the window is shorter.
    cut = [(pad, pad + max(s - k, 0)) for pad, s, k in zip(pads, strides, kernel, strict=True)]
    if any(side for pair in cut for side in pair):
        made = step.add("Cropping2D", {"cropping": [side for pair in cut for side in pair]}, *made)
    return made


@writes("Conv2DTranspose")
def write_deconvolution(out: Out) -> None:
    layer, plain = out.layer, out.layer.to_json()
    kernel, strides = layer.values["kernel_size"], layer.values["strides"]
    if layer.values["padding"] != "valid" or layer.values["output_padding"] is not None:
        out.refuse("its padding is not 'valid'")
    if any(rate != 1 for rate in layer.values["dilation_rate"]):
        out.refuse("it is dilated")
    if any(size < step for size, step in zip(kernel, strides, strict=True)):
        out.refuse("its window is shorter than its strides")
    settings: Fields = {
        "num_output": [layer.values["filters"]],
        "bias_term": [layer.values["use_bias"]],
        "kernel_size": list(kernel),
        "stride": list(strides),
    }
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
    kernel = flat(given[0], -1, values["filters"], *values["kernel_size"])
    return _with_bias({"kernel": kernel.transpose(2, 3, 1, 0)}, layer, given)


def _write_transposed(
    layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]
) -> list[Array]:
    return _given(arrays["kernel"].transpose(3, 2, 0, 1), arrays.get("bias"))


BLOBS["Conv2DTranspose"] = Blobs(_read_transposed, _write_transposed)


@reads("InnerProduct")
def inner_product(step: Step) -> list[End]:
    end = step.one()
    view = step.view.sub("inner_product_param")
    tensor = step.tensor()
    axis = view.get("axis")
    rank = 0 if tensor is None else tensor.rank
    is_last = axis != 1 and rank > 2 and axis % rank == rank - 1
    if axis != 1 and not is_last and axis % (rank or 2) != 1:
        raise Opaque
    params: dict[str, Any] = {
        "units": view.get("num_output"),
        "use_bias": view.get("bias_term"),
        "kernel_initializer": start(step, view, "weight_filler"),
        "trainable": not is_frozen(step.view),
    }
    if params["use_bias"]:
        params["bias_initializer"] = start(step, view, "bias_filler")
    view.used.add("bias_filler")
    if is_last:
        # The last axis there is no longer the last one here.
        [end] = step.add("Permute", {"dims": first(rank)}, end)
        made = step.own("Dense", params, end)
        return step.add("Permute", {"dims": last(rank)}, *made)
    if tensor is None or tensor.rank != 2:
        [end] = step.add("Flatten", {}, end)
    return step.own("Dense", params, end)


@writes("Dense")
def write_inner_product(out: Out) -> None:
    layer, plain = out.layer, out.layer.to_json()
    rank = out.inputs[0].rank
    if rank != 2 and out.inputs[0] is not UNKNOWN and not out.is_raw:
        out.refuse("its input has more axes than batch and features")
    settings: Fields = {
        "num_output": [layer.values["units"]],
        "bias_term": [layer.values["use_bias"]],
    }
    put_filler(out, settings, "weight_filler", plain["kernel_initializer"])
    if layer.values["use_bias"]:
        put_filler(out, settings, "bias_filler", plain["bias_initializer"])
    if out.is_raw and rank > 2:
        if layer.values["activation"] == "softmax":
            out.refuse("its softmax runs along another axis than that of the channels")
        settings["axis"] = [rank - 1]
    spec = out.emit(
        "InnerProduct",
        {**learned(out, 1 + layer.values["use_bias"]), "inner_product_param": [settings]},
    )
    spec.blobs = blobs(out)


def _read_dense(
    layer: Layer, inputs: Any, before: Shape | None, given: list[Array]
) -> dict[str, Array]:
    kernel = flat(given[0], layer.values["units"], -1).T
    if before is not None and not is_same_order(before):
        *spatial, channels = (size or 0 for size in before[1:])
        apart = kernel.reshape(channels, *spatial, -1)
        kernel = np.moveaxis(apart, 0, -2).reshape(kernel.shape)
    return _with_bias({"kernel": kernel}, layer, given)


def _write_dense(
    layer: Layer, inputs: Any, before: Shape | None, arrays: dict[str, Array]
) -> list[Array]:
    kernel = arrays["kernel"]
    if before is not None and not is_same_order(before):
        apart = kernel.reshape(*(size or 0 for size in before[1:]), -1)
        kernel = np.moveaxis(apart, -2, 0).reshape(kernel.shape)
    return _given(kernel.T, arrays.get("bias"))


BLOBS["Dense"] = Blobs(_read_dense, _write_dense)
