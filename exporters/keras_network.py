"""The layers and connections of a Keras configuration as a graph: Functional, Sequential, and
models inside models.

A model inside a model becomes a block, and calling it (or a layer) again becomes nodes that share.
Keras names tensors relative to the model they are in, so every model keeps a scope in which such
names are looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from exporters.channels_last import channels_last
from exporters.keras_applications import plain, without_weighted_sums
from exporters.keras_arguments import first_call, fixed_mode, further_call, left_out, unheard
from exporters.keras_beyond import is_beyond
from exporters.keras_call import History, Inbound, by_names, histories, inbound, refuse
from exporters.keras_channels import Reordering
from exporters.keras_classes import foreign_type, is_operation, known_layer
from exporters.keras_config import ConfigReader
from exporters.keras_ends import with_outputs, without_leftovers
from exporters.keras_folding import folded
from exporters.keras_functions import APART, apart
from exporters.keras_inner import Inner, Nest, counted_from, settled, with_stated
from exporters.keras_over_time import over_time
from exporters.keras_sequential import IMPLIED, as_functional, input_shape
from exporters.keras_twins import without_twins
from exporters.operations.making import with_layers
from exporters.operations.operation import OF_TENSORFLOW, tensorflow_call
from exporters.plan import is_input
from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node
from layers.layer import LAYERS, Layer

UNKNOWN = Problem(
    "keras.unknown_layer",
    "{name} is the layer {kind}, which this program does not know; it is kept as it is, and its"
    " output is unknown.",
    "Replace it by a layer of the palette, or keep it for export to Keras.",
    severity="warning",
)

MASK_INPUT = Problem(
    "keras.mask_input",
    "The input {name} is a mask, and takes true and false here; in the file it takes {dtype}, where"
    " all but 0 is true.",
    "Hand it true and false.",
    severity="hint",
)
PAIRS = "attention_mask"
"""The argument for a mask of pairs of steps, which Keras never makes by itself."""
MODELS = ("Functional", "Sequential", "Model")
MAX_STEPS = 5 * MAX_NODES


@dataclass
class Scope:
    """A model while it is read: what the names of its tensors stand for."""

    parent: Scope | None = None
    inner: Inner | None = None
    inputs: list[History] = field(default_factory=list)
    outputs: list[History] = field(default_factory=list)
    calls: dict[tuple[str, int], str | Scope] = field(default_factory=dict)


Wire: TypeAlias = tuple[Scope, History, str, int]
"""A tensor to be looked up in a scope, and the node and input port it goes to."""


class NetworkReader:
    """Reads the configuration of a model.

    Attributes:
        diagnostics: what could not be kept exactly.
        layers: the node of each layer, by its name behind those of the models it lies in.
        reorderings: how weights of the file are to be turned, by node and name.
    """

    def __init__(self, generation: int = 3, kept: Collection[str] = ()) -> None:
        self.kept = kept
        self.configs = ConfigReader(generation)
        self.diagnostics = self.configs.diagnostics
        self.nodes: dict[str, Node] = {}
        self.wires: list[Wire] = []
        self.masks: list[tuple[Scope, str, History, str]] = []
        self.derived: list[tuple[str, str, str]] = []
        self.owners: dict[tuple[str, ...], str] = {}
        self.layers: dict[tuple[str, ...], str] = {}
        self.implied: set[str] = set()
        self.first: dict[str, int] = {}
        self.reorderings: dict[str, dict[str, Reordering]] = {}
        self.nest = Nest()
        self.operations: set[str] = set()
        self.steps = 0

    def network(self, class_name: str, config: Any) -> Graph:
        """The graph of a model's configuration. Raises GraphError."""
        top = self._scope(class_name, config, None, [], ())
        edges = []
        for scope, tensor, target, port in self.wires:
            source, source_port = self._end(scope, tensor)
            edges.append(Edge(source, target, source_port, port))
        edges += self._masks(edges)
        if not self.first:
            self.nodes |= with_stated(self.nodes, self.nest, edges, self.operations)
        outputs = [self._end(top, tensor) for tensor in top.outputs]
        inputs = [self._end(top, tensor)[0] for tensor in top.inputs]
        name = config.get("name") if isinstance(config, dict) else None
        title = name[:200] if isinstance(name, str) and name else "network"
        graph = Graph(self.nodes, dict.fromkeys(edges), name=title)
        if graph.looped:
            name = graph.nodes[min(graph.looped)].name
            refuse(f"{name:.60} feeds itself, directly or through other layers")
        graph, outputs, notes = settled(graph, self.nest, outputs)
        self.diagnostics.extend(notes)
        graph = without_leftovers(graph, self.operations, {identity for identity, _ in outputs})
        graph, outputs, told = with_layers(graph, outputs, self.kept)
        self.diagnostics.extend(told)
        self.operations &= graph.nodes.keys()
        graph = without_leftovers(graph, self.operations, {identity for identity, _ in outputs})
        self.diagnostics += unheard(graph, self.derived)
        used = [node for node in graph.nodes.values() if node.id in self.operations]
        self.diagnostics.extend(
            diagnose(UNKNOWN, name=node.name, kind=node.type[:80]) for node in used
        )
        graph, ends, notes = with_outputs(graph, outputs)
        self.diagnostics.extend(notes)
        reorderings: Mapping[str, dict[str, Reordering]] = {}
        if self.first:
            graph, reorderings, notes = channels_last(graph, self.first)
            self.diagnostics.extend(notes)
        made = folded(graph, self.nest, inputs, ends)
        self.diagnostics.extend(made.diagnostics)
        self.reorderings = {made.nodes[identity]: turns for identity, turns in reorderings.items()}
        self.layers = {
            path: made.nodes[identity]
            for path, identity in self.owners.items()
            if identity in made.nodes and identity not in self.implied
        }
        return made.graph

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
        config = without_weighted_sums(without_twins(config, self.configs.generation))
        inner = self.nest.call(path, parent.inner) if parent else None
        scope = Scope(parent, inner)
        inputs = config.get("input_layers")
        scope.inputs = [] if inputs == [] else histories(inputs)
        scope.outputs = histories(config.get("output_layers"))
        if parent and len(feeds) != len(scope.inputs):
            refuse(f"{path[-1]:.60} has {len(scope.inputs)} inputs and is called on {len(feeds)}")
        first_wire = len(self.wires)
        entries: set[str] = set()
        if inner and parent:
            for (name, _, _), feed in zip(scope.inputs, feeds, strict=True):
                if name not in entries:
                    entries.add(name)
                    scope.calls[name, 0] = entry = self._port(inner, name, is_input=True)
                    self.wires.append((parent, feed, entry, 0))
        for item in config["layers"]:
            if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
                refuse("a layer has no class name")
            self._item(scope, item, path, entries)
        self._count_calls(scope, first_wire)
        if inner:
            for tensor in scope.outputs:
                self.wires.append((scope, tensor, self._port(inner, "output", is_input=False), 0))
        return scope

    def _count_calls(self, scope: Scope, first_wire: int) -> None:
        """Name the calls of inner models from 0 on, where the file counts them otherwise."""
        counts = Counter(name for name, _ in scope.calls)
        several = {
            name: count
            for name, count in counts.items()
            if count > 1 and isinstance(scope.calls[name, 0], Scope)
        }
        if not several:
            return
        places = [at for at in range(first_wire, len(self.wires)) if self.wires[at][0] is scope]
        for name, count in several.items():
            inside = {self.wires[at][1][1] for at in places if self.wires[at][1][0] == name}
            ends = {index for end, index, _ in scope.outputs if end == name}
            is_later = self.configs.generation > 2
            for_inside, for_ends = counted_from(inside, ends, count, is_keras_3=is_later)
            for at in places:
                _, (end, index, place), target, port = self.wires[at]
                if end == name:
                    self.wires[at] = (scope, (name, index - for_inside, place), target, port)
            scope.outputs = [
                (end, index - for_ends if end == name else index, place)
                for end, index, place in scope.outputs
            ]

    def _port(self, inner: Inner, name: str, *, is_input: bool) -> str:
        """Make the node of the next input or output of an inner model."""
        self._count()
        identity = f"n{len(self.nodes)}"
        self.nodes[identity] = self.nest.port(identity, inner, name, is_input=is_input)
        return identity

    def _item(
        self, scope: Scope, item: dict[str, Any], path: tuple[str, ...], entries: set[str]
    ) -> None:
        """Read one layer or inner model with all its calls; an input that is handed over is there
        already.
        """
        item = plain(item)
        class_name, config = item["class_name"], item.get("config")
        own = config.get("name") if isinstance(config, dict) else None
        name = str(item.get("name") or own or class_name)
        if class_name == "InputLayer" and name in entries:
            entries.remove(name)
            self.nest.shapes[str(scope.calls[name, 0])] = input_shape(item)
            return
        if (name, 0) in scope.calls:
            refuse(f"two layers are called {name:.60}")
        if class_name == "InputLayer" and scope.parent:
            refuse(f"nothing is handed to the input {name:.60}")
        calls = item.get("inbound_nodes", [])
        if not isinstance(calls, list):
            refuse(f"the calls of {name:.60} are not a list")
        if class_name == "TimeDistributed" and isinstance(config, dict):
            model = over_time(config)
            if model:
                class_name, config = model["class_name"], model["config"]
        kind = known_layer(item)
        if kind and is_beyond(kind, config, calls):
            kind = None
        item, behind = apart(kind, item)
        is_model = class_name in MODELS
        for index, call in enumerate(by_names(calls, config) or [None]):
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
                node = self._node(scope, item, kind, made, (*path, name))
                scope.calls[name, index] = node
                if behind:
                    scope.calls[name, index] = self._behind(scope, behind, node, (*path, name))

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
        name = self.nest.names.free(scope.inner, path[-1])
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
        if scope.inner:
            self.nest.where[identity] = scope.inner
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

    def _behind(self, scope: Scope, item: dict[str, Any], node: str, path: tuple[str, ...]) -> str:
        """Make the node of a layer that another one, whose node is given, has for its function."""
        *outer, name = path
        own = f"{name}_activation"
        if (*path, own) not in self.owners:
            kind = item["class_name"]
            self.diagnostics.append(diagnose(APART, name=name[:60], kind=kind))
        inside = f"{node}\0"  # no layer of a file is called so
        scope.calls[inside, 0] = node
        made = Inbound(tensors=[(inside, 0, 0)])
        return self._node(scope, item, known_layer(item), made, (*outer, name, own))

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

    def _masks(self, edges: Sequence[Edge]) -> list[Edge]:
        """Edges for masks that come in from outside; those that Keras derives by itself need none.

        Args:
            edges: the others.
        """
        counts = Counter(edge.target for edge in edges)
        handed = self.nest.handed_over(edges)
        made = []
        for scope, key, tensor, identity in self.masks:
            source, port = self._end(scope, tensor)
            if source in self.operations and key != PAIRS:
                self.derived.append((identity, key, tensor[0]))
                continue
            node, given = self.nodes[identity], self.nodes[handed.get(source, source)]
            kind = LAYERS.get(node.type)
            is_taken = kind is not None and key in kind.input_names[-1:] and is_input(given)
            if is_taken and key == PAIRS and not any(edge.source == source for edge in edges):
                given = self._as_mask(given)
            if is_taken and given.params.get("dtype") == "bool":
                made.append(Edge(source, identity, port, counts[identity]))
            else:
                self.diagnostics.append(left_out(node.name, key, tensor[0]))
        return made

    def _as_mask(self, given: Node) -> Node:
        """An input that is nothing but a mask of pairs, of which Keras asks only what is not 0."""
        dtype = given.params.get("dtype")
        if dtype != "bool":
            given = replace(given, params={**given.params, "dtype": "bool"})
            self.nodes[given.id] = given
            name, kind = given.name[:60], f"{dtype!s:.20}"
            self.diagnostics.append(diagnose(MASK_INPUT, name=name, dtype=kind))
        return given

    def _end(self, scope: Scope, tensor: History) -> tuple[str, int]:
        """The node and output port that a tensor's name stands for. Raises GraphError."""
        self._count()
        name, index, place = tensor
        found = scope.calls.get((name, index))
        if found is None and (name, 1) not in scope.calls:
            # Keras 2 counts the call by which an inner model was made; with a single call there
            # is no doubt.
            found = scope.calls.get((name, 0))
        if isinstance(found, str):
            return found, place
        if found and found.inner and place < len(found.inner.outputs):
            return found.inner.outputs[place], 0
        refuse(f"output {place} of call {index} of {name:.60} is used, and nothing makes it")

    def _count(self) -> None:
        """Bound the work: inner models called in inner models multiply. Raises GraphError."""
        self.steps += 1
        if self.steps > MAX_STEPS or len(self.nodes) > MAX_NODES:
            raise GraphError(
                [diagnose(TOO_LARGE, count=f"over {MAX_NODES}", things="nodes", limit=MAX_NODES)]
            )
