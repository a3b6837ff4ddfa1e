"""A network with its weights from a configuration and a tree of arrays, of any generation."""

from __future__ import annotations

import json
from dataclasses import replace

from exporters.format import Reading
from exporters.formats.keras_json import KerasJson
from exporters.hdf5.tree import Group
from exporters.keras_weights.matching import match
from exporters.keras_weights.stored import Stored, layout_of
from exporters.keras_weights.targets import names_by_place, targets
from exporters.source import Source
from exporters.weights import Fitted
from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import Graph

NO_NETWORK = Problem(
    "keras.weights_only",
    "{file} holds weights, and no network.",
    "Open or draw its network first; then import the weights into it.",
)
NOT_KERAS = Problem(
    "keras.no_model",
    "{file} holds no Keras model: it has neither model_config nor layers with weights.",
    "Choose a file that model.save() wrote.",
)


def read_network(text: str, version: str, source: Source) -> tuple[Reading, object]:
    """The network of a configuration that a file holds as text, and the configuration.

    Args:
        text: JSON as model.to_json() gives it.
        version: of Keras, where the file states it elsewhere.
        source: the file, for messages.

    Raises:
        GraphError: where there is none that can be read.
    """
    data = Source(text.encode("utf-8", "replace"), source.filename).json
    if isinstance(data, dict) and version:
        data.setdefault("keras_version", version)
    whole = Source(json.dumps(data).encode(), source.filename)
    reader = KerasJson()
    if not reader.matches(whole):
        raise GraphError([diagnose(NOT_KERAS, file=source.name)])
    return reader.read(whole), data.get("config")


def with_weights(reading: Reading, config: object, root: Group, name: str) -> Reading:
    """A network with the weights of its file. Raises GraphError.

    Args:
        reading: the network.
        config: the model's configuration.
        root: the file.
        name: of the format.
    """
    layout = layout_of(root)
    names = names_by_place(config)
    stored = [
        replace(item, names=names.get(item.place, item.names))
        for item in (layout.layers(root) if layout else [])
    ]
    fitted = match(targets(reading.graph), stored)
    return Reading(
        reading.graph, name, (*reading.diagnostics, *fitted.diagnostics), fitted.weights or None
    )


def attach_weights(graph: Graph, root: Group) -> Fitted:
    """The weights of a file for a network that is there already. Raises GraphError."""
    layout = layout_of(root)
    stored: list[Stored] = layout.layers(root) if layout else []
    return match(targets(graph), stored)
