"""Normalization, dropout, and the like."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.caffe.multipliers import is_frozen
from exporters.caffe.operation import BLOBS, Blobs, End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import blobs, learned, put_filler, start
from exporters.caffe.schema import layer as layer_view
from exporters.caffe.text import Fields
from exporters.weights import Array
from layers.layer import Layer

SEGNET = {"scale_filler", "shift_filler", "bn_mode"}


@reads("BatchNorm")
def batch_norm(step: Step) -> list[End]:
    end = step.one()
    view = step.view.sub("batch_norm_param")
    view.get("use_global_stats")
    is_frozen(step.view)
    params: dict[str, Any] = {
        "momentum": view.get("moving_average_fraction"),
        "epsilon": view.get("eps"),
        "scale": False,
        "center": False,
    }
    own = step.spec.fields.get("batch_norm_param", [{}])[-1]
    if isinstance(own, dict) and own.get("scale_bias", ["false"])[-1] in ("true", "1"):
        # NVIDIA's fork keeps factor and shift here.
        view.skip("scale_bias")
        params |= {"scale": True, "center": True}
    elif step.spec.scale:
        outer = layer_view(step.spec.scale.fields, step.spec.scale.name)
        scale = outer.sub("scale_param")
        params |= {
            "scale": True,
            "center": scale.get("bias_term"),
            "gamma_initializer": start(step, scale, "filler", "Ones"),
            "trainable": not is_frozen(outer),
        }
        if params["center"]:
            params["beta_initializer"] = start(step, scale, "bias_filler")
    return step.own("BatchNormalization", params, end)


def scale_name(norm: str) -> str:
    """What the Scale behind a BatchNorm is called, by the habits of well-known networks."""
    if norm.startswith("bn"):
        return f"scale{norm[2:]}"
    if norm.endswith("_bn"):
        return f"{norm}_scale"
    return norm.replace("/bn", "/scale") if "/bn" in norm else f"{norm}_scale"


@writes("BatchNormalization")
def write_batch_norm(out: Out) -> None:
    values, plain = out.layer.values, out.layer.to_json()
    rank = out.inputs[0].rank
    if values["axis"] % rank != rank - 1:
        out.refuse("its axis is not that of the channels")
    settings: Fields = {"moving_average_fraction": [values["momentum"]], "eps": [values["epsilon"]]}
    fields: Fields = {
        "param": [{"lr_mult": [0], "decay_mult": [0]} for _ in range(3)],
        "batch_norm_param": [settings],
    }
    given = blobs(out)
    has_scale = values["scale"] or values["center"]
    spec = out.emit("BatchNorm", fields)
    spec.blobs = given[:3]
    if has_scale:
        settings = {}
        put_filler(
            out,
            settings,
            "filler",
            plain["gamma_initializer"] if values["scale"] else {"type": "Ones"},
        )
        if values["center"]:
            settings["bias_term"] = [True]
            put_filler(out, settings, "bias_filler", plain["beta_initializer"])
        scaled: Fields = {**learned(out, 1 + values["center"]), "scale_param": [settings]}
        # In place, so that nobody reads what lies between.
        name = scale_name(out.node.name)
        out.emit("Scale", scaled, name=name, bottoms=out.tops).blobs = given[3:]


def _read_norm(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    """Mean, variance and the factor that both are divided by; then gamma and beta."""
    mean, variance = given[0].reshape(-1), given[1].reshape(-1)
    own = 2
    if len(given) > 2 and given[2].size == 1 and (mean.size != 1 or len(given) > 3):
        own = 3
        factor = float(given[2].reshape(-1)[0])
        if factor not in (0.0, 1.0):
            mean, variance = mean / np.float32(factor), variance / np.float32(factor)
        elif factor == 0.0:
            mean, variance = np.zeros_like(mean), np.zeros_like(variance)
    elif len(given) == 3 and given[2].size == 1:
        own = 3
        factor = float(given[2].reshape(-1)[0])
        scale = np.float32(1 / factor if factor else 0.0)
        mean, variance = mean * scale, variance * scale
    made = {"moving_mean": mean, "moving_variance": variance}
    wanted = [name for name in ("gamma", "beta") if name in layer.weights(*inputs)]
    made |= {name: blob.reshape(-1) for name, blob in zip(wanted, given[own:], strict=False)}
    return made


def _write_norm(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
    mean, variance = arrays["moving_mean"], arrays["moving_variance"]
    made = [mean, variance, np.ones(1, "float32")]
    if layer.values["scale"] or layer.values["center"]:
        made.append(arrays["gamma"] if layer.values["scale"] else np.ones_like(mean))
        if layer.values["center"]:
            made.append(arrays["beta"])
    return made


BLOBS["BatchNormalization"] = Blobs(_read_norm, _write_norm)


@reads("BN")
def normalized(step: Step) -> list[End]:
    """SegNet's batch normalization, whose statistics are part of factor and shift already."""
    end = step.one()
    [settings] = step.spec.fields.get("bn_param", [{}])[-1:]
    if not isinstance(settings, dict) or not settings.keys() & SEGNET:
        raise Opaque("of several forks' layers of this name, the file does not say which it is")
    if settings.get("bn_mode", [""])[-1] != "INFERENCE":
        raise Opaque("it takes mean and variance of the batch at hand, even when it predicts")
    step.view.used.add("bn_param")
    return step.own("Scale", {"bias_term": True, "trainable": not is_frozen(step.view)}, end)


@reads("Dropout")
def dropout(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("dropout_param")
    view.get("scale_train")
    return step.own("Dropout", {"rate": view.get("dropout_ratio")})


@writes("Dropout", "SpatialDropout2D")
def write_dropout(out: Out) -> None:
    if type(out.layer).__name__ != "Dropout" or out.layer.values["noise_shape"] is not None:
        out.refuse("it drops whole channels")
    out.emit("Dropout", {"dropout_param": [{"dropout_ratio": [out.layer.values["rate"]]}]})


@reads("LRN")
def response(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("lrn_param")
    view.skip("engine")
    names = ("local_size", "alpha", "beta", "k", "norm_region")
    return step.own("LRN", {name: view.get(name) for name in names})


@writes("LRN")
def write_response(out: Out) -> None:
    settings: Fields = {name: [value] for name, value in out.layer.values.items()}
    out.emit("LRN", {"lrn_param": [settings]})


@reads("MVN")
def mean_variance(step: Step) -> list[End]:
    step.one()
    view = step.view.sub("mvn_param")
    names = ("normalize_variance", "across_channels", "eps")
    return step.own("MVN", {name: view.get(name) for name in names})


@writes("MVN")
def write_mean_variance(out: Out) -> None:
    settings: Fields = {name: [value] for name, value in out.layer.values.items()}
    out.emit("MVN", {"mvn_param": [settings]})
