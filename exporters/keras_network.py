"""The layers and connections of a Keras configuration as a graph: Functional, Sequential, and
models inside models.

A model inside a model becomes its layers, and calling it (or a layer) again becomes nodes that
share. Keras names tensors relative to the model they are in, so every model keeps a scope in which
such names are looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from exporters.channels_last import channels_last
from exporters.generations.cells import without_cells
from exporters.keras_arguments import first_call, fixed_mode, further_call, left_out
from exporters.keras_beyond import is_beyond
from exporters.keras_call import History, Inbound, histories, inbound, refuse
from exporters.keras_channels import Reordering
from exporters.keras_config import OWN_NAMES, ConfigReader
from exporters.keras_ends import numbered, with_outputs, without_leftovers
from exporters.keras_over_time import over_time
from exporters.keras_sequential import IMPLIED, as_functional
from exporters.operations.making import with_layers
from exporters.operations.operation import OF_TENSORFLOW, is_operation_type, tensorflow_call
from exporters.plan import is_input
from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node
from layers.layer import LAYERS, Layer

UNKNOWN = Problem(
    "keras.unknown_layer",
    "{name} is a {kind}, which this program does not know; it is kept as it is, and its output is"
    " unknown.",
    "Replace it by a layer of the palette, or keep it for export to Keras.",
    severity="warning",
)
FLATTENED = Problem(
    "keras.flattened",
    "The model {name} inside the model is shown as its layers.",
    "Load its weights layer by layer: a file of the whole model has them in another order.",
    severity="hint",
)

MODELS = ("Functional", "Sequential", "Model")
MAX_STEPS = 5 * MAX_NODES
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")
_KERAS_LAYERS = re.compile(r"(tf_keras|(tensorflow\.)?(python\.)?keras)(\.src)?\.layers(\..*)?")


@dataclass
class Feed:
    """The input of an inner model, by its place among them."""

    place: int


@dataclass
class Scope:
    """A model while it is read: what the names of its tensors stand for."""

    parent: Scope | None = None
    feeds: list[History] = field(default_factory=list)
    inputs: list[History] = field(default_factory=list)
    outputs: list[History] = field(default_factory=list)
    calls: dict[tuple[str, int], str | Feed | Scope] = field(default_factory=dict)


Wire: TypeAlias = tuple[Scope, History, str, int]
"""A tensor to be looked up in a scope, and the node and input port it goes to."""


class NetworkReader:
    """Reads the configuration of a model.

    Attributes:
        diagnostics: what could not be kept exactly.
        layers: the node of each layer, by its name behind those of the models it lies in.
        reorderings: how weights of the file are to be turned, by node and name.
    """

    def __init__(self, generation: int = 3) -> None:
        self.configs = ConfigReader(generation)
        self.diagnostics = self.configs.diagnostics
        self.nodes: dict[str, Node] = {}
        self.wires: list[Wire] = []
        self.masks: list[tuple[Scope, str, History, str]] = []
        self.owners: dict[tuple[str, ...], str] = {}
        self.layers: dict[tuple[str, ...], str] = {}
        self.implied: set[str] = set()
        self.first: dict[str, int] = {}
        self.reorderings: dict[str, dict[str, Reordering]] = {}
        self.names: dict[str, int] = {}
        self.models: set[tuple[str, ...]] = set()
        self.operations: set[str] = set()
        self.steps = 0

    def network(self, class_name: str, config: Any) -> Graph:
        """The graph of a model's configuration. Raises GraphError."""
        top = self._scope(class_name, config, None, [], ())
        edges = []
        for scope, tensor, target, port in self.wires:
            source, source_port = self._end(scope, tensor)
            edges.append(Edge(source, target, source_port, port))
        edges += self._masks(Counter(edge.target for edge in edges))
        outputs = [self._end(top, tensor) for tensor in top.outputs]
        inputs = [self._end(top, tensor)[0] for tensor in top.inputs]
        name = config.get("name") if isinstance(config, dict) else None
        title = name[:200] if isinstance(name, str) and name else "network"
        graph = Graph(self.nodes, dict.fromkeys(edges), name=title)
        graph = without_leftovers(graph, self.operations, {identity for identity, _ in outputs})
        graph, outputs, told = with_layers(graph, outputs)
        self.diagnostics.extend(told)
        self.operations &= graph.nodes.keys()
        graph = without_leftovers(graph, self.operations, {identity for identity, _ in outputs})
        used = [node for node in graph.nodes.values() if node.id in self.operations]
        self.diagnostics.extend(
            diagnose(UNKNOWN, name=node.name, kind=node.type[:80]) for node in used
        )
        graph, ends, notes = with_outputs(graph, outputs)
        self.diagnostics.extend(notes)
        reorderings: dict[str, dict[str, Reordering]] = {}
        if self.first:
            graph, reorderings, notes = channels_last(graph, self.first)
            self.diagnostics.extend(notes)
        graph, fresh = numbered(graph, inputs, ends)
        self.reorderings = {fresh[identity]: turns for identity, turns in reorderings.items()}
        self.layers = {
            path: fresh[identity]
            for path, identity in self.owners.items()
            if identity in fresh and identity not in self.implied
        }
        return graph

    def _scope(
        self,
        class_name: str,
        config: Any,
        parent: Scope | None,
        feeds: list[History],
        path: tuple[str, ...],
    ) -> Scope:
        """Read one model: nodes for its layers, wires for its connections."""
        if class_name == "Sequential":
            config = as_functional(config, is_inner=parent is not None)
        if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
            refuse("it has no list of layers")
        scope = Scope(parent, feeds)
        inputs = config.get("input_layers")
        scope.inputs = [] if inputs == [] else histories(inputs)
        scope.outputs = histories(config.get("output_layers"))
        if parent and len(feeds) != len(scope.inputs):
            refuse(f"{path[-1]:.60} has {len(scope.inputs)} inputs and is called on {len(feeds)}")
        for item in config["layers"]:
            if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
                refuse("a layer has no class name")
            self._item(scope, item, path)
        return scope

    def _item(self, scope: Scope, item: dict[str, Any], path: tuple[str, ...]) -> None:
        """Read one layer or inner model with all its calls."""
        item = without_cells(item)
        class_name, config = item["class_name"], item.get("config")
        own = config.get("name") if isinstance(config, dict) else None
        name = str(item.get("name") or own or class_name)
        if (name, 0) in scope.calls:
            refuse(f"two layers are called {name:.60}")
        if class_name == "InputLayer" and scope.parent:
            self._count()
            places = [place for place, tensor in enumerate(scope.inputs) if tensor[0] == name]
            if not places:
                refuse(f"nothing is handed to the input {name:.60}")
            scope.calls[name, 0] = Feed(places[0])
            return
        calls = item.get("inbound_nodes", [])
        if not isinstance(calls, list):
            refuse(f"the calls of {name:.60} are not a list")
        if class_name == "TimeDistributed" and isinstance(config, dict):
            chain = over_time(config)
            if chain:
                class_name, config = "Sequential", chain
        kind = known_layer(item)
        if kind and is_beyond(kind, config, calls):
            kind = None
        is_model = class_name in MODELS
        if is_model and (*path, name) not in self.models:
            self.models.add((*path, name))
            self.diagnostics.append(diagnose(FLATTENED, name=name[:60]))
        for index, call in enumerate(calls or [None]):
            self._count()
            names = kind.input_names if kind else ()
            made = Inbound()
            if call and isinstance(call, list) and class_name in OF_TENSORFLOW:
                made = tensorflow_call(call)
            elif call:
                made = inbound(call, is_known=is_model or kind is not None, names=names)
            if is_model:
                self.diagnostics += fixed_mode(name, made.extras)
                inner = self._scope(class_name, config, scope, made.tensors, (*path, name))
                scope.calls[name, index] = inner
            else:
                scope.calls[name, index] = self._node(scope, item, kind, made, (*path, name))

    def _node(
        self,
        scope: Scope,
        item: dict[str, Any],
        kind: type[Layer] | None,
        made: Inbound,
        path: tuple[str, ...],
    ) -> str:
        """Make the node of one call of a layer: the first one owns its parameters, the others share
        them.
        """
        identity = f"n{len(self.nodes)}"
        owner = self.owners.setdefault(path, identity)
        if item.get(IMPLIED) is True:
            self.implied.add(identity)
        name = self._free_name(path)
        params: dict[str, Any] = {}
        if owner == identity:
            params = self._params(item, kind, name, identity)
        if made.template is not None:
            params["call"] = made.template
        type_name = kind.__name__ if kind else foreign_type(item)
        if kind is None and owner == identity:
            if is_operation(item):
                self.operations.add(identity)
            else:
                unknown = diagnose(UNKNOWN, name=name, kind=type_name[:80])
                self.diagnostics.append(unknown)
        shares = None if owner == identity else owner
        self.nodes[identity] = Node(identity, type_name, name, params, shares=shares)
        if kind:
            if owner == identity:
                self.diagnostics += first_call(kind, made.extras, params, name)
            else:
                known = self.nodes[owner].params
                self.diagnostics += further_call(kind, made.extras, known, name)
            if "training" in kind.call_params and self.configs.generation < 3:
                self.diagnostics += fixed_mode(name, made.extras)
        self.masks.extend((scope, key, tensor, identity) for key, tensor in made.masks)
        self.wires.extend(
            (scope, tensor, identity, port) for port, tensor in enumerate(made.tensors)
        )
        return identity

    def _params(
        self, item: dict[str, Any], kind: type[Layer] | None, name: str, identity: str
    ) -> dict[str, Any]:
        config = item.get("config")
        if not isinstance(config, dict):
            refuse(f"{name} has no configuration")
        if kind:
            self.configs.keeps_channels_first = False
            params = self.configs.params(kind, config, name)
            if self.configs.keeps_channels_first:
                around = config.get("layer") if "layer" in kind.params else None
                inner = around.get("class_name") if isinstance(around, dict) else None
                in_steps = kind.__name__ == "TimeDistributed" or "ConvLSTM" in str(inner)
                in_steps = in_steps or kind.__name__.startswith("ConvLSTM")
                self.first[identity] = 2 if in_steps else 1
            return params
        params = {key: value for key, value in config.items() if key != "name"}
        if item.get("registered_name") is not None:
            params["registered_name"] = item["registered_name"]
        return params

    def _masks(self, counts: Counter[str]) -> list[Edge]:
        """Edges for masks that come in from outside; those that Keras derives by itself need none.

        Args:
            counts: of the inputs that each node has already.
        """
        made = []
        for scope, key, tensor, identity in self.masks:
            source, port = self._end(scope, tensor)
            if source in self.operations:
                continue
            node, given = self.nodes[identity], self.nodes[source]
            kind = LAYERS.get(node.type)
            is_taken = kind is not None and key in kind.input_names
            if is_taken and is_input(given) and given.params.get("dtype") == "bool":
                made.append(Edge(source, identity, port, counts[identity]))
            else:
                self.diagnostics.append(left_out(node.name, key, tensor[0]))
        return made

    def _end(self, scope: Scope, tensor: History) -> tuple[str, int]:
        """The node and output port that a tensor's name stands for. Raises GraphError."""
        while True:
            self._count()
            name, index, place = tensor
            found = scope.calls.get((name, index))
            if found is None and (name, 1) not in scope.calls:
                # Keras 2 counts the call by which an inner model was made; with a single call there
                # is no doubt.
                found = scope.calls.get((name, 0))
            if isinstance(found, str):
                return found, place
            if isinstance(found, Feed) and scope.parent:
                tensor, scope = scope.feeds[found.place], scope.parent
            elif isinstance(found, Scope) and place < len(found.outputs):
                tensor, scope = found.outputs[place], found
            else:
                refuse(
                    f"output {place} of call {index} of {name:.60} is used, and nothing makes it"
                )

    def _free_name(self, path: tuple[str, ...]) -> str:
        """The layer's own name, with the inner model's before it or a number behind it where it is
        taken.
        """
        own = _ILLEGAL.sub("_", path[-1])[:150] or "layer"
        for name in (own, _ILLEGAL.sub("_", "_".join(path))[:150]):
            if name and name not in self.names:
                self.names[name] = 0
                return name
        while True:
            self.names[own] += 1
            name = f"{own}_{self.names[own]}"
            if name not in self.names:
                self.names[name] = 0
                return name

    def _count(self) -> None:
        """Bound the work: inner models called in inner models multiply. Raises GraphError."""
        self.steps += 1
        if self.steps > MAX_STEPS or len(self.nodes) > MAX_NODES:
            raise GraphError(
                [diagnose(TOO_LARGE, count=f"over {MAX_NODES}", things="nodes", limit=MAX_NODES)]
            )


