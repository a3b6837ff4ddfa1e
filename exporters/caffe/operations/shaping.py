"""Layers that cut, join, turn and repeat: their axes and orders are Caffe's there, ours here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from exporters.caffe.layer import (
    dims_to_ours,
    first,
    is_same_order,
    last,
    shape_to_caffe,
    to_caffe,
    to_ours,
)  # fmt: skip
from exporters.caffe.operation import End, Opaque, Out, Step, reads, writes
from exporters.caffe.text import Fields
from layers.tensor import Shape


def axis_of(step: Step, axis: int) -> int:
    """An axis of the input as ours, but for the batch. Raises Opaque."""
    try:
        ours = to_ours(axis, len(step.shape()))
    except ValueError:
        raise Opaque from None
    if ours == 0:
        raise Opaque
    return ours


def _first(step: Step, end: End, shape: Shape) -> End:
    """The tensor in Caffe's order of values."""
    if is_same_order(shape):
        return end
    return step.add("Permute", {"dims": first(len(shape))}, end)[0]


@reads("Flatten")
def flatten(step: Step) -> list[End]:
    view, shape = step.view.sub("flatten_param"), step.shape()
    axis, last_axis = view.get("axis"), view.get("end_axis")
    if axis != 1 or last_axis % len(shape) != len(shape) - 1:
        raise Opaque
    return step.own("Flatten", {}, _first(step, step.one(), shape))


@writes("Flatten")
def write_flatten(out: Out) -> None:
    # Where order matters, the dense layers behind it have theirs changed: see writing.
    out.emit("Flatten")


