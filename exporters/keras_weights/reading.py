"""A network with its weights from a configuration and a tree of arrays, of any generation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from exporters.format import Reading
from exporters.hdf5.tree import Group
from exporters.keras_reading import Network, network_of
from exporters.keras_rounding import ROUNDED, TUNED, roundings
from exporters.keras_weights.matching import match
from exporters.keras_weights.stored import Stored, layout_of
from exporters.keras_weights.supposing import fitting
from exporters.keras_weights.targets import names_by_place, targets
from exporters.layout import place
from exporters.operations.making import rules
from exporters.operations.operation import with_module
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


@dataclass(frozen=True, slots=True)
class Model:
    """A network, and how it was read.

    Attributes:
        data: what it was read from.
        version, name: of Keras and the file, as far as the file says.
    """

    network: Network
    data: dict[str, Any]
    version: str
    name: str

    def again(self, kept: Collection[str]) -> Network:
        """The network, with layers of these types supposed to keep the shape of their input."""
        return _placed(network_of(self.data, self.version, self.name, kept))


def read_model(text: str, version: str, source: Source) -> Model:
    """The network of a configuration that a file holds as text.

    Args:
        text: JSON as model.to_json() gives it.
        version: of Keras, where the file states it elsewhere.
        source: the file, for messages.

    Raises:
        GraphError: where there is none that can be read.
    """
    data = Source(text.encode("utf-8", "replace"), source.filename).json
    if not isinstance(data, dict) or not isinstance(data.get("class_name"), str):
        raise GraphError([diagnose(NOT_KERAS, file=source.name)])
    data = _settled(data)
    return Model(_placed(network_of(data, version, source.name)), data, version, source.name)


def _placed(network: Network) -> Network:
    return replace(network, graph=place(network.graph))


def _settled(value: Any) -> Any:
    """A configuration without the numbers by which archives tell equal objects apart, and with
    operations called such.
    """
    if isinstance(value, dict):
        made = {key: _settled(item) for key, item in value.items() if key != "shared_object_id"}
        return with_module(made, rules()) if "inbound_nodes" in made else made
    return [_settled(item) for item in value] if isinstance(value, list) else value


def with_weights(model: Model, root: Group, name: str) -> Reading:
    """A network with the weights of its file. Raises GraphError.

    Args:
        model: the network.
        root: the file.
        name: of the format.
    """
    layout = layout_of(root)
    stored = _named(layout.layers(root) if layout else [], model.data.get("config"))
    stored = _with_roundings(stored, model.data.get("config"))
    network, fitted, notes = fitting(model.network, stored, model.again)
    # What weights tell of how they are rounded is the whole of it.
    seen = {item.code for item in fitted.diagnostics} & {ROUNDED.code, TUNED.code}
    found = [item for item in network.diagnostics if item.code not in seen]
    told = (*found, *notes, *fitted.diagnostics)
    return Reading(network.graph, name, told, fitted.weights or None)


def _named(stored: Sequence[Stored], config: Any) -> list[Stored]:
    """The weights of a file under the names of its configuration.

    What they are called themselves counts first: Keras numbers the layers of the model that it
    makes of a configuration, and only its own files list them in that order.
    """
    known = names_by_place(config)
    names = set(known.values())
    return [
        item if item.names in names else replace(item, names=known.get(item.place, item.names))
        for item in stored
    ]


def attach_weights(graph: Graph, root: Group) -> Fitted:
    """The weights of a file for a network that is there already. Raises GraphError."""
    layout = layout_of(root)
    stored = layout.layers(root) if layout else []
    text = root.attributes.text("model_config") if stored else ""
    if text:
        with suppress(GraphError):
            model = Source(text.encode("utf-8", "replace"), "").json
            if isinstance(model, dict):
                stored = _with_roundings(stored, model.get("config"))
    return match(targets(graph), stored)


def _with_roundings(stored: Sequence[Stored], config: Any) -> list[Stored]:
    """The weights of a file with what its configuration says of how they were rounded."""
    known = roundings(config)
    return [replace(item, rounding=known.get(item.names, item.rounding)) for item in stored]
