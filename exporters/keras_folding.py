"""Models inside models as blocks: from the flat network that was read and the ports in it.

Every call of an inner model becomes a Block node, and the first call of each gives the definition;
further calls share the first. Where a call differs from the first (its tensors keep their axes in
another order), or models lie deeper than blocks may, the model is shown as its layers instead, and
a hint says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any, TypeAlias

from exporters.keras_ends import numbered
from exporters.keras_inner import Inner, NamesWithin, Nest, raised
from exporters.layout import place
from exporters.plan import is_input
from layers.blocks import BLOCK, BLOCK_INPUT, MAX_DEPTH, identity_in
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Edge, Graph, Node

FLATTENED = Problem(
    "keras.flattened",
    "The model {name} inside the model is shown as its layers: {reason}.",
    "Leave it: it computes the same.",
    severity="hint",
)
TOO_DEEP = f"models lie in models more than {MAX_DEPTH} deep"
DIFFERS = "its calls differ inside, in the order of axes or in operations"

Unit: TypeAlias = str | Inner
"""What stands in one level: a node, or a call of an inner model."""
Wire: TypeAlias = tuple[Unit, int, Unit, int]


@dataclass(frozen=True, slots=True)
class Folded:
    """A network with blocks.

    Attributes:
        graph: the network, numbered; what is in blocks is placed.
        diagnostics: which models are shown as their layers.
        nodes: the node of the expanded network by that of the flat one.
    """

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]
    nodes: dict[str, str]


def folded(graph: Graph, nest: Nest, inputs: Iterable[str], ends: Sequence[str]) -> Folded:
    """Make blocks of the inner models of a flat network.

    Args:
        graph: the flat network, perhaps with layers in the place of operations and Permutes put in.
        nest: which nodes lie in which model.
        inputs, ends: the nodes that are the network's inputs and outputs, in order.
    """
    if not nest.inners:
        made, fresh = numbered(graph, inputs, ends)
        return Folded(made, (), fresh)
    return _Folding(graph, nest, list(ends)).run(inputs)


class _Folding:
    def __init__(self, graph: Graph, nest: Nest, ends: list[str]) -> None:
        self.name = graph.name
        self.nodes = dict(graph.nodes)
        self.edges = list(graph.edges)
        self.nest = nest
        self.ends = ends
        self.notes: list[Diagnostic] = []
        self.blocks: dict[str, Any] = {}
        self.titles: dict[tuple[str, ...], str] = {}
        self.names = NamesWithin()
        self.ids: dict[Unit, str] = {}
        self.units: dict[Inner | None, dict[Unit, None]] = {}
        self.wires: dict[Inner | None, list[Wire]] = {}
        self.entries: dict[str, tuple[Inner, int]] = {}
        self.exits: dict[str, tuple[Inner, int]] = {}
        for identity in graph.nodes:
            # What was put in the place of an operation has its id, and a number behind it.
            around = nest.where.get(identity.partition("-")[0])
            if around:
                nest.where[identity] = around
        for edge in graph.edges:
            # A Permute that was put in stands beside what feeds it, or behind the block.
            if edge.target.startswith("p"):
                around = nest.where.get(edge.source)
                if around and edge.source in around.outputs:
                    around = around.parent
                if around:
                    nest.where[edge.target] = around

    def run(self, inputs: Iterable[str]) -> Folded:
        deep = {inner for inner in self.nest.inners if inner.depth > MAX_DEPTH}
        self._flatten(deep, TOO_DEEP)
        for depth in range(max((item.depth for item in self.nest.inners), default=0), 0, -1):
            self._flatten(self._unlike(depth), DIFFERS)
        self._sort()
        # Models inside others come before those, whose definitions name them.
        for inner in reversed(self.nest.inners):
            if inner.first is None and inner in self.units:
                self._define(inner)
        tops = [self._top(end) for end in self.ends]
        graph = self._level(None)
        made, fresh = numbered(graph, inputs, dict.fromkeys(tops))
        for unit in self.units.get(None, {}):
            self.ids[unit] = fresh[self._key(unit)]
        blocks = dict(reversed(self.blocks.items()))
        made = Graph(made.nodes, made.wiring, blocks, self.name)
        return Folded(made, tuple(self.notes), self._expanded())

    def _top(self, end: str) -> str:
        """The node of the outermost model that an output is in."""
        inner = self.nest.where.get(end)
        while inner and inner.parent:
            inner = inner.parent
        return self._key(inner) if inner else end

    def _key(self, unit: Unit) -> str:
        """A unit's id before it is numbered."""
        return unit if isinstance(unit, str) else f"b{self.places[unit]}"

    def _sort(self) -> None:
        """Find what stands in each level, and how it is connected there."""
        where = self.nest.where
        self.units, self.wires = {None: {}}, {}
        self.places = {inner: place for place, inner in enumerate(self.nest.inners)}
        self.entries = {p: (x, n) for x in self.nest.inners for n, p in enumerate(x.inputs)}
        self.exits = {p: (x, n) for x in self.nest.inners for n, p in enumerate(x.outputs)}
        for identity in self.nodes:
            unit: Unit = identity
            inner = where.get(identity)
            while inner:
                self.units.setdefault(inner, {})[unit] = None
                unit, inner = inner, inner.parent
            self.units[None][unit] = None
        for edge in self.edges:
            entry, leaving = self.entries.get(edge.target), self.exits.get(edge.source)
            level = entry[0].parent if entry else where.get(edge.target)
            source = leaving or (edge.source, edge.source_port)
            target = entry or (edge.target, edge.target_port)
            self.wires.setdefault(level, []).append((*source, *target))

    def _unlike(self, depth: int) -> set[Inner]:
        """The calls of models at a depth of which one is not like the first."""
        further = [item for item in self.nest.inners if item.first and item.depth == depth]
        if not further:
            return set()
        self._sort()
        paths = {
            item.path for item in further if item.first and not self._are_alike(item, item.first)
        }
        return {item for item in self.nest.inners if item.path in paths}

    def _are_alike(self, inner: Inner, first: Inner) -> bool:
        """Whether a further call of a model looks as the first one does."""
        ours, theirs = self.units.get(inner, {}), self.units.get(first, {})
        if len(ours) != len(theirs) or self._shape(inner) != self._shape(first):
            return False
        return all(starmap(self._stand_for, zip(ours, theirs, strict=True)))

    def _stand_for(self, unit: Unit, other: Unit) -> bool:
        """Whether a unit of a further call is what one of the first call is."""
        if isinstance(unit, Inner) or isinstance(other, Inner):
            return isinstance(unit, Inner) and isinstance(other, Inner) and unit.path == other.path
        node, same = self.nodes[unit], self.nodes[other]
        if node.shares:
            calls = node.params.get("call"), same.params.get("call")
            return node.shares == (same.shares or same.id) and calls[0] == calls[1]
        return (node.type, node.params) == (same.type, same.params)

    def _shape(self, inner: Inner) -> object:
        """How a level is connected, whichever call of a model it is."""
        places = {unit: number for number, unit in enumerate(self.units.get(inner, {}))}
        ports = [[places.get(port) for port in end] for end in (inner.inputs, inner.outputs)]
        wires = sorted(
            (places[source], port, places[target], end)
            for source, port, target, end in self.wires.get(inner, ())
        )
        return ports, wires

    def _flatten(self, gone: set[Inner], reason: str) -> None:
        """Show models as their layers."""
        if not gone:
            return
        for path in dict.fromkeys(inner.path for inner in self.nest.inners if inner in gone):
            self.notes.append(diagnose(FLATTENED, name=path[-1][:60], reason=reason))
        raised(self.nodes, self.nest, gone)
        ports = [port for inner in gone for port in (*inner.inputs, *inner.outputs)]
        self._pass(dict.fromkeys(ports))

    def _pass(self, ports: dict[str, None]) -> None:
        """Take out nodes that let their tensor pass, as far as something follows."""
        feeding = {edge.target: edge for edge in self.edges if edge.target in ports}
        used = {edge.source for edge in self.edges}
        kept = {port for port in ports if port not in used}
        made = []
        for edge in self.edges:
            if edge.target in ports and edge.target not in kept:
                continue
            source, seen = edge, set()
            while source.source in ports and source.source in feeding:
                if source.source in seen:
                    break
                seen.add(source.source)
                source = feeding[source.source]
            made.append(replace(edge, source=source.source, source_port=source.source_port))
        self.edges = made
        self.nodes = {
            identity: replace(node, shares=None) if identity in ports else node
            for identity, node in self.nodes.items()
            if identity not in ports or identity in kept
        }
        self.edges = [edge for edge in made if edge.source in self.nodes]
        self._end(kept)

    def _end(self, kept: set[str]) -> None:
        """Take out those at an end, too, where the layer before them can be the end."""
        uses = Counter(edge.source for edge in self.edges)
        before = {
            edge.target: edge.source
            for edge in self.edges
            if edge.target in kept
            and (uses[edge.source], edge.source_port) == (1, 0)
            and not is_input(self.nodes[edge.source])
        }
        self.edges = [edge for edge in self.edges if edge.target not in before]
        self.ends = [before.get(end, end) for end in self.ends]
        for port in before:
            del self.nodes[port]

    def _define(self, inner: Inner) -> None:
        """Make the definition of the block that an inner model is."""
        graph = self._level(inner)
        declared: list[str] = []
        for port in inner.outputs:
            source = next((wire for wire in self.wires[inner] if wire[2] == port), None)
            declared.append(self._through(graph, port) if source else port)
        graph, ends = self._without_ends(graph, inner, declared)
        others = [
            node.id
            for node in graph.nodes.values()
            if not graph.outgoing(node.id) and node.type != BLOCK_INPUT and node.id not in ends
        ]
        made, fresh = numbered(graph, inner.inputs, [*ends, *others])
        made = place(made)
        for unit in self.units[inner]:
            if self._key(unit) in fresh:
                self.ids[unit] = fresh[self._key(unit)]
        nodes = [node.to_json() for node in made.nodes.values()]
        edges = [edge.to_json() for edge in made.edges]
        self.blocks[self._title(inner)] = {"params": {}, "nodes": nodes, "edges": edges}

    def _through(self, graph: Graph, port: str) -> str:
        """What can be an output by itself in place of a port: a layer that feeds nothing else."""
        (edge,) = graph.incoming(port)
        source = graph.nodes[edge.source]
        alone = len(graph.outgoing(edge.source)) == 1 and edge.source_port == 0
        return edge.source if alone and source.type != BLOCK_INPUT else port

    def _without_ends(
        self, graph: Graph, inner: Inner, declared: list[str]
    ) -> tuple[Graph, list[str]]:
        """The level without those ports that another node stands for."""
        gone = {port for port, end in zip(inner.outputs, declared, strict=True) if port != end}
        nodes = {identity: node for identity, node in graph.nodes.items() if identity not in gone}
        for edge in (edge for port in inner.outputs for edge in graph.incoming(port)):
            if edge.target not in gone:
                name = f"{graph.nodes[edge.source].name[:150]}_output"
                name = self.nest.names.free(inner, name)
                nodes[edge.target] = replace(nodes[edge.target], name=name)
        edges = [edge for edge in graph.edges if edge.target not in gone]
        return Graph(nodes, edges, name=graph.name), declared

    def _level(self, inner: Inner | None) -> Graph:
        """The nodes and edges of one level, with a Block for each call of an inner model."""
        nodes = []
        for unit in self.units.get(inner, {}):
            key = self._key(unit)
            if isinstance(unit, Inner):
                first = self._key(unit.first) if unit.first else None
                params = {"block": self._title(unit), "values": {}, "repeat": 1}
                nodes.append(Node(key, BLOCK, unit.name, params, shares=first))
                continue
            node = self.nodes[unit]
            if unit in self.entries:
                node = Node(unit, BLOCK_INPUT, node.name)
            elif unit in self.exits:
                node = replace(node, shares=None)
            nodes.append(node)
        edges = [
            Edge(self._key(source), self._key(target), port, end)
            for source, port, target, end in self.wires.get(inner, ())
        ]
        return Graph(nodes, edges, name=self.name)

    def _title(self, inner: Inner) -> str:
        """The name of a model's block: its own, with a number where another model has it."""
        if inner.path not in self.titles:
            self.titles[inner.path] = self.names.free(None, inner.path[-1])
        return self.titles[inner.path]

    def _expanded(self) -> dict[str, str]:
        """The id in the expanded network of every node of the flat one that owns its layer."""
        made: dict[str, str] = {}
        prefixes: dict[Inner | None, str] = {None: ""}
        for inner in self.nest.inners:
            if inner in self.ids and inner.parent in prefixes:
                around = prefixes[inner.parent]
                prefixes[inner] = "-".join(filter(None, (around, self.ids[inner])))
        for identity in self.nodes:
            where = self.nest.where.get(identity)
            if identity in self.ids and where in prefixes:
                made[identity] = identity_in(prefixes[where], self.ids[identity])
        return made
