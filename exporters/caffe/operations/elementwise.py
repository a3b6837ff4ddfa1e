"""Functions of single values, learned factors and shifts, and element-wise merges."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.caffe.layer import to_caffe
from exporters.caffe.multipliers import is_frozen
from exporters.caffe.network import FACTOR
from exporters.caffe.operation import BLOBS, UNKNOWN, Blobs, End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import blobs, learned, put_filler, start
from exporters.caffe.operations.shaping import axis_of
from exporters.caffe.text import Fields
from exporters.weights import Array
from layers.layer import Layer
from layers.tensor import Tensor

ACTIVATIONS = {"Sigmoid": "sigmoid", "TanH": "tanh"}
PLAIN = {
    # type: (message, our params by field)
    "AbsVal": ("", {}),
    "BNLL": ("", {}),
    "ELU": ("elu_param", {"alpha": "alpha"}),
    "Exp": ("exp_param", {"base": "base", "scale": "scale", "shift": "shift"}),
    "Log": ("log_param", {"base": "base", "scale": "scale", "shift": "shift"}),
    "Power": ("power_param", {"power": "power", "scale": "scale", "shift": "shift"}),
    "Threshold": ("threshold_param", {"threshold": "threshold"}),
}


@reads(*PLAIN)
def function(step: Step) -> list[End]:
    step.one()
    message, names = PLAIN[step.spec.type]
    view = step.view.sub(message) if message else step.view
    return step.own(step.spec.type, {ours: view.get(field) for field, ours in names.items()})


@writes(*PLAIN)
def write_function(out: Out) -> None:
    kind = type(out.layer).__name__
    message, names = PLAIN[kind]
    settings: Fields = {field: [out.layer.values[ours]] for field, ours in names.items()}
    out.emit(kind, {message: [settings]} if message else {})


@reads("ReLU")
def relu(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("relu_param")
    view.skip("engine")
    slope = view.get("negative_slope")
    return step.own("LeakyReLU" if slope else "ReLU", {"negative_slope": slope} if slope else {})


@reads("ReLU6", "Swish", "Mish")
def other(step: Step) -> list[End]:
    step.one()
    kind = step.spec.type
    if kind == "Mish":
        return step.own("Activation", {"activation": "mish"})
    if kind == "Swish" and step.view.sub("swish_param").get("beta") != 1:
        raise Opaque
    if kind == "ReLU6":
        return step.own("ReLU", {"max_value": 6.0})
    return step.own("Activation", {"activation": "silu"})


@reads("Clip")
def clip(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("clip_param")
    if view.get("min") != 0 or view.get("max") <= 0:
        raise Opaque
    return step.own("ReLU", {"max_value": view.get("max")})


@reads(*ACTIVATIONS)
def activation(step: Step) -> list[End]:
    step.one()
    step.view.sub(f"{step.spec.type.lower()}_param").skip("engine")
    return step.own("Activation", {"activation": ACTIVATIONS[step.spec.type]})


def layer_of(name: str, rank: int) -> tuple[str, Fields] | None:
    """The layer that applies a Keras activation, where Caffe has one."""
    if name in ("relu", "sigmoid", "tanh"):
        return {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "TanH"}[name], {}
    if name == "leaky_relu":
        return "ReLU", {"relu_param": [{"negative_slope": [0.2]}]}
    if name == "softplus":
        return "BNLL", {}
    if name in ("elu", "exponential"):
        return {"elu": "ELU", "exponential": "Exp"}[name], {}
    if name == "softmax":
        return "Softmax", {}
    if name in ("silu", "swish"):
        return "Swish", {}
    # Forks have these two, and OpenCV.
    if name in ("relu6", "mish"):
        return {"relu6": "ReLU6", "mish": "Mish"}[name], {}
    return None


@writes("Activation")
def write_activation(out: Out) -> None:
    name = out.layer.values["activation"]
    if name == "linear":
        out.emit("Split")
        return
    made = layer_of(name, out.inputs[0].rank)
    if made is None:
        out.refuse(f"the function {name}")
    out.emit(*made)


@writes("Identity")
def write_identity(out: Out) -> None:
    out.emit("Split")


@writes("ReLU", "LeakyReLU")
def write_relu(out: Out) -> None:
    values = out.layer.values
    largest, slope = values.get("max_value"), values["negative_slope"]
    if values.get("threshold") or (largest is not None and slope):
        out.refuse("it has a threshold, or a largest value beside a slope")
    if largest is not None:
        if largest == 6:
            out.emit("ReLU6")
        else:
            out.emit("Clip", {"clip_param": [{"min": [0], "max": [largest]}]})
        return
    out.emit("ReLU", {"relu_param": [{"negative_slope": [slope]}]} if slope else {})


@writes("Rescaling")
def write_rescaling(out: Out) -> None:
    scale, shift = out.layer.values["scale"], out.layer.values["offset"]
    if isinstance(scale, tuple) or isinstance(shift, tuple):
        out.refuse("it scales each channel by itself")
    out.emit("Power", {"power_param": [{"scale": [scale], "shift": [shift]}]})


@reads("PReLU")
def prelu(step: Step) -> list[End]:
    end = step.one()
    view = step.view.sub("prelu_param")
    tensor = step.tensor()
    if tensor is None:
        raise Opaque
    shared = list(range(1, tensor.rank if view.get("channel_shared") else tensor.rank - 1))
    params: dict[str, Any] = {"shared_axes": shared or None, "trainable": not is_frozen(step.view)}
    given = view.sub("filler")
    if given.fields:
        params["alpha_initializer"] = start(step, view, "filler")
    else:
        params["alpha_initializer"] = {"type": "Constant", "value": 0.25}
    return step.own("PReLU", params, end)


@writes("PReLU")
def write_prelu(out: Out) -> None:
    shared = out.layer.values["shared_axes"] or ()
    # Images and vectors have an even number of axes, and one more is shared where all are.
    rank = out.inputs[0].rank if out.inputs[0] is not UNKNOWN else len(shared) // 2 * 2 + 2
    settings: Fields = {}
    if tuple(shared) == tuple(range(1, rank)):
        settings["channel_shared"] = [True]
    elif tuple(shared) != tuple(range(1, rank - 1)):
        out.refuse("its places have factors of their own")
    put_filler(out, settings, "filler", out.layer.to_json()["alpha_initializer"])
    out.emit("PReLU", {**learned(out, 1), "prelu_param": [settings]}).blobs = blobs(out)


def _read_alpha(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    return {"alpha": given[0].reshape(layer.weights(*inputs)["alpha"].shape)}


def _write_alpha(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
    return [arrays["alpha"].reshape(-1)]


BLOBS["PReLU"] = Blobs(_read_alpha, _write_alpha)


@reads("Scale", "Bias")
def scale(step: Step) -> list[End]:
    kind = step.spec.type
    view = step.view.sub(f"{kind.lower()}_param")
    tensor = step.tensor()
    axis, count = view.get("axis"), view.get("num_axes")
    if len(step.ends) == 2:
        return _given_factor(step, axis)
    end = step.one()
    is_whole = tensor is not None and _is_whole(axis, count, tensor.rank)
    # Two axes that are not all lie in another order here.
    if tensor is None:
        is_plain = axis == count == 1
    else:
        is_plain = axis % tensor.rank == 1 and (count == 1 or tensor.rank == 2 or is_whole)
    if not is_plain:
        raise Opaque
    params: dict[str, Any] = {"axis": 1, "num_axes": -1} if is_whole else {}
    params["trainable"] = not is_frozen(step.view)
    if kind == "Scale":
        params["gamma_initializer"] = start(step, view, "filler", "Ones")
        params["bias_term"] = view.get("bias_term")
        if params["bias_term"]:
            params["beta_initializer"] = start(step, view, "bias_filler")
        view.used.add("bias_filler")
    else:
        params["bias_initializer"] = start(step, view, "filler")
    return step.own(kind, params, end)


def _is_whole(axis: int, count: int, rank: int) -> bool:
    """Whether each place of a sample has numbers of its own."""
    return rank > 2 and axis % rank == 1 and count in (-1, rank - 1)


def _given_factor(step: Step, axis: int) -> list[End]:
    """Multiply by (or add) another blob, from an axis on."""
    view = step.view.sub(f"{step.spec.type.lower()}_param")
    # With one number a channel there is only one place where it fits.
    view.used.update(("axis", "num_axes", "filler", "bias_filler"))
    first, second = step.tensor(0), step.tensor(1)
    if first is None or second is None or (step.spec.type == "Scale" and view.get("bias_term")):
        raise Opaque
    ends = list(step.ends)
    if first.shape != second.shape:
        # One number for each sample and channel: (batch, channels) beside (batch, ..., channels).
        if axis != 0 or second.shape[-1] != first.shape[-1] or second.rank != 2 or first.rank < 3:
            if axis != 0 or second.rank != first.rank:
                raise Opaque
        else:
            target = [1] * (first.rank - 2) + [second.shape[-1]]
            ends[1:] = step.add("Reshape", {"target_shape": target}, ends[1])
    return step.own("Multiply" if step.spec.type == "Scale" else "Add", {}, *ends)


@reads("Axpy")
def axpy(step: Step) -> list[End]:
    if len(step.ends) != 3:
        raise Opaque
    # The image first, as in a Scale, which is what it is written as.
    made = step.add("Multiply", {}, step.ends[1], step.ends[0])
    return step.own("Add", {}, *made, step.ends[2])


@writes("Scale", "Bias")
def write_scale(out: Out) -> None:
    kind, values, plain = type(out.layer).__name__, out.layer.values, out.layer.to_json()
    rank = out.inputs[0].rank
    settings: Fields = {}
    if _is_whole(values["axis"], values["num_axes"], rank):
        settings["num_axes"] = [-1]
    elif values["axis"] % rank != rank - 1:
        out.refuse("it scales other axes than the channels")
    if kind == "Scale":
        put_filler(out, settings, "filler", plain["gamma_initializer"])
        if values["bias_term"]:
            settings["bias_term"] = [True]
            put_filler(out, settings, "bias_filler", plain["beta_initializer"])
    else:
        put_filler(out, settings, "filler", plain["bias_initializer"])
    count = 1 + values.get("bias_term", False)
    out.emit(kind, {**learned(out, count), f"{kind.lower()}_param": [settings]}).blobs = blobs(out)


def _named(*names: str) -> Blobs:
    def read(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
        declared = layer.weights(*inputs)
        made: dict[str, Array] = {}
        for name, blob in zip((name for name in names if name in declared), given, strict=False):
            *around, channels = declared[name].shape
            made[name] = np.moveaxis(blob.reshape(channels, *around), 0, -1)
        return made

    def write(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
        return [np.moveaxis(np.asarray(arrays[name]), -1, 0) for name in names if name in arrays]

    return Blobs(read, write)


BLOBS["Scale"] = _named("gamma", "beta")
BLOBS["Bias"] = _named("bias")


@reads("Eltwise")
def eltwise(step: Step) -> list[End]:
    view = step.view.sub("eltwise_param")
    view.get("stable_prod_grad")
    operation, coeff = view.get("operation"), view.all("coeff")
    if len(step.ends) < 2 or (coeff and len(coeff) != len(step.ends)):
        raise Opaque
    ends = list(step.ends)
    if operation == "SUM" and coeff == [1.0, -1.0]:
        return step.own("Subtract", {})
    if operation == "SUM" and len(set(coeff)) == 1 and abs(coeff[0] * len(ends) - 1) < 1e-6:
        return step.own("Average", {})
    if operation == "SUM":
        for place, factor in enumerate(coeff):
            if factor != 1:
                ends[place : place + 1] = step.add("Power", {"scale": factor}, ends[place])
    kind = {"SUM": "Add", "PROD": "Multiply", "MAX": "Maximum"}[operation]
    return step.own(kind, {}, *ends)


@writes("Add", "Multiply", "Maximum", "Average", "Subtract")
def write_eltwise(out: Out) -> None:
    kind = type(out.layer).__name__
    if kind == "Multiply" and len(out.inputs) == 2 and not are_alike(out.inputs):
        one = 0 if out.inputs[0].shape[1:-1] == (1, 1) else 1
        image, factor = out.inputs[1 - one], out.inputs[one]
        if image.rank != 4 or factor.shape != (image.shape[0], 1, 1, image.shape[-1]):
            out.refuse("its inputs have different shapes")
        flat = f"{out.node.name}{FACTOR}"
        out.emit("Flatten", name=flat, bottoms=[out.bottoms[one]], tops=[flat])
        out.emit("Scale", {"scale_param": [{"axis": [0]}]}, bottoms=[out.bottoms[1 - one], flat])
        return
    if not are_alike(out.inputs):
        out.refuse("its inputs have different shapes")
    settings: Fields = {"operation": [{"Multiply": "PROD", "Maximum": "MAX"}.get(kind, "SUM")]}
    if kind == "Subtract":
        settings["coeff"] = [1, -1]
    if kind == "Average":
        settings["coeff"] = [1 / len(out.inputs)] * len(out.inputs)
    out.emit("Eltwise", {"eltwise_param": [settings]})


def are_alike(inputs: tuple[Tensor, ...]) -> bool:
    """Whether shapes are the same, as far as they are known."""
    shapes = [tensor.shape for tensor in inputs if tensor is not UNKNOWN]
    return all(
        len(shape) == len(shapes[0])
        and all(
            one == other or (None in (one, other) and 1 not in (one, other))
            for one, other in zip(shapes[0], shape, strict=True)
        )
        for shape in shapes[1:]
    )


@reads("Concat")
def concat(step: Step) -> list[End]:
    view = step.view.sub("concat_param")
    axis = view.get("axis") if view.has("axis") else view.get("concat_dim")
    view.used.update(("axis", "concat_dim"))
    ours = -1 if axis == 1 else axis_of(step, axis)
    if len(step.ends) == 1:
        return step.own("Identity", {})
    return step.own("Concatenate", {"axis": ours})


@writes("Concatenate")
def write_concat(out: Out) -> None:
    axis = to_caffe(out.layer.values["axis"], out.inputs[0].rank)
    out.emit("Concat", {"concat_param": [{"axis": [axis]}]} if axis != 1 else {})


@reads("Softmax")
def softmax(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("softmax_param")
    view.skip("engine")
    axis = view.get("axis")
    return step.own("Softmax", {"axis": -1 if axis == 1 else axis_of(step, axis)})


@writes("Softmax")
def write_softmax(out: Out) -> None:
    place = to_caffe(out.layer.values["axis"], out.inputs[0].rank)
    out.emit("Softmax", {"softmax_param": [{"axis": [place]}]} if place != 1 else {})
