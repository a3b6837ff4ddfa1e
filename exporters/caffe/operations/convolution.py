"""Convolutions, their transposed kin, and inner products."""

from __future__ import annotations

from dataclasses import dataclass
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
    view.skip("engine", "force_nd_im2col")
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
    borders = padding(out, layer, tensor)
    pads = [border.pad for border in borders]
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
    is_wide = any(border.kept is not None for border in borders)
    tops = [f"{out.node.name}_wide"] if is_wide else out.tops
    fields: Fields = {
        **learned(out, 1 + layer.values["use_bias"]),
        "convolution_param": [settings],
    }
    out.emit("Convolution", fields, tops=tops).blobs = blobs(out)
    if is_wide:
        put_kept(out, tops[0], borders)


@dataclass(frozen=True)
class Border:
    """How wide the border of an axis is on both sides, and how many results count, after the first
    one; None where all do.
    """

    pad: int
    kept: int | None = None
    made: int = 0


def put_kept(out: Out, top: str, borders: list[Border]) -> None:
    """Cut off the results that only a border that is wider than wanted has given."""
    wide = [place for place, border in enumerate(borders) if border.kept is not None]
    for place in wide:
        kept, made = borders[place].kept or 0, borders[place].made
        parts = [f"{out.node.name}_{part}_{place}" for part in ("before", "kept", "behind")]
        if place == wide[-1]:
            parts[1] = out.tops[0]
        tops, points = (parts, [1, 1 + kept]) if made > 1 + kept else (parts[:2], [1])
        settings: Fields = {"axis": [place + 2], "slice_point": points}
        name = f"{out.node.name}_cut_{place}"
        out.emit("Slice", {"slice_param": [settings]}, name=name, bottoms=[top], tops=tops)
        for dropped in (tops[0], *tops[2:]):
            out.emit("Silence", name=dropped, bottoms=[dropped], tops=[])
        top = parts[1]


def padding(out: Out, layer: Layer, tensor: Tensor) -> list[Border]:
    """The border of each axis. Where it is to be one wider at the end, a whole stride more on both
    sides gives the same windows, and one before them.
    """
    if layer.values["padding"] == "valid":
        return [Border(0)] * (tensor.rank - 2)
    if layer.values["padding"] != "same":
        out.refuse(f"padding={layer.values['padding']}")
    borders = []
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
        pad = total // 2
        if total % 2 == 0:
            borders.append(Border(pad))
            continue
        if size is None:
            out.refuse("its border is wider at the end, and the size of its input is unknown")
        pad += step
        made = (size + 2 * pad - rate * (length - 1) - 1) // step + 1
        borders.append(Border(pad, -(-size // step), made))
    return borders


def blobs(out: Out) -> list[Array]:
    """The node's weights as blobs, where they are given."""
    kind = BLOBS.get(type(out.layer).__name__)
    if kind is None or not out.weights:
        return []
    return kind.write(out.layer, out.inputs, out.flattened, out.weights)


def with_bias(made: dict[str, Array], layer: Layer, given: list[Array]) -> dict[str, Array]:
    """Weights with the bias in the second blob, where the layer has one."""
    if layer.values.get("use_bias") and len(given) > 1:
        made["bias"] = given[1].reshape(-1)
    return made


def given_blobs(*arrays: Array | None) -> list[Array]:
    """The blobs that there are."""
    return [array for array in arrays if array is not None]


def _read_kernel(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    kernel, values = given[0], layer.values
    shape = (values["filters"], -1, *values["kernel_size"])
    return with_bias({"kernel": np.moveaxis(flat(kernel, *shape), (1, 0), (-2, -1))}, layer, given)


def _write_kernel(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
    return given_blobs(np.moveaxis(arrays["kernel"], (-2, -1), (1, 0)), arrays.get("bias"))


def _read_depthwise(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    height, width = layer.values["kernel_size"]
    kernel = flat(given[0], -1, layer.values["depth_multiplier"], height, width)
    name = "kernel" if "kernel" in layer.weights(*inputs) else "depthwise_kernel"
    return with_bias({name: kernel.transpose(2, 3, 0, 1)}, layer, given)


def _write_depthwise(
    layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]
) -> list[Array]:
    kernel = arrays["kernel"] if "kernel" in arrays else arrays["depthwise_kernel"]
    height, width, channels, multiplier = kernel.shape
    turned = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return given_blobs(turned, arrays.get("bias"))


for _kind in ("Conv1D", "Conv2D", "Conv3D"):
    BLOBS[_kind] = Blobs(_read_kernel, _write_kernel)
BLOBS["DepthwiseConv2D"] = Blobs(_read_depthwise, _write_depthwise)


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
    return with_bias({"kernel": kernel}, layer, given)


def _write_dense(
    layer: Layer, inputs: Any, before: Shape | None, arrays: dict[str, Array]
) -> list[Array]:
    kernel = arrays["kernel"]
    if before is not None and not is_same_order(before):
        apart = kernel.reshape(*(size or 0 for size in before[1:]), -1)
        kernel = np.moveaxis(apart, -2, 0).reshape(kernel.shape)
    return given_blobs(kernel.T, arrays.get("bias"))


BLOBS["Dense"] = Blobs(_read_dense, _write_dense)
