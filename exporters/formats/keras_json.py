"""Keras' own JSON, as ``model.to_json()`` gives it: Functional and Sequential in, Functional out,
without calling Keras.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from exporters.code.spans import with_blocks
from exporters.format import Format, Reading
from exporters.keras_config import keras_object, layer_object, legal_model_name, to_config
from exporters.keras_document import configuration_in
from exporters.keras_functions import kept_functions
from exporters.keras_reading import network_of
from exporters.layout import place
from exporters.nested_plan import MODEL, is_frozen, nested_plan
from exporters.nesting import told
from exporters.plan import Call, Plan, phases
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

    def lines(self, graph: Graph, text: str) -> dict[str, tuple[int, int]]:
        made = nested_plan(graph, with_unknown=True, with_functions=True)
        spans = _lines(made, 1)
        # The model that a block node is has the node's id, and a slash that no id has.
        return with_blocks(graph, {key.removesuffix("/"): span for key, span in spans.items()})

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *told(graph))


def configuration(graph: Graph) -> dict[str, Any]:
    """A network as the configuration of a Functional model; its blocks are models in it. Raises
    GraphError.
    """
    return _model(nested_plan(graph, with_unknown=True, with_functions=True))


def _model(made: Plan) -> dict[str, Any]:
    """A model as an object."""
    entries: dict[str, dict[str, Any]] = {}
    for call in made.calls.values():
        if call.owner.id not in entries:
            entries[call.owner.id] = _layer(call)
        if call.arguments:
            entries[call.owner.id]["inbound_nodes"].append(_inbound(made, call))

    def tensors(ends: tuple[tuple[str, int], ...]) -> list[Any]:
        histories = [_end(made.calls[identity], port) for identity, port in ends]
        return histories[0] if len(histories) == 1 else list(histories)

    config = {
        "name": legal_model_name(made.graph.name),
        "trainable": True,
        "layers": list(entries.values()),
        "input_layers": tensors(made.inputs),
        "output_layers": tensors(made.outputs),
    }
    model = keras_object("keras.src.models.functional", MODEL, config)
    return model | {"registered_name": MODEL}


class InnerModel(dict[str, Any]):
    """A model inside a model, as an object among the layers of the one around."""

    @property
    def layers(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = self["config"]["layers"]
        return made


def text_of(config: dict[str, Any]) -> bytes:
    """A configuration as a file, with a line for each layer: quick to write, and lines tell what is
    about which layer. What only a Lambda's program has is escaped.
    """
    for is_ascii in (False, True):
        dump = json.JSONEncoder(ensure_ascii=is_ascii).encode
        try:
            return f"{_text(InnerModel(config), dump)}\n".encode()
        except UnicodeEncodeError:
            continue
    raise AssertionError("what is escaped can be encoded")


def _text(model: InnerModel, dump: Callable[[Any], str]) -> str:
    """A model with a line for what it is, each layer, and how it ends."""
    around = {**model, "config": {**model["config"], "layers": [_PLACE]}}
    before, after = dump(around).split(f'"{_PLACE}"')
    texts = [
        _text(item, dump) if isinstance(item, InnerModel) else dump(item) for item in model.layers
    ]
    return f"{before}\n{(',' + chr(10)).join(texts)}\n{after}"


_PLACE = "the layers stand here, on a line each"


def _lines(made: Plan, first: int) -> dict[str, tuple[int, int]]:
    """The line of each layer of a model that begins at a line, by the node that owns it."""
    found: dict[str, tuple[int, int]] = {}
    line = first
    for call in made.calls.values():
        if call.owner.id in found:
            continue
        line += 1
        if call.model:
            inner = _lines(call.model, line)
            last = max(end for _, end in inner.values()) + 1
            found |= inner | {call.owner.id: (line, last)}
            line = last
        else:
            found[call.owner.id] = line, line
    return found


def _layer(call: Call) -> dict[str, Any]:
    owner = call.owner
    if call.model:
        written = _model(call.model)
        # A base that is frozen as a whole says so itself, too.
        written["config"] |= {"name": owner.name, "trainable": not is_frozen(call.model)}
    elif call.layer is not None:
        kind = type(call.layer)
        written = layer_object(kind, to_config(call.layer, owner.name))
        written["config"] |= kept_functions(kind, owner.params)
    else:
        given = {key: value for key, value in owner.params.items() if key not in OUTSIDE}
        params = unescaped(given)
        module, _, class_name = owner.type.rpartition(".")
        written = keras_object(module or "keras.layers", class_name, {"name": owner.name, **params})
        written["registered_name"] = owner.params.get("registered_name")
    made = written | {"name": owner.name, "inbound_nodes": []}
    return InnerModel(made) if call.model else made


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
    outputs = source.known.outputs or ()
    known = outputs[port] if port < len(outputs) else None
    # Behind an unknown layer the shape is not known; Keras goes by the history alone.
    config = {
        "shape": list(known.shape) if known else [None],
        "dtype": known.dtype if known else "float32",
        "keras_history": _history(source, port),
    }
    return {"class_name": "__keras_tensor__", "config": config}


def _history(source: Call, port: int) -> list[Any]:
    return [source.owner.name, source.index, port]


def _end(source: Call, port: int) -> list[Any]:
    """An output of a model: Keras counts the calls of models inside it from 1 on there, as if
    making them had been one, and from 0 everywhere else.
    """
    name, index, place = _history(source, port)
    return [name, index + 1 if source.model else index, place]
