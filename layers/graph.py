"""A network as plain data: nodes joined by edges, and the native JSON of it.

Graphs are values: a change makes a new graph that shares everything unchanged with the old one, so
that the analysis
can tell by identity what an edit touched. What a node's parameters mean is known only to its layer
class.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias, cast, get_args

from layers.diagnostics import GraphError, Problem, diagnose
from layers.order import loops, sort
from layers.plain import is_plain

VERSION = 1
MAX_NODES = 20_000
MAX_EDGES = 100_000
MAX_TEXT = 10_000
MAX_PORT = 10_000

Phase: TypeAlias = Literal["both", "train", "test"]
PHASES: tuple[str, ...] = get_args(Phase)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

MALFORMED = Problem(
    "graph.malformed", "This is not a network: {reason}.", "Export the network again and retry."
)
TOO_LARGE = Problem(
    "graph.too_large", "The network has {count} {things}; the limit is {limit}.", "Split it up."
)
NEWER = Problem(
    "graph.version",
    "The file has format version {version}; this program knows versions up to {known}.",
    "Update VisualNN.",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One layer in a network.

    Attributes:
        id: stable and opaque; survives renaming.
        type: name of the layer class.
        name: Keras layer name, unique in the graph.
        params: plain JSON as stored, checked only by the analysis.
        position: left and top in canvas pixels.
        phase: in which phase the layer exists.
        shares: id of the node whose layer (and weights) this one calls again, if any.
        note: the user's own words.
    """

    id: str
    type: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    position: tuple[float, float] = (0.0, 0.0)
    phase: Phase = "both"
    shares: str | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "params": dict(self.params),
            "position": list(self.position),
            "phase": self.phase,
            "shares": self.shares,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, data: object) -> Node:
        """Read one node; gaps take defaults. Raises GraphError."""
        if not isinstance(data, dict) or not is_plain(data):
            raise _malformed("a node is not an object of plain values")
        identity, kind = data.get("id"), data.get("type")
        if not isinstance(identity, str) or not _ID.fullmatch(identity):
            raise _malformed(f"{identity!r:.80} is no node id")
        if not isinstance(kind, str) or not 0 < len(kind) <= 200:
            raise _malformed(f"node {identity} has no type")
        name = data.get("name", identity)
        params = data.get("params", {})
        note = data.get("note", "")
        phase = data.get("phase", "both")
        shares = data.get("shares")
        if not isinstance(name, str) or len(name) > 200:
            raise _malformed(f"the name of node {identity} is not a short text")
        if not isinstance(params, dict):
            raise _malformed(f"the parameters of node {identity} are not an object")
        if not isinstance(note, str) or len(note) > MAX_TEXT:
            raise _malformed(f"the note of node {identity} is not a short text")
        if phase not in PHASES:
            raise _malformed(f"the phase of node {identity} is not one of {', '.join(PHASES)}")
        if shares is not None and not isinstance(shares, str):
            raise _malformed(f"node {identity} shares the layer of something that is no node id")
        return cls(
            identity,
            kind,
            name,
            params,
            _position(data.get("position", (0.0, 0.0)), identity),
            cast(Phase, phase),
            shares,
            note,
        )


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor's way from an output port to an input port; ports count from 0."""

    source: str
    target: str
    source_port: int = 0
    target_port: int = 0

    @property
    def key(self) -> str:
        """What names this edge in the live document."""
        return f"{self.source}:{self.source_port}>{self.target}:{self.target_port}"

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "source_port": self.source_port,
            "target_port": self.target_port,
        }

    @classmethod
    def from_json(cls, data: object) -> Edge:
        """Read one edge. Raises GraphError."""
        if not isinstance(data, dict):
            raise _malformed("an edge is not an object")
        source, target = data.get("source"), data.get("target")
        ports = data.get("source_port", 0), data.get("target_port", 0)
        if not isinstance(source, str) or not isinstance(target, str):
            raise _malformed("an edge does not name its two ends")
        if not all(type(port) is int and 0 <= port <= MAX_PORT for port in ports):
            raise _malformed(f"the ports of an edge from {source:.80} are not small whole numbers")
        return cls(source, target, ports[0], ports[1])