@reads("Reshape")
def reshape(step: Step) -> list[End]:
    view = step.view.sub("reshape_param")
    dims = view.sub("shape").all("dim")
    shape = shape_to_caffe(step.shape())
    start, count = view.get("axis"), view.get("num_axes")
    start += (len(shape) + 1) * (start < 0)
    end = len(shape) if count == -1 else start + count
    if not 0 <= start <= end <= len(shape):
        raise Opaque
    sizes: list[int | None] = []
    for place, dim in enumerate(dims):
        if dim == 0 and start + place >= len(shape):
            raise Opaque
        sizes.append(shape[start + place] if dim == 0 else dim)
    made = [*shape[:start], *sizes, *shape[end:]]
    # The batch may be written as a number, or as what is left.
    if not made or len(made) < 2 or (start == 0 and made[0] == -1 and -1 in made[1:]):
        raise Opaque
    rest = math.prod(size or 0 for size in shape[1:])
    known = math.prod(size or 0 for size in made[1:] if size != -1)
    # A single sample is what most files mean that write 1, whatever batch they were tried with.
    batches = step.building.batches
    if start == 0 and -1 in made and (made[0] or 0) > 1 and batches and made[0] not in batches:
        raise Opaque("it mixes samples")
    # Sizes that are all stated need none of the input's.
    is_stated = -1 not in made[1:] and None not in made[1:]
    if not known or not (rest or is_stated) or made.count(-1) > 1:
        raise Opaque
    target = [rest // known if size == -1 and made[0] != -1 else size for size in made[1:]]
    if rest and math.prod(size or 0 for size in target) != rest:
        raise Opaque
    ours = [*target[1:], target[0]]
    source = _first(step, step.one(), step.shape())
    if is_same_order((None, *ours)):
        return step.own("Reshape", {"target_shape": ours}, source)
    inner = step.own("Reshape", {"target_shape": target}, source)
    return step.add("Permute", {"dims": last(len(made))}, *inner)


@writes("Reshape")
def write_reshape(out: Out) -> None:
    shape, target = out.inputs[0].shape, out.outputs[0].shape
    if None in (*shape[1:], *target[1:]):
        out.refuse("a size is unknown")
    if not is_same_order(shape) or not is_same_order(target):
        if shape == target:
            out.emit("Split")
            return
        out.refuse("Caffe has another order of values; put a Permute on both sides")
    put_reshape(out, shape_to_caffe(target))


def put_reshape(out: Out, target: Shape) -> None:
    """A Reshape to sizes in Caffe's order."""
    settings: Fields = {"shape": [{"dim": [0, *target[1:]]}]}
    out.emit("Reshape", {"reshape_param": [settings]})


@reads("Permute")
def permute(step: Step) -> list[End]:
    rank = len(step.shape())
    order = step.view.sub("permute_param").all("order")
    order += [axis for axis in range(rank) if axis not in order]
    if sorted(order) != list(range(rank)) or order[0] != 0:
        raise Opaque
    # Where each axis of ours comes from, by way of Caffe's.
    places = dims_to_ours(order)
    return step.own("Permute", {"dims": [to_ours(place, rank) for place in places[1:]]}, step.one())


@writes("Permute")
def write_permute(out: Out) -> None:
    rank = out.inputs[0].rank
    dims = [0, *out.layer.values["dims"]]
    order = [to_caffe(dims[to_ours(axis, rank)], rank) for axis in range(rank)]
    out.emit("Permute", {"permute_param": [{"order": order}]})


@reads("ShuffleChannel")
def shuffle(step: Step) -> list[End]:
    """ShuffleNet's: channels of each group in turn."""
    end, shape = step.one(), step.shape()
    [settings] = step.spec.fields.get("shuffle_channel_param", [{}])[-1:]
    group = str(settings.get("group", ["1"])[-1]) if isinstance(settings, dict) else ""
    *around, channels = shape[1:]
    if not group.isdecimal() or len(group) > 6 or None in shape[1:] or channels is None:
        raise Opaque
    count = int(group)
    if count < 1 or channels % count:
        raise Opaque
    step.view.used.add("shuffle_channel_param")
    apart = [*around, count, channels // count]
    rank = len(apart)
    made = step.add("Reshape", {"target_shape": apart}, end)
    made = step.add("Permute", {"dims": [*range(1, rank - 1), rank, rank - 1]}, *made)
    return step.own("Reshape", {"target_shape": [*around, channels]}, *made)


def groups_of(
    whole: Mapping[str, Any], turn: Mapping[str, Any], apart: Mapping[str, Any], shape: Shape
) -> int:
    """The groups that a Reshape, a Permute and a Reshape (the last one first) shuffle, or 0."""
    parts = list(apart.get("target_shape") or ())
    rank = len(parts)
    is_shuffle = (
        rank >= 3
        and list(whole.get("target_shape") or ()) == list(shape[1:])
        and [*parts[:-2], parts[-1] * parts[-2]] == list(shape[1:])
        and list(turn.get("dims") or ()) == [*range(1, rank - 1), rank, rank - 1]
    )
    return int(parts[-2]) if is_shuffle else 0


def put_shuffle(out: Out, groups: int) -> None:
    """Channels of each group in turn: a layer of forks, for plain Caffe has no Permute."""
    out.emit("ShuffleChannel", {"shuffle_channel_param": [{"group": [groups]}]})


@reads("Slice")
def cut(step: Step) -> list[End]:
    view = step.view.sub("slice_param")
    axis = (
        view.get("axis") if view.has("axis") or not view.has("slice_dim") else view.get("slice_dim")
    )
    view.used.update(("axis", "slice_dim"))
    points, count = view.all("slice_point"), len(step.spec.tops)
    if points and len(points) != count - 1:
        raise Opaque
    ours = axis_of(step, axis)
    if count < 2:
        return step.own("Identity", {})
    params: dict[str, Any] = {"axis": -1 if axis == 1 else ours}
    return step.own(
        "Slice", params | ({"slice_points": points} if points else {"count": count}), step.one()
    )


@writes("Slice")
def write_cut(out: Out) -> None:
    settings: Fields = {"axis": [to_caffe(out.layer.values["axis"], out.inputs[0].rank)]}
    points = out.layer.values["slice_points"]
    if points is not None:
        settings["slice_point"] = [
            int(p) for p in (points if isinstance(points, tuple) else (points,))
        ]
    out.emit("Slice", {"slice_param": [settings]})


@reads("Split")
def split(step: Step) -> list[End]:
    count = len(step.spec.tops)
    if count < 2:
        return step.own("Identity", {}, step.one())
    return step.own("Split", {"count": count}, step.one())


@writes("Split")
def write_split(out: Out) -> None:
    out.emit("Split")


@reads("Crop")
def crop(step: Step) -> list[End]:
    view, rank = step.view.sub("crop_param"), len(step.shape())
    axis, offsets = view.get("axis"), view.all("offset")
    axis += rank * (axis < 0)
    if axis < 2 or len(step.ends) != 2:
        raise Opaque
    return step.own("Crop", {"axis": axis - 1, "offset": offsets or [0]})


@writes("Crop")
def write_crop(out: Out) -> None:
    offset = out.layer.values["offset"]
    numbers = [int(value) for value in (offset if isinstance(offset, tuple) else (offset,))]
    out.emit("Crop", {"crop_param": [{"axis": [out.layer.values["axis"] + 1], "offset": numbers}]})


@reads("Tile")
def tile(step: Step) -> list[End]:
    view = step.view.sub("tile_param")
    return step.own(
        "Tile", {"axis": axis_of(step, view.get("axis")), "tiles": view.get("tiles")}, step.one()
    )


@writes("Tile")
def write_tile(out: Out) -> None:
    values = out.layer.values
    axis = to_caffe(values["axis"], out.inputs[0].rank)
    out.emit("Tile", {"tile_param": [{"axis": [axis], "tiles": [values["tiles"]]}]})


@reads("Reduction")
def reduction(step: Step) -> list[End]:
    view, shape = step.view.sub("reduction_param"), step.shape()
    axis = view.get("axis") % max(len(shape), 1)
    # From the channels on it is everything but the batch, in whatever order.
    if axis == 0 or (axis != 1 and len(shape) > 2):
        raise Opaque
    params = {"operation": view.get("operation"), "axis": 1, "coeff": view.get("coeff")}
    return step.own("Reduction", params, step.one())


@writes("Reduction")
def write_reduction(out: Out) -> None:
    values = out.layer.values
    if values["axis"] % out.inputs[0].rank != 1:
        out.refuse("channels would stay, and Caffe has them first")
    settings: Fields = {"operation": [values["operation"]], "axis": [1], "coeff": [values["coeff"]]}
    out.emit("Reduction", {"reduction_param": [settings]})


@reads("ArgMax")
def arg_max(step: Step) -> list[End]:
    view, shape = step.view.sub("argmax_param"), step.shape()
    params: dict[str, Any] = {"out_max_val": view.get("out_max_val"), "top_k": view.get("top_k")}
    end = step.one()
    if view.has("axis"):
        params["axis"] = axis_of(step, view.get("axis"))
    elif not is_same_order(shape):
        end = _first(step, end, shape)
    if not view.has("axis"):
        # (batch, 1 or 2, top_k) there and here.
        made = step.own("ArgMax", params, end)
        return step.add("Permute", {"dims": [2, 1]}, *made)
    return step.own("ArgMax", params, end)


@writes("ArgMax")
def write_arg_max(out: Out) -> None:
    values = out.layer.values
    settings: Fields = {"out_max_val": [values["out_max_val"]], "top_k": [values["top_k"]]}
    if values["axis"] is not None:
        settings["axis"] = [to_caffe(values["axis"], out.inputs[0].rank)]
    elif not out.is_raw:
        out.refuse("Caffe counts values in another order; put a Permute on both sides")
    out.emit("ArgMax", {"argmax_param": [settings]})


@reads("BatchReindex")
def reindex(step: Step) -> list[End]:
    return step.own("BatchReindex", {})


@reads("Filter")
def choose(step: Step) -> list[End]:
    return step.own("Filter", {})


@writes("BatchReindex", "Filter")
def write_choice(out: Out) -> None:
    out.emit(type(out.layer).__name__)
