"""The server's replica of a network's Yjs document, with a plain Graph kept beside it.

The document's top-level maps:

nodes   id → map {type, name, params: map, position: [left, top], phase, shares, note}
edges   "source:port>target:port" → {source, target, source_port, target_port}
blocks  name → plain data
meta    {name, version}

The graph follows the document by its events: an edit costs what it touches. What a browser wrote
is not trusted: a part that is no node or edge stays in the document, is left out of the graph,
and is told as a diagnostic with the fix to remove it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pycrdt import Doc, Map, TransactionEvent, merge_updates

from designer.live.inspection import inspect, state_vector
from designer.live.protocol import Malformed
from designer.live.values import check_values
from layers.diagnostics import Diagnostic, Fix, GraphError, Problem, diagnose
from layers.edits import RemoveNode
from layers.graph import MAX_EDGES, MAX_NODES, VERSION, Edge, Graph, Node, Wiring
from layers.plain import is_plain

MAX_BYTES = 32 * 1024 * 1024
# Updates that wait for others they build on. A browser has some for a moment while it reconnects.
MAX_WAITING_BYTES = 64 * 1024

MAX_MALFORMED = 1_000

# What the library calls an update in which all waits for others: no structs, no deletions.
NOTHING_NEW = b"\x00\x00"

DEFAULT_NAME = "network"
# So many changed nodes are put into a graph one by one, which keeps its sorted order.
FEW = 4

MALFORMED_PART = Problem(
    "document.malformed",
    "The network holds {part}, which cannot be read.",
    "Export the network and import it again: what cannot be read stays behind.",
)


class Broken(Exception):
    """The replica took in what it must not hold, and is to be thrown away; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Document:
    """One replica. Not thread-safe: it belongs to the thread that made it.

    Attributes:
        graph: the network as it is now; a new object after every change of it, sharing all that
            is unchanged.
        malformed: diagnostics of unreadable parts, by "nodes/<id>" or "edges/<key>".
    """

    def __init__(self, updates: Iterable[bytes] = ()) -> None:
        """Build the replica of saved updates, which may repeat and come in any order."""
        self._doc: Doc[Any] = Doc()
        self._nodes: Map[Any] = self._doc.get("nodes", type=Map)
        self._edges: Map[Any] = self._doc.get("edges", type=Map)
        self._blocks: Map[Any] = self._doc.get("blocks", type=Map)
        self._meta: Map[Any] = self._doc.get("meta", type=Map)
        self._size_bytes = 0
        self._waiting: dict[int, int] = {}
        self._waiting_bytes = 0
        self.malformed: dict[str, Diagnostic] = {}
        for update in updates:
            self._size_bytes += len(update)
            self._doc.apply_update(update)

        self._read_edges: dict[str, Edge] = {}
        self._touched: dict[str, set[str]] = {"nodes": set(), "edges": set()}
        self._is_renamed = True
        self._has_new_blocks = True
        self._is_too_deep = False
        self._news: list[bytes] = []
        self._touched["nodes"].update(self._nodes.keys())
        self._touched["edges"].update(self._edges.keys())
        self.graph = Graph(name=DEFAULT_NAME)
        self._follow()

        # The subscriptions end with the objects that stand for them.
        self._subscriptions = [
            self._doc.observe(self._hear_update),
            self._nodes.observe_deep(self._hear_nodes),
            self._edges.observe_deep(self._hear_edges),
            self._blocks.observe_deep(self._hear_blocks),
            self._meta.observe_deep(self._hear_meta),
        ]

    # Reading

    @property
    def state(self) -> bytes:
        """The whole document as one update."""
        return self._doc.get_update()

    @property
    def vector(self) -> bytes:
        """The encoded state vector: how far this replica has got with each client."""
        return self._doc.get_state()

    def missing(self, vector: bytes) -> bytes:
        """The update for a replica that has got as far as `vector`. Raises Malformed."""
        state_vector(vector)
        return self._doc.get_update(vector)

    # Changing

    def apply(self, update: bytes) -> bytes:
        """Take in an update from outside. Returns what was new in it, empty if nothing was.

        Raises:
            Malformed: where the update is refused, and the document is as before.
            Broken: where the document is no longer fit for use.
        """
        reached = inspect(update)
        self._size_bytes += len(update)
        try:
            self._doc.apply_update(update)
        except ValueError as error:
            raise Malformed(str(error)) from None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # The library's panics are no Exceptions. Whatever it was doing, it has not finished.
            raise Broken(f"the library failed: {error}") from error
        self._note_waiting(reached, len(update))
        self._follow()
        self._check_bounds()
        return self._take_news()

    def merge(self, updates: Iterable[bytes]) -> bytes:
        """Take in saved updates, which have been inspected. Returns what was new in them."""
        for update in updates:
            self._size_bytes += len(update)
            self._doc.apply_update(update)
        self._follow()
        return self._take_news()

    def become(self, graph: Graph) -> bytes:
        """Make the document hold this graph by the smallest change. Returns that change.

        Raises:
            GraphError: where the graph holds values that a document cannot keep.
        """
        check_values(graph, self.graph)
        with self._doc.transaction():
            self._become_nodes(graph)
            wanted = {edge.key: edge for edge in graph.edges}
            for key in set(self._edges.keys()) - wanted.keys():
                del self._edges[key]
            for key, edge in wanted.items():
                if self._read_edges.get(key) != edge:
                    self._edges[key] = edge.to_json()
            for key in set(self._blocks.keys()) - graph.blocks.keys():
                del self._blocks[key]
            for key, block in graph.blocks.items():
                if self.graph.blocks.get(key) != block:
                    self._blocks[key] = block
            if self._meta.get("name") != graph.name:
                self._meta["name"] = graph.name
            if self._meta.get("version") != VERSION:
                self._meta["version"] = VERSION
        self._follow()
        news = self._take_news()
        self._size_bytes += len(news)
        return news

    def _become_nodes(self, graph: Graph) -> None:
        for identity in set(self._nodes.keys()) - graph.nodes.keys():
            del self._nodes[identity]
        for identity, node in graph.nodes.items():
            known = self.graph.nodes.get(identity)
            if known is node:
                continue
            kept = self._nodes.get(identity)
            if known is None or not isinstance(kept, Map):
                fields = node.to_json()
                del fields["id"]
                self._nodes[identity] = Map({**fields, "params": Map(fields["params"])})
                continue
            before = known.to_json()
            for name, value in node.to_json().items():
                if name == "params":
                    _become_params(kept, before["params"], value)
                elif before[name] != value:
                    kept[name] = value

    # Following the document by its events

    def _hear_update(self, event: TransactionEvent) -> None:
        if event.update != NOTHING_NEW:
            self._news.append(event.update)

    def _hear_nodes(self, events: Iterable[Any]) -> None:
        self._hear("nodes", events)

    def _hear_edges(self, events: Iterable[Any]) -> None:
        self._hear("edges", events)

    def _hear_blocks(self, events: Iterable[Any]) -> None:
        self._has_new_blocks = True
        self._is_too_deep |= any(len(event.path) > 2 for event in events)

    def _hear_meta(self, events: Iterable[Any]) -> None:
        self._is_renamed = True
        self._is_too_deep |= any(len(event.path) > 2 for event in events)

    def _hear(self, part: str, events: Iterable[Any]) -> None:
        touched = self._touched[part]
        for event in events:
            path = event.path
            self._is_too_deep |= len(path) > 2
            if path:
                touched.add(str(path[0]))
            else:
                touched.update(event.keys)

    def _take_news(self) -> bytes:
        news, self._news = self._news, []
        if len(news) < 2:
            return news[0] if news else b""
        return merge_updates(*news)

    def _follow(self) -> None:
        """Bring the graph up to what the events have touched."""
        with self._doc.transaction():
            members = self._follow_nodes()
            wiring = self._follow_edges(members)
            name, blocks = self._follow_rest()
        graph = self.graph
        same_order = wiring is graph.wiring and members.keys() == graph.nodes.keys()
        if members is not graph.nodes and same_order and blocks is graph.blocks:
            changed = [node for key, node in members.items() if node is not graph.nodes[key]]
            if len(changed) <= FEW:
                for node in changed:
                    graph = graph.with_node(node)
                members = graph.nodes
        if members is not graph.nodes or wiring is not graph.wiring or blocks is not graph.blocks:
            graph = Graph(members, wiring, blocks, name)
        self.graph = graph if graph.name == name else graph.with_name(name)

    def _follow_nodes(self) -> dict[str, Node]:
        """The readable nodes by id, in the order of ids, which is that of their creation."""
        touched, before = self._touched["nodes"], self.graph.nodes
        if not touched:
            return before
        members = dict(before)
        for identity in touched:
            node = self._read_node(identity)
            if node is None:
                members.pop(identity, None)
            elif members.get(identity) != node:
                members[identity] = node
        touched.clear()
        return members if members.keys() == before.keys() else dict(sorted(members.items()))

    def _read_node(self, identity: str) -> Node | None:
        place = f"nodes/{identity}"
        self.malformed.pop(place, None)
        if identity not in self._nodes:
            return None
        kept = self._nodes[identity]
        if isinstance(kept, Map):
            fields = json.loads(str(kept))
            params = fields.get("params")
            if isinstance(params, dict):
                # The library has no order of keys; ours is the same in every process.
                fields["params"] = dict(sorted(params.items()))
            try:
                return Node.from_json({**fields, "id": identity})
            except GraphError:
                pass
        fix = Fix("Remove it", (RemoveNode(identity),))
        part = f"the node {identity[:80]!r}"
        self.malformed[place] = diagnose(MALFORMED_PART, fix=fix, part=part)
        return None

    def _follow_edges(self, members: Mapping[str, Node]) -> Wiring:
        """The readable edges whose two ends exist: an end may have gone in another tab."""
        touched, wiring = self._touched["edges"], self.graph.wiring
        if not touched and members.keys() == self.graph.nodes.keys():
            return wiring
        for key in touched:
            place = f"edges/{key}"
            self.malformed.pop(place, None)
            self._read_edges.pop(key, None)
            if key not in self._edges:
                continue
            edge = _read_edge(self._edges[key])
            if edge is None or edge.key != key:
                part = f"the edge {key[:80]!r}"
                self.malformed[place] = diagnose(MALFORMED_PART, part=part)
            else:
                self._read_edges[key] = edge
        touched.clear()
        wires = sorted(
            (
                edge
                for edge in self._read_edges.values()
                if edge.source in members and edge.target in members
            ),
            key=_edge_order,
        )
        return wiring if tuple(wires) == wiring.edges else Wiring(wires)

    def _follow_rest(self) -> tuple[str, Mapping[str, Any]]:
        name, blocks = self.graph.name, self.graph.blocks
        if self._is_renamed:
            kept = self._meta.get("name")
            # Databases refuse the character zero.
            name = kept[:200].replace("\0", "") if isinstance(kept, str) else DEFAULT_NAME
        if self._has_new_blocks:
            read = json.loads(str(self._blocks))
            blocks = read if is_plain(read, items=1_000_000) else {}
        self._is_renamed = self._has_new_blocks = False
        return name, blocks

    # Bounds

    def _note_waiting(self, reached: Mapping[int, int], size_bytes: int) -> None:
        """Keep count of updates that wait for others: the library holds them without a limit."""
        known = state_vector(self.vector)
        late = {client: clock for client, clock in reached.items() if known.get(client, 0) < clock}
        if not late and not self._waiting:
            return
        self._waiting |= late
        self._waiting = {
            client: clock for client, clock in self._waiting.items() if known.get(client, 0) < clock
        }
        self._waiting_bytes = self._waiting_bytes + size_bytes if self._waiting else 0
        if self._waiting_bytes > MAX_WAITING_BYTES:
            raise Broken("too many updates build on ones that never came")

    def _check_bounds(self) -> None:
        if self._is_too_deep:
            raise Broken("maps are nested too deeply")
        if (
            len(self.graph.nodes) > MAX_NODES
            or len(self._read_edges) > MAX_EDGES
            or len(self.malformed) > MAX_MALFORMED
        ):
            raise Broken("there are too many nodes or edges")
        if self._size_bytes > MAX_BYTES:
            # The sum counts what was written over; only the real size decides.
            self._size_bytes = len(self.state)
            if self._size_bytes > MAX_BYTES:
                raise Broken("the document is too large")


def _become_params(kept: Map[Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    params = kept.get("params")
    if not isinstance(params, Map):
        kept["params"] = Map(dict(wanted))
        return
    for name in before.keys() - wanted.keys():
        del params[name]
    for name, value in wanted.items():
        if name not in before or before[name] != value or type(before[name]) is not type(value):
            params[name] = value


def _read_edge(value: object) -> Edge | None:
    if not isinstance(value, dict):
        return None
    # The library gives all numbers as floats.
    whole = {
        name: int(item) if isinstance(item, float) and item.is_integer() else item
        for name, item in value.items()
    }
    try:
        return Edge.from_json(whole)
    except GraphError:
        return None


def _edge_order(edge: Edge) -> tuple[str, int, str, int]:
    return edge.source, edge.source_port, edge.target, edge.target_port
