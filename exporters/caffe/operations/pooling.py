"""Pooling: sizes rounded up, windows that hang over, whole images."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from exporters.caffe.operation import End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import AXES, Border, put_kept
from exporters.caffe.schema import View
from exporters.caffe.text import Fields
from layers.catalog.caffe_pooling import windows
from layers.diagnostics import Invalid

KINDS = {"MAX": "Max", "AVE": "Average"}


def _pair(view: View, name: str, short: str, default: int) -> list[int]:
    view.used.update({name, *(f"{short}_{axis}" for axis in AXES)})
    if any(view.has(f"{short}_{axis}") for axis in AXES):
        return [view.get(f"{short}_{axis}") or default for axis in AXES]
    return [view.get(name) or default] * 2


@reads("Pooling")
def pooling(step: Step) -> list[End]:
    step.one()
    if len(step.spec.tops) > 1:
        raise Opaque
    view = step.view.sub("pooling_param")
    pool, tensor = view.get("pool"), step.tensor()
    view.skip("engine")
    if tensor is not None and tensor.rank != 4:
        raise Opaque
    if view.get("global_pooling"):
        if pool not in KINDS:
            raise Opaque
        view.used.update(view.fields)
        return step.own(f"Global{KINDS[pool]}Pooling2D", {"keepdims": True})
    kernel, strides = _pair(view, "kernel_size", "kernel", 0), _pair(view, "stride", "stride", 1)
    pads = _pair(view, "pad", "pad", 0)
    if not all(kernel):
        raise Opaque
    mode = view.get("round_mode")
    # A name of forks for the same.
    if view.fields.get("ceil_mode", [True])[-1] in (False, "false", "0"):
        mode = "FLOOR"
    view.used.add("ceil_mode")
    if pool in KINDS and not any(pads) and (mode == "FLOOR" or _is_even(tensor, kernel, strides)):
        params: dict[str, Any] = {"pool_size": kernel, "strides": strides}
        return step.own(f"{KINDS[pool]}Pooling2D", params)
    return step.own(
        "CaffePooling2D",
        {"kernel_size": kernel, "strides": strides, "pad": pads, "pool": pool, "round_mode": mode},
    )


def _is_even(tensor: Any, kernel: list[int], strides: list[int]) -> bool:
    """Whether windows end where the image does, so that rounding changes nothing."""
    if tensor is None:
        return False
    sizes = tensor.shape[1:3]
    return all(
        size is not None and size >= length and not (size - length) % step
        for size, length, step in zip(sizes, kernel, strides, strict=True)
    )


@writes("MaxPooling2D", "AveragePooling2D")
def write_pooling(out: Out) -> None:
    values, (tensor,) = out.layer.values, out.inputs
    kind = "MAX" if type(out.layer).__name__.startswith("Max") else "AVE"
    kernel, strides = values["pool_size"], values["strides"] or values["pool_size"]
    if values["padding"] == "valid":
        if all(k == 1 for k in strides) or _is_even(tensor, list(kernel), list(strides)):
            _emit(out, kind, kernel, strides, (0, 0))
        else:
            _emit_trimmed(out, kind, kernel, strides)
        return
    borders = [
        _border(out, size, length, step)
        for size, length, step in zip(tensor.shape[1:3], kernel, strides, strict=True)
    ]
    pads = tuple(border.pad for border in borders)
    # What hangs over at the end alone is not counted there either.
    if kind == "AVE" and any(pads):
        out.refuse("Caffe counts the border when it averages, and padding='same' does not")
    if all(border.kept is None for border in borders):
        _emit(out, kind, kernel, strides, pads)
        return
    tops, wide = out.tops, f"{out.node.name}_wide"
    out.tops = [wide]
    _emit(out, kind, kernel, strides, pads)
    out.tops = tops
    put_kept(out, wide, borders)


def _border(out: Out, size: int | None, length: int, step: int) -> Border:
    """The border of an axis for padding="same"."""
    if size is None:
        out.refuse("the size of its input is unknown")
    wanted = -(-size // step)
    pad = max((wanted - 1) * step + length - size, 0) // 2
    with suppress(Invalid):
        if windows(size, length, step, pad) == wanted:
            return Border(pad)
    pad += step
    if pad >= length:
        out.refuse("its border is wider than its window")
    return Border(pad, wanted, windows(size, length, step, pad))


def _emit(out: Out, kind: str, kernel: Any, strides: Any, pads: Any, **more: Any) -> None:
    settings: Fields = {"pool": [kind]}
    for name, short, values, default in (
        ("kernel_size", "kernel", kernel, None),
        ("stride", "stride", strides, 1),
        ("pad", "pad", pads, 0),
    ):
        if values[0] != values[1]:
            settings[f"{short}_h"], settings[f"{short}_w"] = [values[0]], [values[1]]
        elif values[0] != default:
            settings[name] = [values[0]]
    out.emit("Pooling", {"pooling_param": [settings | {k: [v] for k, v in more.items()}]})


def _emit_trimmed(out: Out, kind: str, kernel: Any, strides: Any) -> None:
    """Cut off the rows and columns that no window reaches: Caffe would open one more for them."""
    (tensor,) = out.inputs
    for place, axis in enumerate((1, 2)):
        size = tensor.shape[axis]
        if size is None:
            out.refuse("the size of its input is unknown")
        rest = (size - kernel[place]) % strides[place]
        if rest:
            kept, cut = (f"{out.node.name}_{part}_{AXES[place]}" for part in ("kept", "cut"))
            settings: Fields = {"axis": [axis + 1], "slice_point": [size - rest]}
            out.emit("Slice", {"slice_param": [settings]}, name=kept, tops=[kept, cut])
            out.emit("Silence", name=cut, bottoms=[cut], tops=[])
            out.bottoms = [kept]
    _emit(out, kind, kernel, strides, (0, 0))


@writes("CaffePooling2D")
def write_caffe_pooling(out: Out) -> None:
    values, (tensor,) = out.layer.values, out.inputs
    parts = (values["pool"], values["kernel_size"], values["strides"], values["pad"])
    is_even = not any(values["pad"]) and _is_even(tensor, list(parts[1]), list(parts[2]))
    more = {} if values["round_mode"] == "CEIL" or is_even else {"round_mode": "FLOOR"}
    _emit(out, *parts, **more)


@writes("GlobalMaxPooling2D", "GlobalAveragePooling2D")
def write_global(out: Out) -> None:
    kind = "MAX" if "Max" in type(out.layer).__name__ else "AVE"
    settings: Fields = {"pool": [kind], "global_pooling": [True]}
    if out.layer.values["keepdims"]:
        out.emit("Pooling", {"pooling_param": [settings]})
        return
    whole = f"{out.node.name}_whole"
    out.emit("Pooling", {"pooling_param": [settings]}, name=whole, tops=[whole])
    out.emit("Flatten", bottoms=[whole])


@reads("SPP")
def pyramid(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("spp_param")
    view.skip("engine")
    if view.get("pool") not in KINDS:
        raise Opaque
    return step.own("SPP", {"pyramid_height": view.get("pyramid_height"), "pool": view.get("pool")})


@writes("SPP")
def write_pyramid(out: Out) -> None:
    values = out.layer.values
    settings: Fields = {"pyramid_height": [values["pyramid_height"]], "pool": [values["pool"]]}
    out.emit("SPP", {"spp_param": [settings]})
