"""Vectors by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.caffe.layer import last
from exporters.caffe.multipliers import is_frozen
from exporters.caffe.operation import BLOBS, Blobs, End, Opaque, Out, Step, reads, writes
from exporters.caffe.operations.convolution import blobs, learned, put_filler, start
from exporters.caffe.text import Fields
from exporters.weights import Array
from layers.layer import Layer


@reads("Embed")
def embed(step: Step) -> list[End]:
    end = step.one()
    view = step.view.sub("embed_param")
    shape = step.shape()
    # A bias would be one more vector for all, which Keras has not.
    if view.get("bias_term") or not 1 <= len(shape) <= 2:
        raise Opaque
    view.used.add("bias_filler")
    params: dict[str, Any] = {
        "input_dim": view.get("input_dim"),
        "output_dim": view.get("num_output"),
        "embeddings_initializer": start(step, view, "weight_filler"),
        "trainable": not is_frozen(step.view),
    }
    made = step.own("Embedding", params, end)
    return step.add("Permute", {"dims": last(3)}, *made) if len(shape) == 2 else made


@writes("Embedding")
def write_embed(out: Out) -> None:
    values = out.layer.values
    if values["mask_zero"]:
        out.refuse("it masks zeros")
    settings: Fields = {
        "num_output": [values["output_dim"]],
        "input_dim": [values["input_dim"]],
        "bias_term": [False],
    }
    put_filler(out, settings, "weight_filler", out.layer.to_json()["embeddings_initializer"])
    fields = {**learned(out, 1), "embed_param": [settings]}
    if out.is_raw or out.outputs[0].rank < 3:
        out.emit("Embed", fields).blobs = blobs(out)
        return
    if out.outputs[0].rank > 3:
        out.refuse("its input has more axes than batch and steps")
    vectors = f"{out.node.name}_vectors"
    out.emit("Embed", fields, name=vectors, tops=[vectors]).blobs = blobs(out)
    turn: Fields = {"permute_param": [{"order": [0, 2, 1]}]}
    out.emit("Permute", turn, bottoms=[vectors])


def _read(layer: Layer, inputs: Any, before: Any, given: list[Array]) -> dict[str, Array]:
    return {"embeddings": np.asarray(given[0]).reshape(layer.values["input_dim"], -1)}


def _write(layer: Layer, inputs: Any, before: Any, arrays: dict[str, Array]) -> list[Array]:
    return [arrays["embeddings"]]


BLOBS["Embedding"] = Blobs(_read, _write)
