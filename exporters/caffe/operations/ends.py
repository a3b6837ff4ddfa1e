"""Where data enter, and losses, measures and sinks."""

from __future__ import annotations

from typing import Any

from exporters.caffe.layer import dims_to_ours, shape_to_caffe
from exporters.caffe.operation import End, Opaque, Out, Step, reads, writes
from exporters.caffe.text import Fields, Quoted
from layers.tensor import Tensor

PLACEHOLDER = [1, 1, 3]
"""A color image of one pixel: files write it where the size is set when the network runs."""
TRANSFORMS = (
    "crop_size",
    "scale",
    "mirror",
    "mean_file",
    "mean_value",
    "force_color",
    "force_gray",
)
# Our parameters by field, of each data layer's message.
DATA: dict[str, tuple[str, dict[str, str]]] = {
    "Data": (
        "data_param",
        {
            "source": "source_file",
            "batch_size": "batch_size",
            "backend": "backend",
            "rand_skip": "rand_skip",
            "prefetch": "prefetch",
        },
    ),
    "ImageData": (
        "image_data_param",
        {
            "source": "source_file",
            "batch_size": "batch_size",
            "rand_skip": "rand_skip",
            "shuffle": "shuffle",
            "new_height": "new_height",
            "new_width": "new_width",
            "is_color": "is_color",
            "root_folder": "root_folder",
        },
    ),
    "WindowData": (
        "window_data_param",
        {
            "source": "source_file",
            "batch_size": "batch_size",
            "fg_threshold": "fg_threshold",
            "bg_threshold": "bg_threshold",
            "fg_fraction": "fg_fraction",
            "context_pad": "context_pad",
            "crop_mode": "crop_mode",
            "cache_images": "cache_images",
            "root_folder": "root_folder",
        },
    ),
    "HDF5Data": (
        "hdf5_data_param",
        {"source": "source_file", "batch_size": "batch_size", "shuffle": "shuffle"},
    ),
    "MemoryData": (
        "memory_data_param",
        {name: name for name in ("batch_size", "channels", "height", "width")},
    ),
}


@reads("Input")
def entrance(step: Step) -> list[End]:
    shapes = [shape.all("dim") for shape in step.view.sub("input_param").subs("shape")]
    made: list[End] = []
    for place in range(len(step.spec.tops)):
        dims = shapes[min(place, len(shapes) - 1)] if shapes else []
        if not dims or any(dim < 1 for dim in dims[1:]):
            raise Opaque
        step.building.batches.add(dims[0])
        shape: list[int | None] = [*dims_to_ours(dims)[1:]]
        if shape == PLACEHOLDER:
            shape = [None, None, 3]
        params = {"shape": shape}
        made += step.own("InputLayer", params) if place == 0 else step.add("InputLayer", params)
    return made


@writes("InputLayer")
def write_entrance(out: Out) -> None:
    shape = shape_to_caffe(out.outputs[0].shape)
    if out.outputs[0].shape[1:] == (None, None, 3):
        shape = shape_to_caffe(Tensor((None, *PLACEHOLDER)).shape)
    elif None in shape[1:]:
        out.refuse("a size of it is unknown")
    dims = [out.layer.values["batch_size"] or 1, *shape[1:]]
    out.emit("Input", {"input_param": [{"shape": [{"dim": dims}]}]})


@reads(*DATA)
def data(step: Step) -> list[End]:
    message, names = DATA[step.spec.type]
    view = step.view.sub(message)
    params: dict[str, Any] = {ours: view.get(field) for field, ours in names.items()}
    params["batch_size"] = max(params["batch_size"], 1)
    if not step.spec.tops:
        raise Opaque
    params["count"] = len(step.spec.tops)
    if "crop_mode" in params and params["crop_mode"] not in ("warp", "square"):
        raise Opaque
    if step.spec.type in ("Data", "ImageData", "WindowData"):
        transform = step.view.sub("transform_param")
        for name in TRANSFORMS:
            params[name] = transform.all(name) if name == "mean_value" else transform.get(name)
        if params.get("new_height") and params.get("new_width"):
            params |= {"height": params["new_height"], "width": params["new_width"]}
        if step.spec.type == "ImageData" and not params["is_color"]:
            params["channels"] = 1
    return step.own(step.spec.type, params)


@writes(*DATA)
def write_data(out: Out) -> None:
    kind, values = type(out.layer).__name__, out.layer.values
    message, names = DATA[kind]
    settings: Fields = {}
    for field, ours in names.items():
        value = values[ours]
        is_word = field == "backend"
        if value != "":
            settings[field] = [Quoted(value) if isinstance(value, str) and not is_word else value]
    fields: Fields = {message: [settings]}
    if "mirror" in values:
        transform: Fields = {}
        for name in TRANSFORMS:
            value, default = values[name], out.layer.params[name].typed_default
            if value != default:
                numbers = value if isinstance(value, tuple) else (value,)
                transform[name] = [Quoted(v) if isinstance(v, str) else v for v in numbers]
        if transform:
            fields["transform_param"] = [transform]
    out.emit(kind, fields)


