"""Changes of a graph as small serialisable operations, for fixes, undo, REST and scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import Edge, Graph, Node, Phase
from layers.plain import is_plain

BAD_EDIT = Problem(
    "edit.malformed", "This is not an edit: {reason}.", "Send one of the documented operations."
)
NO_NODE = Problem("edit.no_node", "There is no node {id}.", "Reload the network.")
NO_DEFINITION = Problem("edit.no_block", "There is no block {name}.", "Reload the network.")

EDITS: dict[str, type[Edit]] = {}
"""Every operation by its name."""


@dataclass(frozen=True)
class Edit:
    """Base of the operations. As JSON: ``{"op": name, ...fields}``."""

    op: ClassVar[str]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        EDITS[cls.op] = cls

    def apply(self, graph: Graph) -> Graph:
        """The graph after this edit. Raises GraphError."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        made: dict[str, Any] = {"op": self.op}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Node | Edge):
                made[item.name] = value.to_json()
            elif isinstance(value, tuple):
                made[item.name] = [
                    part.to_json() if isinstance(part, Edit) else part for part in value
                ]
            else:
                made[item.name] = dict(value) if isinstance(value, Mapping) else value
        return made


@dataclass(frozen=True)
class AddNode(Edit):
    """Put a node into the graph (or replace the one with its id)."""

    op: ClassVar[str] = "add_node"
    node: Node

    def apply(self, graph: Graph) -> Graph:
        return Graph(
            graph.nodes | {self.node.id: self.node}, graph.wiring, graph.blocks, graph.name
        )


@dataclass(frozen=True)
class RemoveNode(Edit):
    """Take a node and its edges out of the graph."""

    op: ClassVar[str] = "remove_node"
    id: str

    def apply(self, graph: Graph) -> Graph:
        nodes = {identity: node for identity, node in graph.nodes.items() if identity != self.id}
        edges = [edge for edge in graph.edges if self.id not in (edge.source, edge.target)]
        return Graph(nodes, edges, graph.blocks, graph.name)


@dataclass(frozen=True)
class SetParams(Edit):
    """Give some parameters of a node new values."""

    op: ClassVar[str] = "set_params"
    id: str
    params: Mapping[str, Any]

    def apply(self, graph: Graph) -> Graph:
        node = _node(graph, self.id)
        return graph.with_node(replace(node, params={**node.params, **self.params}))


@dataclass(frozen=True)
class SetType(Edit):
    """Make a node another layer, with all its parameters."""

    op: ClassVar[str] = "set_type"
    id: str
    type: str
    params: Mapping[str, Any]

    def apply(self, graph: Graph) -> Graph:
        return graph.with_node(
            replace(_node(graph, self.id), type=self.type, params=dict(self.params))
        )


@dataclass(frozen=True)
class Rename(Edit):
    """Give a node another name."""

    op: ClassVar[str] = "rename"
    id: str
    name: str

    def apply(self, graph: Graph) -> Graph:
        return graph.with_node(replace(_node(graph, self.id), name=self.name))


@dataclass(frozen=True)
class SetPhase(Edit):
    """Say in which phase a node exists."""

    op: ClassVar[str] = "set_phase"
    id: str
    phase: Phase

    def apply(self, graph: Graph) -> Graph:
        return graph.with_node(replace(_node(graph, self.id), phase=self.phase))


@dataclass(frozen=True)
class SetNote(Edit):
    """Write the user's own words on a node."""

    op: ClassVar[str] = "set_note"
    id: str
    note: str

    def apply(self, graph: Graph) -> Graph:
        return graph.with_node(replace(_node(graph, self.id), note=self.note))


@dataclass(frozen=True)
class Move(Edit):
    """Put a node elsewhere on the canvas."""

    op: ClassVar[str] = "move"
    id: str
    position: tuple[float, float]

    def apply(self, graph: Graph) -> Graph:
        return graph.with_node(replace(_node(graph, self.id), position=self.position))


