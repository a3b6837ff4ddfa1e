"""Blocks: named parts of a network with parameters, used as one node and repeated.

A graph's ``blocks`` hold ``name → {"params": {name: default}, "nodes": [...], "edges": [...]}``.
Inside, nodes of the type ``BlockInput`` are the input ports in stored order, and nodes that feed
nothing are the outputs; parameters may be expressions (:mod:`layers.expressions`).
A node of the type ``Block`` uses one: ``{"block": name, "values": {...}, "repeat": 1}``. Repeated,
each copy is fed by the one before and has weights of its own.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from layers.diagnostics import GraphError, Invalid, Problem
from layers.expressions import Number, resolve
from layers.graph import MAX_NODES, Edge, Graph, Node
from layers.names import Names

BLOCK = "Block"
BLOCK_INPUT = "BlockInput"
MAX_DEPTH = 16
MAX_REPEAT = 1000

UNKNOWN_BLOCK = Problem(
    "block.unknown", "There is no block {block!r}; there are: {known}.", "Choose one of them."
)
MALFORMED_BLOCK = Problem(
    "block.malformed", "The block {block!r} is broken: {reason}.", "Draw it again."
)
NESTED = Problem(
    "block.nested",
    "Blocks are nested more than {limit} deep: {block!r} contains itself, directly or not.",
    "Take the block out of itself.",
)
REPEAT = Problem(
    "block.repeat",
    "{block!r} cannot be repeated {repeat} times: {reason}.",
    "Choose a whole number from 1 on; a repeated block has as many outputs as inputs.",
)
NO_PARAM = Problem(
    "block.param", "The block {block!r} has no parameter {param}.", "Remove the value."
)
RESERVED = Problem(
    "block.reserved",
    "The block {block!r} has a parameter {param}: no expression can say this word of Python's own.",
    "Give the parameter another name.",
)
TOO_LARGE = Problem(
    "block.too_large",
    "With its blocks the network has more than {limit} layers.",
    "Repeat them less often.",
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A block with values for its parameters.

    Attributes:
        name: of the block.
        graph: its nodes with every expression replaced by its value; blocks inside stay.
        stored: the same as they are stored.
        mistakes: by id of the node, an expression that has no value; it stays as it is.
        inputs, outputs: ids of the nodes that are its ports.
        repeat: how many copies follow one another.
        values: the values of its parameters.
    """

    name: str
    graph: Graph
    stored: Graph
    mistakes: Mapping[str, Invalid]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    repeat: int
    values: Mapping[str, Number]


def part(blocks: Mapping[str, Any], params: Mapping[str, Any], depth: int = 0) -> Part:
    """What a Block node with these parameters stands for. Raises Invalid."""
    found = drawn(blocks, params, depth)
    for mistake in found.mistakes.values():
        raise mistake
    return found


def drawn(blocks: Mapping[str, Any], params: Mapping[str, Any], depth: int = 0) -> Part:
    """The same, though expressions in it may have no value. Raises Invalid."""
    name = params.get("block")
    definition = blocks.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or definition is None:
        known = ", ".join(blocks) or "none"
        raise Invalid(UNKNOWN_BLOCK, param="block", block=f"{name!s:.60}", known=known)
    if depth > MAX_DEPTH:
        raise Invalid(NESTED, param="block", block=name, limit=MAX_DEPTH)
    values = _values(name, definition, params.get("values", {}))
    repeat = params.get("repeat", 1)
    if type(repeat) is not int or not 1 <= repeat <= MAX_REPEAT:
        reason = f"that is no whole number from 1 to {MAX_REPEAT}"
        raise Invalid(REPEAT, param="repeat", block=name, repeat=f"{repeat!s:.20}", reason=reason)
    inner = _inner(name, definition, blocks)
    nodes: dict[str, Node] = {}
    mistakes: dict[str, Invalid] = {}
    for node in inner.nodes.values():
        resolved = {}
        for param, value in node.params.items():
            try:
                resolved[param] = resolve(value, values)
            except Invalid as mistake:
                resolved[param] = value
                mistakes.setdefault(node.id, mistake.within(param))
        nodes[node.id] = replace(node, params=resolved)
    graph = Graph(nodes, inner.wiring, blocks, name)
    inputs = tuple(node.id for node in nodes.values() if node.type == BLOCK_INPUT)
    outputs = tuple(
        node.id
        for node in nodes.values()
        if not graph.outgoing(node.id) and node.type != BLOCK_INPUT
    )
    if not outputs:
        raise Invalid(MALFORMED_BLOCK, block=name, reason="nothing comes out of it")
    if repeat > 1 and len(inputs) != len(outputs):
        reason = f"it has {len(inputs)} inputs and {len(outputs)} outputs"
        raise Invalid(REPEAT, param="repeat", block=name, repeat=repeat, reason=reason)
    return Part(name, graph, inner, mistakes, inputs, outputs, repeat, values)