class Wiring:
    """The edges of a graph and what follows from them; shared by graphs with the same edges."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.edges = tuple(edges)

    @cached_property
    def incoming(self) -> dict[str, tuple[Edge, ...]]:
        """Edges into each node, by target port."""
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.target].append(edge)
        return {
            target: tuple(sorted(edges, key=lambda edge: edge.target_port))
            for target, edges in found.items()
        }

    @cached_property
    def outgoing(self) -> dict[str, tuple[Edge, ...]]:
        """Edges out of each node."""
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @cached_property
    def targets(self) -> dict[str, list[str]]:
        """Ids that each node feeds, once for each edge."""
        return {source: [edge.target for edge in edges] for source, edges in self.outgoing.items()}


class Graph:
    """A network.

    Args:
        nodes: nodes by id; their order breaks ties in the topological order.
        edges: edges (or the Wiring of another graph with the same ones).
        blocks: named sub-graphs as plain data.
        name: the network's name.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node] | Iterable[Node] = (),
        edges: Iterable[Edge] | Wiring = (),
        blocks: Mapping[str, Any] | None = None,
        name: str = "network",
    ) -> None:
        self.nodes: dict[str, Node] = (
            dict(nodes) if isinstance(nodes, Mapping) else {node.id: node for node in nodes}
        )
        self.wiring = edges if isinstance(edges, Wiring) else Wiring(edges)
        self.blocks: Mapping[str, Any] = blocks or {}
        self.name = name

    @property
    def edges(self) -> tuple[Edge, ...]:
        return self.wiring.edges

    def __iter__(self) -> Iterator[Node]:
        """Nodes in topological order (those on a cycle last)."""
        return (self.nodes[identity] for identity in self.order)

    def __len__(self) -> int:
        return len(self.nodes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def incoming(self, identity: str) -> tuple[Edge, ...]:
        """Edges into a node, by target port."""
        return self.wiring.incoming.get(identity, ())

    def arriving(self, identity: str) -> tuple[Edge, ...]:
        """Edges into a node by target port, as they are in training: where nodes of both phases
        feed one port, those of the test are left out.
        """
        edges = self.incoming(identity)
        if len(edges) < 2 or len({edge.target_port for edge in edges}) == len(edges):
            return edges
        trained = {e.target_port for e in edges if self.nodes[e.source].phase == "train"}
        return tuple(
            edge
            for edge in edges
            if edge.target_port not in trained or self.nodes[edge.source].phase != "test"
        )

    def outgoing(self, identity: str) -> tuple[Edge, ...]:
        """Edges out of a node."""
        return self.wiring.outgoing.get(identity, ())

    @cached_property
    def _sorted(self) -> tuple[tuple[str, ...], frozenset[str]]:
        return sort(self.nodes, self.wiring.targets)

    @property
    def order(self) -> tuple[str, ...]:
        """Ids in topological order; those on a loop or behind one come last, in stored order."""
        return self._sorted[0]

    @property
    def unordered(self) -> frozenset[str]:
        """Ids that lie on a loop or behind one."""
        return self._sorted[1]

    @cached_property
    def looped(self) -> frozenset[str]:
        """Ids that lie on a loop."""
        if not self.unordered:
            return frozenset()
        return loops(self.unordered, self.wiring.targets)

    @property
    def inputs(self) -> list[Node]:
        """Nodes that nothing feeds, in topological order."""
        return [node for node in self if not self.incoming(node.id)]

    @property
    def outputs(self) -> list[Node]:
        """Nodes that feed nothing, in topological order."""
        return [node for node in self if not self.outgoing(node.id)]

    def with_node(self, node: Node) -> Graph:
        """The same graph with one node replaced; the order is kept, so this is cheap."""
        changed = Graph(self.nodes | {node.id: node}, self.wiring, self.blocks, self.name)
        if "_sorted" in self.__dict__:
            changed.__dict__["_sorted"] = self._sorted
        return changed

    def with_name(self, name: str) -> Graph:
        """The same graph under another name."""
        return Graph(self.nodes, self.wiring, self.blocks, name)

    def free_name(self, stem: str) -> str:
        """A name that no node has: the stem, numbered as Keras does where it is taken."""
        if stem not in self._names:
            return stem
        if stem not in self._free_names:
            number = 1
            while f"{stem}_{number}" in self._names:
                number += 1
            self._free_names[stem] = f"{stem}_{number}"
        return self._free_names[stem]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(node.name for node in self.nodes.values())

    @cached_property
    def _free_names(self) -> dict[str, str]:
        """Those found already: thousands of layers may be called alike."""
        return {}

    def to_json(self) -> dict[str, Any]:
        """The native JSON."""
        return {
            "format": "visualnn",
            "version": VERSION,
            "name": self.name,
            "nodes": [node.to_json() for node in self.nodes.values()],
            "edges": [edge.to_json() for edge in self.edges],
            "blocks": dict(self.blocks),
        }

    @classmethod
    def from_json(cls, data: object) -> Graph:
        """Read native JSON; gaps take defaults.

        Raises:
            GraphError: where the data is no network, is too large, or comes from a newer version.
        """
        if not isinstance(data, dict):
            raise _malformed("it is not an object")
        version = data.get("version", VERSION)
        if type(version) is not int:
            raise _malformed("its version is not a whole number")
        if version > VERSION:
            raise GraphError([diagnose(NEWER, version=version, known=VERSION)])
        nodes = _list(data, "nodes", MAX_NODES)
        edges = _list(data, "edges", MAX_EDGES)
        blocks, name = data.get("blocks", {}), data.get("name", "network")
        if not isinstance(blocks, dict) or not is_plain(blocks, items=1_000_000):
            raise _malformed("its blocks are not an object of plain values")
        if not isinstance(name, str) or len(name) > 200:
            raise _malformed("its name is not a short text")
        read: dict[str, Node] = {}
        for item in nodes:
            node = Node.from_json(item)
            if node.id in read:
                raise _malformed(f"two nodes have the id {node.id}")
            read[node.id] = node
        wires = dict.fromkeys(Edge.from_json(item) for item in edges)
        for edge in wires:
            for end in (edge.source, edge.target):
                if end not in read:
                    raise _malformed(f"an edge names the node {end:.80}, which does not exist")
        return cls(read, wires, blocks, name)


def _list(data: Mapping[str, Any], things: str, limit: int) -> list[Any]:
    items = data.get(things, [])
    if not isinstance(items, list):
        raise _malformed(f"its {things} are not a list")
    if len(items) > limit:
        raise GraphError([diagnose(TOO_LARGE, count=len(items), things=things, limit=limit)])
    return items


def _position(value: object, identity: str) -> tuple[float, float]:
    if isinstance(value, list | tuple) and len(value) == 2:
        left, top = value
        if _is_coordinate(left) and _is_coordinate(top):
            return float(left), float(top)
    raise _malformed(f"the position of node {identity} is not two numbers")


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _malformed(reason: str) -> GraphError:
    return GraphError([diagnose(MALFORMED, reason=reason)])
