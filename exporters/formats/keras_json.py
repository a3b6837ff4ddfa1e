"""Keras' own JSON, as ``model.to_json()`` gives it: Functional and Sequential in, Functional out,
without calling Keras.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from exporters.format import Format, Reading
from exporters.keras_config import keras_object, layer_object, legal_model_name, to_config
from exporters.keras_document import configuration_in
from exporters.keras_functions import kept_functions
from exporters.keras_reading import network_of
from exporters.layout import place
from exporters.plan import Call, Plan, flattened, phases, plan
from exporters.source import Source, unescaped
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph
from layers.walk import KEPT_SHAPE


class KerasJson(Format):
    """The configuration of a Keras model."""

    name: ClassVar = "keras_json"
    label: ClassVar = "Keras JSON"
    extensions: ClassVar = (".json",)
    description: ClassVar = "What keras.models.model_from_json reads and model.to_json() gives."
    order: ClassVar = 20
    keeps_functions: ClassVar = True
    media_type: ClassVar = "application/json"

    def matches(self, source: Source) -> bool:
        if not source.looks_like_json:
            return False
        return configuration_in(source.escaped_json) is not None

    def read(self, source: Source) -> Reading:
        network = network_of(configuration_in(source.escaped_json) or {}, name=source.name)
        return Reading(place(network.graph), self.name, network.diagnostics)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return text_of(configuration(graph))

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *flattened(graph, self.label))


def configuration(graph: Graph) -> dict[str, Any]:
    """A network as the configuration of a Functional model. Raises GraphError."""
    made = plan(graph, with_unknown=True, with_functions=True)
    entries: dict[str, dict[str, Any]] = {}
    for call in made.calls.values():
        if call.owner.id not in entries:
            entries[call.owner.id] = _layer(call)
        if call.arguments:
            entries[call.owner.id]["inbound_nodes"].append(_inbound(made, call))

    def tensors(ends: tuple[tuple[str, int], ...]) -> list[Any]:
        histories = [_history(made.calls[identity], port) for identity, port in ends]
        return histories[0] if len(histories) == 1 else list(histories)

    config = {
        "name": legal_model_name(graph.name),
        "trainable": True,
        "layers": list(entries.values()),
        "input_layers": tensors(made.inputs),
        "output_layers": tensors(made.outputs),
    }
    model = keras_object("keras.src.models.functional", "Functional", config)
    return model | {"registered_name": "Functional"}


def text_of(config: dict[str, Any]) -> bytes:
    """A configuration as a file, with a line for each layer: quick to write, and lines tell what is
    about which layer. What only a Lambda's program has is escaped.
    """
    layers = config["config"]["layers"]
    around = {**config, "config": {**config["config"], "layers": [_PLACE]}}
    for is_ascii in (False, True):
        dump = json.JSONEncoder(ensure_ascii=is_ascii).encode
        before, after = dump(around).split(f'"{_PLACE}"')
        text = f"{before}\n{(',' + chr(10)).join(map(dump, layers))}\n{after}\n"
        try:
            return text.encode()
        except UnicodeEncodeError:
            continue
    raise AssertionError("what is escaped can be encoded")


_PLACE = "the layers stand here, on a line each"


def _layer(call: Call) -> dict[str, Any]:
    owner = call.owner
    if call.layer is not None:
        kind = type(call.layer)
        written = layer_object(kind, to_config(call.layer, owner.name))
        written["config"] |= kept_functions(kind, owner.params)
    else:
        given = {key: value for key, value in owner.params.items() if key not in OUTSIDE}
        params = unescaped(given)
        module, _, class_name = owner.type.rpartition(".")
        written = keras_object(module or "keras.layers", class_name, {"name": owner.name, **params})
        written["registered_name"] = owner.params.get("registered_name")
    return written | {"name": owner.name, "inbound_nodes": []}


OUTSIDE = ("call", "registered_name", KEPT_SHAPE)
"""What an unknown layer keeps beside its configuration: how it was called, and the name it was
registered under.
"""


def _inbound(made: Plan, call: Call) -> dict[str, Any]:
    """How a layer is called."""
    tensors = [_tensor(made.calls[identity], port) for identity, port in call.arguments]
    template = call.node.params.get("call") if call.layer is None else None
    if isinstance(template, dict):
        return {key: _fill(value, tensors) for key, value in template.items()}
    by_position, by_name = call.spelt(tensors)
    return {"args": by_position, "kwargs": by_name}


def _fill(template: Any, tensors: list[dict[str, Any]]) -> Any:
    """The remembered call of an unknown layer, with the tensors in their places."""
    if isinstance(template, dict):
        place_of = template.get("tensor")
        if type(place_of) is int and len(template) == 1:
            return tensors[place_of] if 0 <= place_of < len(tensors) else None
        return {key: _fill(value, tensors) for key, value in template.items()}
    if isinstance(template, list):
        return [_fill(value, tensors) for value in template]
    return template


def _tensor(source: Call, port: int) -> dict[str, Any]:
    known = source.known.outputs[port] if source.known.outputs else None
    # Behind an unknown layer the shape is not known; Keras goes by the history alone.
    config = {
        "shape": list(known.shape) if known else [None],
        "dtype": known.dtype if known else "float32",
        "keras_history": _history(source, port),
    }
    return {"class_name": "__keras_tensor__", "config": config}


def _history(source: Call, port: int) -> list[Any]:
    return [source.owner.name, source.index, port]