def known_layer(item: dict[str, Any]) -> type[Layer] | None:
    """The catalogue's class of a layer in a file; None for a class of another package that has the
    same name.
    """
    # HDF5 files call a registered class by its full name.
    module, kind = item.get("module"), _class(item["class_name"].rpartition(">")[2])
    if kind is not None and kind.package != "keras":
        registered = item.get("registered_name") or item["class_name"]
        return kind if registered == f"{kind.package}>{kind.__name__}" else None
    if ">" in item["class_name"]:
        return None
    if isinstance(module, str) and not _KERAS_LAYERS.fullmatch(module):
        return None
    return kind


def _class(name: str) -> type[Layer] | None:
    exported = next((known for known, own in OWN_NAMES.items() if own == name), name)
    return LAYERS.get(exported)


def foreign_type(item: dict[str, Any]) -> str:
    """What an unknown layer is called: its class, with the module where that is not Keras'."""
    module = item.get("module")
    if isinstance(module, str) and not _KERAS_LAYERS.fullmatch(module):
        return f"{module}.{item['class_name']}"
    # A class of the palette that is called in a way it has not here is no layer of the palette.
    known = item["class_name"] in LAYERS
    return f"keras.layers.{item['class_name']}" if known else str(item["class_name"])


def is_operation(item: dict[str, Any]) -> bool:
    """Whether a layer is an operation; Keras 3 puts some in by itself to compute masks."""
    return item["class_name"] in OF_TENSORFLOW or is_operation_type(foreign_type(item))
