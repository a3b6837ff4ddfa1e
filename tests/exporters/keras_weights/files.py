"""HDF5 files as older generations of Keras wrote them, made with h5py alone."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import h5py
import numpy as np

from exporters.format import Reading, attach, read
from exporters.source import Source
from exporters.weights import Array, Fitted
from layers.graph import Graph
from tests.exporters.networks import edges, node


def saved(fill: Any) -> bytes:
    """A file that a function has filled."""
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        fill(file)
    return target.getvalue()


def named(
    layers: Mapping[str, Mapping[str, Array]], *, group: str = "", **attributes: Any
) -> bytes:
    """Layers by name, as Keras 1 and 2 had them."""

    def fill(file: h5py.File) -> None:
        holder = file.create_group(group) if group else file
        holder.attrs["layer_names"] = [name.encode() for name in layers]
        for key, value in attributes.items():
            (file if key == "model_config" else holder).attrs[key] = value
        for name, weights in layers.items():
            below = holder.create_group(name)
            below.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, values in weights.items():
                below[weight] = values

    return saved(fill)


def whole(
    config: Mapping[str, Any], layers: Mapping[str, Mapping[str, Array]], version: str
) -> bytes:
    """A whole model of Keras 2."""
    return named(
        layers, group="model_weights", model_config=json.dumps(config), keras_version=version
    )


def opened(data: bytes, filename: str = "model.h5") -> Reading:
    return read(data, filename)


def attached(data: bytes, graph: Graph) -> Fitted:
    return attach(Source(data, "weights.h5"), graph)


def chain(shape: list[int | None], *layers: tuple[str, str, dict[str, Any]]) -> Graph:
    """An input and layers (type, name, parameters), each on the one before."""
    nodes = [node("x", "InputLayer", shape=shape)]
    nodes += [node(name, kind, **params) for kind, name, params in layers]
    wires = edges(*(f"{one.id}>{other.id}" for one, other in pairwise(nodes)))
    return Graph(nodes, wires, name="chain")


def values(*shape: int, seed: int = 0) -> Array:
    """Random numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")