def values_of(blocks: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """What a Block node gives the block's parameters, with the defaults of the others, unchecked:
    empty where there is nothing of the kind.
    """
    name, given = params.get("block"), params.get("values", {})
    definition = blocks.get(name) if isinstance(name, str) else None
    defaults = definition.get("params", {}) if isinstance(definition, dict) else {}
    found = [group for group in (defaults, given) if isinstance(group, dict)]
    return {name: value for group in found for name, value in group.items()}


def _values(name: str, definition: Any, given: Any) -> dict[str, Number]:
    """Values for all parameters of a block. Raises Invalid."""
    params = definition.get("params", {}) if isinstance(definition, dict) else None
    if not isinstance(params, dict) or not all(map(_NAME.fullmatch, params)):
        raise Invalid(MALFORMED_BLOCK, block=name, reason="its parameters have no proper names")
    for param in filter(keyword.iskeyword, params):
        raise Invalid(RESERVED, block=name, param=param)
    if not isinstance(given, dict):
        raise Invalid(MALFORMED_BLOCK, block=name, reason="its values are no list of names")
    for param in given:
        if param not in params:
            raise Invalid(NO_PARAM, block=name, param=f"{param:.60}")
    values = {**params, **given}
    for param, value in values.items():
        if not isinstance(value, bool | int | float):
            raise Invalid(MALFORMED_BLOCK, block=name, reason=f"{param} is no number")
    return values


def _inner(name: str, definition: dict[str, Any], blocks: Mapping[str, Any]) -> Graph:
    """The nodes and edges of a block as they are stored. Raises Invalid."""
    try:
        return Graph.from_json(
            {
                "nodes": definition.get("nodes", []),
                "edges": definition.get("edges", []),
            }
        )
    except GraphError as error:
        reason = error.diagnostics[0].message.rstrip(".")
        raise Invalid(MALFORMED_BLOCK, block=name, reason=reason) from None


def block_at(graph: Graph, path: Sequence[str]) -> str:
    """The name of the block that the last node of a path uses; each is in the block of the one
    before. Empty where the path leads nowhere.
    """
    first, *others = path
    node = graph.nodes.get(first)
    owner = graph.nodes.get(node.shares) if node and node.shares else node
    name = owner.params.get("block", "") if owner else ""
    for identity in others:
        nodes = {item["id"]: item for item in graph.blocks.get(name, {}).get("nodes", [])}
        inner = nodes.get(identity, {})
        name = nodes.get(inner.get("shares"), inner).get("params", {}).get("block", "")
    return name


def contains_itself(blocks: Mapping[str, Any], name: str) -> bool:
    """Whether a block is in itself, directly or within another; of stored definitions, whatever
    they hold.
    """
    waiting, seen = [name], set[str]()
    while waiting:
        definition = blocks.get(waiting.pop())
        nodes = definition.get("nodes") if isinstance(definition, dict) else None
        for node in nodes if isinstance(nodes, list) else ():
            params = node.get("params") if isinstance(node, dict) else None
            used = params.get("block") if isinstance(params, dict) else None
            if not isinstance(used, str) or node.get("type") != BLOCK or used in seen:
                continue
            if used == name:
                return True
            seen.add(used)
            waiting.append(used)
    return False


def has_blocks(graph: Graph) -> bool:
    return any(node.type == BLOCK for node in graph.nodes.values())


def expand(graph: Graph) -> Graph:
    """The same network without blocks: every node of a block stands for itself.

    Names are the block node's and the inner one's, joined by an underscore, with the number of the
    copy between them where there are several; ids follow the same rule. Both stay as they are while
    nothing else changes.

    Raises:
        Invalid: where a block is unknown, broken, nested too deeply, or all becomes too large.
    """
    if not has_blocks(graph):
        return graph
    return _Expansion(graph.blocks).of(graph)


def names_within(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The name of every node of the expanded network, behind those of the block nodes it is in.

    Raises:
        Invalid: as :func:`expand`.
    """
    expansion = _Expansion(graph.blocks)
    expansion.of(graph)
    return expansion.paths


def places_within(graph: Graph) -> dict[tuple[str, int], tuple[str, int]]:
    """Where each output of a node comes from in the expanded network: (node id, port) of both.

    Raises:
        Invalid: as :func:`expand`.
    """
    expansion = _Expansion(graph.blocks)
    expansion.of(graph)
    return expansion.places


class _Expansion:
    """Collects the nodes and edges of an expanded graph."""

    def __init__(self, blocks: Mapping[str, Any]) -> None:
        self.blocks = blocks
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.names = Names()
        self.ranks: dict[str, tuple[int, ...]] = {}
        self.paths: dict[str, tuple[str, ...]] = {}
        self.places: dict[tuple[str, int], tuple[str, int]] = {}

    def of(self, graph: Graph) -> Graph:
        self.names = Names(node.name for node in graph.nodes.values() if node.type != BLOCK)
        self.places = self._level(graph, {}, "", (), (0.0, 0.0), 0, None, ())
        # Stored order tells which output comes first.
        stored = sorted(self.nodes.values(), key=lambda node: self.ranks[node.id])
        return Graph(stored, dict.fromkeys(self.edges), name=graph.name)

    def _level(
        self,
        graph: Graph,
        fed: Mapping[str, tuple[str, int]],
        ids: str,
        names: tuple[str, ...],
        offset: tuple[float, float],
        depth: int,
        shares: str | None,
        rank: tuple[int, ...],
    ) -> dict[tuple[str, int], tuple[str, int]]:
        """Add the nodes of one level; returns where each output now comes from.

        Args:
            fed: what the input nodes of a block stand for.
            ids, names: what goes before those of the inner nodes.
            shares: prefix of the ids whose layers are called again, where the block is shared.
            rank: where the block is stored, among the nodes of each level above.
        """
        ends: dict[tuple[str, int], tuple[str, int]] = {}
        places = {identity: place for place, identity in enumerate(graph.nodes)}
        for node in graph:
            if node.id in fed:
                ends[node.id, 0] = fed[node.id]
                continue
            edges = graph.incoming(node.id)
            sources = [(ends.get((edge.source, edge.source_port)), edge) for edge in edges]
            if node.type != BLOCK:
                identity = self._node(node, ids, names, offset, shares)
                self.ranks[identity] = (*rank, places[node.id])
                for source, edge in sources:
                    if source is not None:
                        self.edges.append(Edge(source[0], identity, source[1], edge.target_port))
                ports = {0, *(edge.source_port for edge in graph.outgoing(node.id))}
                ends.update({(node.id, port): (identity, port) for port in ports})
                continue
            owner = graph.nodes.get(node.shares) if node.shares else node
            found = part(self.blocks, (owner or node).params, depth + 1)
            feeds = [source for source, _ in sources if source is not None]
            for copy in range(found.repeat):
                number = f"{copy + 1}" if found.repeat > 1 else ""
                prefix = "-".join(filter(None, (ids, node.id, number)))
                called = (*names, f"{node.name}_{number}" if number else node.name)
                again = shares
                if owner is not None and owner is not node:
                    around = ids if shares is None else shares
                    again = "-".join(filter(None, (around, owner.id, number)))
                elif shares is not None:
                    again = "-".join(filter(None, (shares, node.id, number)))
                inner = self._level(
                    found.graph,
                    dict(zip(found.inputs, feeds, strict=False)),
                    prefix,
                    called,
                    (offset[0] + node.position[0], offset[1] + node.position[1]),
                    depth + 1,
                    again,
                    (*rank, places[node.id], copy),
                )
                feeds = [inner[output, 0] for output in found.outputs]
            ends.update({(node.id, port): feed for port, feed in enumerate(feeds)})
        return ends

    def _node(
        self,
        node: Node,
        ids: str,
        names: tuple[str, ...],
        offset: tuple[float, float],
        shares: str | None,
    ) -> str:
        if len(self.nodes) >= MAX_NODES:
            raise Invalid(TOO_LARGE, limit=MAX_NODES)
        identity = identity_in(ids, node.id)
        owner = identity_in(ids, node.shares) if node.shares else None
        if shares is not None:
            owner = identity_in(shares, node.shares or node.id)
        self.paths[identity] = (*names, node.name)
        name = "_".join(self.paths[identity])
        if names:
            name = self.names.free(name)
        left, top = node.position
        place = (offset[0] + left, offset[1] + top)
        self.nodes[identity] = replace(node, id=identity, name=name, position=place, shares=owner)
        return identity


def identity_in(prefix: str, identity: str) -> str:
    """The id in the expanded graph of a node in the block whose nodes lead there by `prefix`: at
    most 64 signs; a longer one ends in a hash of itself.
    """
    whole = f"{prefix}-{identity}" if prefix else identity
    if len(whole) <= 64:
        return whole
    return f"{whole[:47]}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def own_id(identity: str) -> str:
    """What a node of the expanded graph is called within its block."""
    return identity.rpartition("-")[2]