@reads("DummyData")
def dummy(step: Step) -> list[End]:
    view = step.view.sub("dummy_data_param")
    shapes = [shape.all("dim") for shape in view.subs("shape")]
    if not shapes:
        columns = [view.all(name) for name in ("num", "channels", "height", "width")]
        shapes = [list(dims) for dims in zip(*columns, strict=False)]
    fillers = view.subs("data_filler")
    if not shapes or any(shape != shapes[0] for shape in shapes) or len(fillers) > 1:
        raise Opaque
    params: dict[str, Any] = {"count": len(step.spec.tops) or 1, "batch_size": max(shapes[0][0], 1)}
    params["shape"] = dims_to_ours(shapes[0])[1:] or [1]
    if fillers:
        params["filler"] = fillers[0].get("type")
        params["value"] = fillers[0].get("value")
    return step.own("DummyData", params)


@writes("DummyData")
def write_dummy(out: Out) -> None:
    values = out.layer.values
    shape = shape_to_caffe(out.outputs[0].shape)
    settings: Fields = {
        "shape": [{"dim": [values["batch_size"], *(size or 1 for size in shape[1:])]}],
        "data_filler": [{"type": [Quoted(values["filler"])], "value": [values["value"]]}],
    }
    out.emit("DummyData", {"dummy_data_param": [settings]})


LOSSES = (
    "SoftmaxWithLoss", "MultinomialLogisticLoss", "InfogainLoss", "HingeLoss", "EuclideanLoss",
    "SigmoidCrossEntropyLoss", "ContrastiveLoss", "Accuracy",
)  # fmt: skip


@reads(*LOSSES, "SoftmaxLoss")
def loss(step: Step) -> list[End]:
    kind = "SoftmaxWithLoss" if step.spec.type == "SoftmaxLoss" else step.spec.type
    tops = step.spec.tops
    if len(tops) > 1:
        raise Opaque
    params: dict[str, Any] = {}
    weights = step.view.all("loss_weight")
    if weights:
        params["loss_weight"] = weights[0]
    own = step.view.sub("accuracy_param") if kind == "Accuracy" else step.view.sub("loss_param")
    if own.has("ignore_label"):
        params["ignore_label"] = own.get("ignore_label")
    if kind == "Accuracy":
        params["top_k"] = own.get("top_k")
        axis = own.get("axis")
    elif kind == "SoftmaxWithLoss":
        axis = step.view.sub("softmax_param").get("axis")
        step.view.sub("softmax_param").skip("engine")
    else:
        axis = step.view.sub("infogain_loss_param").get("axis") if kind == "InfogainLoss" else 1
    if axis != 1:
        rank = len(step.shape())
        if axis % rank != 1:
            raise Opaque
    if kind == "InfogainLoss":
        params["source_file"] = step.view.sub("infogain_loss_param").get("source")
    if kind == "HingeLoss":
        params["norm"] = step.view.sub("hinge_loss_param").get("norm")
    if kind == "ContrastiveLoss":
        view = step.view.sub("contrastive_loss_param")
        params |= {"margin": view.get("margin"), "legacy_version": view.get("legacy_version")}
    return step.own(kind, params)


@writes(*LOSSES)
def write_loss(out: Out) -> None:
    kind, values = type(out.layer).__name__, out.layer.values
    fields: Fields = {}
    if values["loss_weight"] != 1 and kind != "Accuracy":
        fields["loss_weight"] = [values["loss_weight"]]
    ignored = values.get("ignore_label")
    if kind == "Accuracy":
        settings: Fields = {"top_k": [values["top_k"]]} if values["top_k"] != 1 else {}
        if ignored is not None:
            settings["ignore_label"] = [ignored]
        if settings:
            fields["accuracy_param"] = [settings]
    elif ignored is not None:
        fields["loss_param"] = [{"ignore_label": [ignored]}]
    if values.get("source_file"):
        fields["infogain_loss_param"] = [{"source": [Quoted(values["source_file"])]}]
    if values.get("norm", "L1") != "L1":
        fields["hinge_loss_param"] = [{"norm": [values["norm"]]}]
    if kind == "ContrastiveLoss":
        legacy = {"legacy_version": [True]} if values["legacy_version"] else {}
        fields["contrastive_loss_param"] = [{"margin": [values["margin"]], **legacy}]
    out.emit(kind, fields)


@reads("Silence")
def silence(step: Step) -> list[End]:
    return step.own("Silence", {})


@writes("Silence")
def write_silence(out: Out) -> None:
    out.emit("Silence", tops=[])


@reads("HDF5Output")
def output(step: Step) -> list[End]:
    return step.own(
        "HDF5Output", {"file_name": step.view.sub("hdf5_output_param").get("file_name")}
    )


@writes("HDF5Output")
def write_output(out: Out) -> None:
    out.emit(
        "HDF5Output",
        {"hdf5_output_param": [{"file_name": [Quoted(out.layer.values["file_name"])]}]},
        tops=[],
    )