@dataclass(frozen=True)
class Connect(Edit):
    """Add an edge."""

    op: ClassVar[str] = "connect"
    edge: Edge

    def apply(self, graph: Graph) -> Graph:
        _node(graph, self.edge.source)
        _node(graph, self.edge.target)
        edges = dict.fromkeys((*graph.edges, self.edge))
        return Graph(graph.nodes, edges, graph.blocks, graph.name)


@dataclass(frozen=True)
class Disconnect(Edit):
    """Take an edge away."""

    op: ClassVar[str] = "disconnect"
    edge: Edge

    def apply(self, graph: Graph) -> Graph:
        edges = [edge for edge in graph.edges if edge != self.edge]
        return Graph(graph.nodes, edges, graph.blocks, graph.name)


@dataclass(frozen=True)
class EditBlock(Edit):
    """Change what is in a block, wherever it is used."""

    op: ClassVar[str] = "edit_block"
    name: str
    edits: tuple[Edit, ...]

    def apply(self, graph: Graph) -> Graph:
        known = graph.blocks.get(self.name)
        if not isinstance(known, dict):
            raise GraphError([diagnose(NO_DEFINITION, name=self.name)])
        inner = {name: known[name] for name in ("nodes", "edges") if name in known}
        changed = apply(Graph.from_json(inner), self.edits).to_json()
        block = {**known, "nodes": changed["nodes"], "edges": changed["edges"]}
        return Graph(graph.nodes, graph.wiring, {**graph.blocks, self.name: block}, graph.name)


@dataclass(frozen=True)
class SetMeta(Edit):
    """Rename the network."""

    op: ClassVar[str] = "set_meta"
    name: str

    def apply(self, graph: Graph) -> Graph:
        return graph.with_name(self.name)


def apply(graph: Graph, edits: Iterable[Edit]) -> Graph:
    """The graph after several edits. Raises GraphError where one names a missing node."""
    for edit in edits:
        graph = edit.apply(graph)
    return graph


def edit_from_json(data: object) -> Edit:
    """Read one operation. Raises GraphError."""
    if not isinstance(data, dict) or not is_plain(data):
        raise _bad("it is not an object of plain values")
    kind = EDITS.get(str(data.get("op")))
    if kind is None:
        raise _bad(f"{data.get('op')!r:.80} is no operation")
    values: dict[str, Any] = {}
    for item in fields(kind):
        if item.name not in data:
            raise _bad(f"{kind.op} needs {item.name}")
        values[item.name] = _READ[item.name](data[item.name])
    return kind(**values)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise _bad("a name or id is not a short text")
    return value


def _params(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad("params is not an object")
    return value


def _phase(value: object) -> Phase:
    return Node.from_json({"id": "n", "type": "t", "phase": value}).phase


def _note(value: object) -> str:
    return Node.from_json({"id": "n", "type": "t", "note": value}).note


def _position(value: object) -> tuple[float, float]:
    return Node.from_json({"id": "n", "type": "t", "position": value}).position


def _inner(value: object) -> tuple[Edit, ...]:
    """Edits within a block, whose blocks are the network's: none of them changes another block."""
    if not isinstance(value, list):
        raise _bad("edits is not a list")
    edits = tuple(map(edit_from_json, value))
    if any(isinstance(edit, EditBlock | SetMeta) for edit in edits):
        raise _bad("a block has neither blocks nor a name of its own")
    return edits


_READ = {
    "node": Node.from_json,
    "edge": Edge.from_json,
    "id": _text,
    "name": _text,
    "type": _text,
    "params": _params,
    "phase": _phase,
    "note": _note,
    "position": _position,
    "edits": _inner,
}


def _node(graph: Graph, identity: str) -> Node:
    node = graph.nodes.get(identity)
    if node is None:
        raise GraphError([diagnose(NO_NODE, id=identity)])
    return node


def _bad(reason: str) -> GraphError:
    return GraphError([diagnose(BAD_EDIT, reason=reason)])
