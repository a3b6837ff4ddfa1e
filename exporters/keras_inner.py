"""Models inside models while a Keras configuration is read: which nodes lie in which, and the ports
of each.

The network is read flat, with a node for every input and output of an inner model that lets its
tensor pass. So whatever is done to the flat network (channels first become last) keeps in sight
where a model begins and ends; :mod:`exporters.keras_folding` makes blocks of them at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from exporters.keras_ends import OUTPUT_ADDED
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from layers.names import Names
from layers.walk import KEPT_SHAPE, stated

UNUSED = Problem(
    "keras.unused_output",
    "Nothing uses output {port} of the model {name}; here it is an output of the network, too.",
    "Delete what makes it, if it is not wanted.",
    severity="hint",
)

PASS = "Activation", {"activation": "linear"}
"""The layer that stands for a port: it changes no value."""
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


@dataclass(eq=False)
class Inner:
    """One call of a model inside a model.

    Attributes:
        path: its name, behind those of the models it lies in.
        name: of the node that it becomes.
        parent: the call it lies in; None in the outermost model.
        first: the first call of the same model, which owns the weights; None for that one itself.
        inputs, outputs: the nodes that are its ports, in order.
    """

    path: tuple[str, ...]
    name: str
    parent: Inner | None
    first: Inner | None
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def depth(self) -> int:
        return 1 + (self.parent.depth if self.parent else 0)


class NamesWithin:
    """Free names, in the network and in each inner model."""

    def __init__(self) -> None:
        self.taken: dict[Inner | None, Names] = {}

    def free(self, inner: Inner | None, name: str) -> str:
        """The name as Keras takes it, with a number behind it where it is taken."""
        return self.taken.setdefault(inner, Names()).free(_ILLEGAL.sub("_", name)[:150] or "layer")


@dataclass
class Nest:
    """All calls of inner models, outer ones before those in them.

    Attributes:
        inners: the calls.
        owners: the first call of each model, by its path.
        where: the call that a node lies in; nodes of the outermost model are absent.
        shapes: what the file says of inputs, batch included, by their nodes.
        names: what is taken.
    """

    inners: list[Inner] = field(default_factory=list)
    owners: dict[tuple[str, ...], Inner] = field(default_factory=dict)
    where: dict[str, Inner] = field(default_factory=dict)
    shapes: dict[str, Any] = field(default_factory=dict)
    names: NamesWithin = field(default_factory=NamesWithin)

    def call(self, path: tuple[str, ...], parent: Inner | None) -> Inner:
        """Enter a call of an inner model."""
        name = self.names.free(parent, path[-1])
        made = Inner(path, name, parent, self.owners.get(path))
        self.owners.setdefault(path, made)
        self.inners.append(made)
        return made

    def port(self, identity: str, inner: Inner, name: str, *, is_input: bool) -> Node:
        """A node for the next input or output of an inner model. In a further call it shares that
        of the first, so that both are treated alike.
        """
        ports = inner.inputs if is_input else inner.outputs
        first = inner.first and (inner.first.inputs if is_input else inner.first.outputs)
        shares = first[len(ports)] if first and len(ports) < len(first) else None
        ports.append(identity)
        self.where[identity] = inner
        kind, params = PASS
        return Node(identity, kind, self.names.free(inner, name), dict(params), shares=shares)

    def handed_over(self, edges: Iterable[Edge]) -> dict[str, str]:
        """What feeds each input of an inner model, outside of all of them."""
        feeding = {edge.target: edge.source for edge in edges}
        made: dict[str, str] = {}
        for inner in self.inners:  # outer ones come first
            for port in inner.inputs:
                source = feeding.get(port, port)
                made[port] = made.get(source, source)
        return made


def with_stated(
    nodes: dict[str, Node], nest: Nest, edges: Iterable[Edge], operations: Set[str]
) -> dict[str, Node]:
    """Those layers that are not known and feed an inner model, with what they give: the model
    states its input.
    """
    shared = {node.shares for node in nodes.values()}
    found = {}
    for edge in edges:
        shape, node = nest.shapes.get(edge.target), nodes[edge.source]
        if not isinstance(shape, list) or edge.source_port or node.type in LAYERS:
            continue
        if node.id in operations or node.id in shared or stated(node):
            continue
        told = replace(node, params={**node.params, KEPT_SHAPE: shape[1:]})
        if stated(told):
            found[node.id] = told
    return found


def counted_from(
    inside: Set[int], ends: Set[int], count: int, *, is_keras_3: bool
) -> tuple[int, int]:
    """The number of the first call of an inner model, where layers take its outputs and where the
    model around it does.

    Keras 1 and 2 count the call by which a model was made; Keras 3 does at the ends of a model
    only, and its first versions everywhere. Every call is used, which tells them apart.

    Args:
        inside, ends: the numbers that stand there.
        count: of the calls.
    """
    ways = [(0, 1), (1, 1), (0, 0)] if is_keras_3 else [(1, 1), (0, 0), (0, 1)]
    wanted = set(range(count))
    for way in ways:
        if {number - way[0] for number in inside} | {number - way[1] for number in ends} == wanted:
            return way
    return 0, 0


def settled(
    graph: Graph, nest: Nest, outputs: Sequence[tuple[str, int]]
) -> tuple[Graph, list[tuple[str, int]], list[Diagnostic]]:
    """The flat network without those outputs of inner models that nothing uses, where that leaves
    no other layer without use; what the outputs of the network are then, and notes.

    A block whose outputs are not just the network's gets a layer behind it for each that is one.
    """
    if not nest.inners:
        return graph, list(outputs), []
    gone = _unused(graph, nest, {identity for identity, _ in outputs})
    nodes = {identity: node for identity, node in graph.nodes.items() if identity not in gone}
    edges = [edge for edge in graph.edges if edge.target not in gone]
    graph = Graph(nodes, edges, name=graph.name)
    notes: list[Diagnostic] = []
    ends = _ends(graph, nest, outputs)
    nodes, edges = dict(nodes), list(edges)
    for place, (made, whole) in enumerate(zip(ends, outputs, strict=True)):
        if made == whole:
            continue
        name = nest.where[whole[0]].name
        added = nest.names.free(None, f"{name}_output")
        kind, params = PASS
        nodes[made[0]] = Node(made[0], kind, added, dict(params))
        edges.append(Edge(whole[0], made[0]))
        notes.append(diagnose(OUTPUT_ADDED, name=name, added=added))
        ends[place] = made
    graph = Graph(nodes, edges, name=graph.name)
    used = {identity for identity, _ in ends}
    for inner in nest.inners:
        for port, identity in enumerate(inner.outputs):
            if not graph.outgoing(identity) and identity not in used:
                notes.append(diagnose(UNUSED, port=port + 1, name=inner.name[:60]))
    return graph, ends, notes


def _unused(graph: Graph, nest: Nest, ends: set[str]) -> set[str]:
    """Outputs of inner models that no call uses, and that need not stay as the only use of a
    layer.
    """
    uses = {identity: len(graph.outgoing(identity)) for identity in graph.nodes}
    sources = {edge.target: edge.source for edge in graph.edges}
    ports = {identity for inner in nest.inners for identity in inner.outputs}
    calls: dict[tuple[str, ...], list[Inner]] = {}
    for inner in nest.inners:
        calls.setdefault(inner.path, []).append(inner)
    gone: set[str] = set()
    for same in calls.values():
        for alike in list(zip(*(inner.outputs for inner in same), strict=False)):
            if len(same[0].outputs) < 2 or any(uses[port] or port in ends for port in alike):
                continue
            feeding = [sources.get(port, "") for port in alike]
            if not all(source in ports or uses.get(source, 0) > 1 for source in feeding):
                continue
            gone.update(alike)
            for source in feeding:
                uses[source] -= 1
            for inner, port in zip(same, alike, strict=True):
                inner.outputs.remove(port)
    return gone


def _ends(graph: Graph, nest: Nest, outputs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The outputs of the network, with a new node in place of each that is one of several of a
    block, unless they are in a row, in order, and nothing else uses them.
    """
    made = list(outputs)
    counts = Counter(outputs)
    place = 0
    while place < len(made):
        inner = nest.where.get(made[place][0])
        if inner is None or len(inner.outputs) < 2:
            place += 1
            continue
        ports = {(port, 0): number for number, port in enumerate(inner.outputs)}
        end = place + 1
        while end < len(made) and ports.get(made[end], -1) > ports[made[end - 1]]:
            end += 1
        row = set(made[place:end])
        is_only = all(counts[end] == 1 and not graph.outgoing(end[0]) for end in row)
        if not is_only or not counts.keys() & ports.keys() <= row:
            made[place:end] = [(f"e{number}", 0) for number in range(place, end)]
        place = end
    return made


def raised(nodes: dict[str, Node], nest: Nest, gone: Set[Inner]) -> None:
    """Put what lies in calls into the models around them, under names that are free there."""
    for identity, inner in list(nest.where.items()):
        if inner not in gone:
            continue
        around = _around(inner, gone)
        if identity in nodes:
            name = _raised_name(nest, inner, around, nodes[identity].name)
            nodes[identity] = replace(nodes[identity], name=name)
        if around:
            nest.where[identity] = around
        else:
            del nest.where[identity]
    for child in nest.inners:
        outer = child.parent
        if outer and outer in gone and child not in gone:
            around = _around(outer, gone)
            child.name = _raised_name(nest, outer, around, child.name)
            child.parent = around
    nest.inners = [inner for inner in nest.inners if inner not in gone]


def _around(inner: Inner, gone: Set[Inner]) -> Inner | None:
    around: Inner | None = inner
    while around and around in gone:
        around = around.parent
    return around


def _raised_name(nest: Nest, inner: Inner, around: Inner | None, name: str) -> str:
    taken = nest.names.taken.get(around, ())
    return nest.names.free(around, f"{inner.name}_{name}" if name in taken else name)
