"""Goes through a network with operations in it and puts layers in their place, where rules say by
which they are computed.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from exporters.operations.operation import (
    NAMES,
    Operation,
    Place,
    is_operation_type,
    operation_of,
)
from exporters.operations.sizes import Sizes, Unsized, filled, sizes_of
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node
from layers.layer import LAYERS
from layers.names import Names
from layers.tensor import Tensor
from layers.walk import KEPT_SHAPE, SHAPELESS, stated

SHOWN = Problem(
    "keras.operations",
    "{count:operation between the layers is shown as a layer that computes|operations between the"
    " layers are shown as layers that compute} the same: {names}.",
    "Leave them.",
    severity="hint",
)

End: TypeAlias = tuple[str, int]
"""A node and one of its outputs."""
Rule: TypeAlias = Callable[["Making", Operation], "End | list[End] | None"]
RULES: dict[str, Rule] = {}
"""By the operation's name."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Declare how the operations of these names are computed."""

    def declare(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return declare


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule."""
    package = import_module("exporters.operations.rules")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return RULES


SEVERAL = ("split", "unstack")
"""Operations that give several tensors."""


def is_single(name: str) -> bool:
    """Whether there may be layers for an operation of this name that gives one tensor."""
    name = NAMES.get(name, name)
    return name in rules() and name not in SEVERAL


@dataclass
class Making:
    """The layers of one operation while they are made.

    Attributes:
        inputs: what the operation is called on.
        used: which of its outputs anything uses.
        tensors: what is known of every output.
    """

    node: Node
    inputs: list[End]
    used: set[int]
    tensors: dict[End, Tensor]
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def end(self, value: object) -> End | None:
        """The output that an argument is; None where it is none."""
        return self.inputs[value.number] if isinstance(value, Place) else None

    def tensor(self, end: End) -> Tensor:
        return self.tensors[end]

    def layer(self, kind: str, *ends: End, port: int = 0, **params: Any) -> End:
        """Add a layer that is called on these, and give one of its outputs. Raises Invalid."""
        return self.several(kind, *ends, **params)[port]

    def several(self, kind: str, *ends: End, **params: Any) -> list[End]:
        """Add a layer, and give all its outputs. Raises Invalid where it is not possible."""
        declared = LAYERS[kind]
        values, mistakes = declared.check(params)
        if mistakes:
            raise mistakes[0]
        output = declared.of(values).output(*(self.tensors[end] for end in ends))
        outputs = output if isinstance(output, tuple) else (output,)
        identity = f"{self.node.id}-{len(self.nodes)}"
        name = f"{self.node.name}_{kind.lower()}"
        complete = {key: declared.params[key].plain(value) for key, value in values.items()}
        self.nodes.append(Node(identity, kind, name, complete))
        self.edges.extend(
            Edge(source, identity, port, place) for place, (source, port) in enumerate(ends)
        )
        made = [(identity, port) for port in range(len(outputs))]
        self.tensors.update(zip(made, outputs, strict=True))
        return made


def with_layers(
    graph: Graph, outputs: list[End], kept: Collection[str] = ()
) -> tuple[Graph, list[End], tuple[Diagnostic, ...]]:
    """The network with layers in the places of operations, its outputs in it, and what to tell.

    Operations on masked tensors stay: layers would hand the mask on, and an operation does not.

    Args:
        kept: types of layers that are not known and supposed to keep the shape of their input.
    """
    types = {node.type for node in graph.nodes.values()}
    if types.isdisjoint(kept) and not any(map(is_operation_type, types)):
        return graph, outputs, ()
    return _Walk(graph, outputs, kept).run()


class _Walk:
    def __init__(self, graph: Graph, outputs: list[End], kept: Collection[str]) -> None:
        self.graph = graph
        self.outputs = outputs
        self.kept = kept
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.tensors: dict[End, Tensor] = {}
        self.sizes: dict[End, Sizes] = {}
        self.waiting: dict[str, tuple[Node, list[End]]] = {}
        self.masked: set[str] = set()
        self.moved: dict[End, End] = {}
        self.names = Names(node.name for node in graph.nodes.values())
        self.shown: list[str] = []

    def run(self) -> tuple[Graph, list[End], tuple[Diagnostic, ...]]:
        needed = {source for source, _ in self.outputs}
        for node in self.graph:
            if len(self.nodes) > MAX_NODES:
                count = f"over {MAX_NODES}"
                raise GraphError(
                    [diagnose(TOO_LARGE, count=count, things="nodes", limit=MAX_NODES)]
                )
            ends = [
                self.moved.get(end, end)
                for edge in self.graph.incoming(node.id)
                for end in [(edge.source, edge.source_port)]
            ]
            if not (is_operation_type(node.type) and self._replaced(node, ends)):
                self._kept(node, ends)
            elif node.id in needed and node.id in self.waiting:
                self._kept(*self.waiting.pop(node.id))
        if not self.shown and not self.kept:
            return self.graph, self.outputs, ()
        stored = {key: self.nodes[key] for key in self.graph.nodes if key in self.nodes}
        graph = Graph(stored | self.nodes, dict.fromkeys(self.edges), name=self.graph.name)
        names = ", ".join(self.shown)[:300]
        notes = (diagnose(SHOWN, count=len(self.shown), names=names),) if self.shown else ()
        return graph, [self.moved.get(end, end) for end in self.outputs], notes

    def _kept(self, node: Node, ends: list[End]) -> None:
        """Take a node over, and work out what it gives where that can be known."""
        self._awaited(ends)
        self.nodes[node.id] = node
        self.edges.extend(
            Edge(source, node.id, port, edge.target_port)
            for edge, (source, port) in zip(self.graph.incoming(node.id), ends, strict=True)
        )
        owner = self.graph.nodes.get(node.shares, node) if node.shares else node
        kind = LAYERS.get(owner.type)
        inputs = [self.tensors[end] for end in ends if end in self.tensors]
        if kind is None:
            self._unknown(node, owner, inputs if len(inputs) == len(ends) else [])
            return
        if len(inputs) < len(ends) or len(ends) < kind.min_inputs:
            return
        values, mistakes = kind.check(owner.params)
        if any(
            mistake.problem.severity == "error" and mistake.param not in SHAPELESS
            for mistake in mistakes
        ):
            return
        if kind.max_inputs is not None and len(ends) > kind.max_inputs:
            return
        layer = kind.of(values)
        try:
            output = layer.output(*inputs)
        except Invalid:
            return
        for port, tensor in enumerate(output if isinstance(output, tuple) else (output,)):
            self.tensors[node.id, port] = tensor
        if layer.mask(*(source in self.masked and port == 0 for source, port in ends)):
            self.masked.add(node.id)

    def _awaited(self, ends: list[End]) -> None:
        """Take over what only gives sizes, where somebody needs it as a tensor."""
        found: set[str] = set()
        stack = [source for source, _ in ends]
        while stack:
            source = stack.pop()
            if source in self.waiting and source not in found:
                found.add(source)
                stack.extend(before for before, _ in self.waiting[source][1])
        # In the order of the network: what one of them needs is there before it.
        for identity in [one for one in self.waiting if one in found] if found else ():
            self._kept(*self.waiting.pop(identity))

    def _unknown(self, node: Node, owner: Node, inputs: list[Tensor]) -> None:
        """Note what a layer that is not known gives, where that is said or supposed."""
        if not stated(owner) and owner.type in self.kept and len(inputs) == 1:
            params = {**owner.params, KEPT_SHAPE: list(inputs[0].shape[1:])}
            owner = replace(owner, params=params)
            if owner.id == node.id:
                self.nodes[node.id] = owner
        if found := stated(owner):
            self.tensors[node.id, 0] = found[0]

    def _replaced(self, node: Node, ends: list[End]) -> bool:
        """Put layers in the place of an operation; whether there are some that compute it."""
        owner = self.graph.nodes.get(node.shares, node) if node.shares else node
        operation = operation_of(node, owner, len(ends))
        try:
            self.sizes[node.id, 0] = sizes_of(operation, ends, self.tensors, self.sizes)
            self.waiting[node.id] = node, ends
            return True
        except (Unsized, TypeError):
            given = {key: filled(one, ends, self.sizes) for key, one in operation.given.items()}
            operation = replace(operation, given=given)
        found = rules().get(operation.name)
        if found is None or any(source in self.masked for source, _ in ends):
            return False
        used = {edge.source_port for edge in self.graph.outgoing(node.id)}
        used |= {port for source, port in self.outputs if source == node.id}
        making = Making(node, ends, used, self.tensors)
        try:
            made = found(making, operation)
        except (Invalid, TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            # Arguments of another kind than the rule expects.
            made = None
        if made is None:
            return False
        results = made if isinstance(made, list) else [made]
        if max(used, default=0) >= len(results):
            return False
        if making.nodes and making.nodes[-1].id == results[-1][0]:
            last = making.nodes[-1]
            making.nodes[-1] = Node(last.id, last.type, node.name, last.params)
        for item in making.nodes:
            name = item.name if item.name == node.name else self.names.free(item.name)
            self.nodes[item.id] = Node(item.id, item.type, name, item.params)
        self.edges.extend(making.edges)
        self.moved.update({(node.id, port): end for port, end in enumerate(results)})
        self.shown.append(node.name)
        return True
