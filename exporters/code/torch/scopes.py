"""Which calls of a plan belong to which block: the tree that modules are written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from exporters.plan import Plan
from layers.blocks import BLOCK, identity_in, part
from layers.expressions import Number
from layers.graph import Graph, Node

End: TypeAlias = tuple[str, int]
"""A tensor of the plan: node id and output port."""


class Unfit(Exception):
    """A network whose blocks cannot be modules; it is written layer by layer."""


@dataclass
class Leaf:
    """A call.

    Attributes:
        identity: its node in the plan.
        owner: the node in the same scope whose layer is called.
        name: what the node is called in its block.
        path: its ids from the outermost block on, as the page knows it.
    """

    identity: str
    owner: str
    name: str
    path: str


@dataclass
class Scope:
    """One copy of a block, or the network around all blocks.

    Attributes:
        block: name of the block.
        values: of its parameters.
        items: what it consists of, in an order in which it can be computed.
        takes: the tensors that come in, with the names of their inputs.
        gives: the tensors that go out.
    """

    block: str = ""
    values: Mapping[str, Number] = field(default_factory=dict)
    items: list[Leaf | Copies] = field(default_factory=list)
    takes: dict[End, str] = field(default_factory=dict)
    gives: list[End] = field(default_factory=list)

    def leaves(self) -> Iterator[Leaf]:
        """All calls in it, and in the blocks inside."""
        for item in self.items:
            if isinstance(item, Leaf):
                yield item
            else:
                for scope in item.scopes:
                    yield from scope.leaves()

    def inner(self) -> Iterator[Scope]:
        """All copies of the blocks inside it, the innermost first."""
        for item in self.items:
            if isinstance(item, Copies):
                for scope in item.scopes:
                    yield from scope.inner()
                    yield scope


@dataclass
class Copies:
    """A block node: its copies, each fed by the one before.

    Attributes:
        name, path: as those of a leaf.
        scopes: the copies.
        again: the block node whose modules are called once more.
    """

    name: str
    path: str
    scopes: list[Scope]
    again: Copies | None = None


def tree(graph: Graph, made: Plan) -> Scope:
    """The scopes of a network with the plan of it. Raises Unfit."""
    root, _ = _Tree(graph, made).level(graph, {}, "", "")
    root.gives = list(made.outputs)
    return root


def flat(made: Plan) -> Scope:
    """The one scope of a network that is written layer by layer."""
    leaves = [
        Leaf(identity, call.owner.id, call.node.name, identity)
        for identity, call in made.calls.items()
    ]
    return Scope(items=list(leaves), gives=list(made.outputs))


class _Tree:
    """Makes the scopes of all levels."""

    def __init__(self, graph: Graph, made: Plan) -> None:
        self.blocks = graph.blocks
        self.made = made

    def level(
        self, graph: Graph, fed: Mapping[str, End], ids: str, path: str
    ) -> tuple[Scope, Callable[[str, int], End]]:
        """One level, and where each output of its nodes comes from in the plan.

        Args:
            fed: what the inputs of a block stand for.
            ids, path: what goes before the ids of its nodes in the plan, and in the page.
        """
        scope = Scope()
        gives: dict[str, list[End]] = {identity: [end] for identity, end in fed.items()}
        copies: dict[str, Copies] = {}

        def source(identity: str, port: int) -> End:
            if identity in gives:
                return gives[identity][port]
            return identity_in(ids, identity), port

        for node in graph:
            if node.id in fed:
                continue
            if node.type != BLOCK:
                identity = identity_in(ids, node.id)
                if identity in self.made.calls:
                    owner = identity_in(ids, node.shares or node.id)
                    scope.items.append(Leaf(identity, owner, node.name, f"{path}{node.id}"))
                continue
            first = graph.nodes[node.shares] if node.shares else node
            if first is not node and first.id not in copies:
                raise Unfit  # called again before it is made
            feeds = [source(edge.source, edge.source_port) for edge in graph.incoming(node.id)]
            found = copies[node.id] = Copies(
                node.name,
                f"{path}{node.id}",
                self._copies(node, first, feeds, ids, f"{path}{node.id}-"),
                copies[first.id] if first is not node else None,
            )
            scope.items.append(found)
            gives[node.id] = found.scopes[-1].gives
        return scope, source

    def _copies(
        self, node: Node, owner: Node, feeds: list[End], ids: str, path: str
    ) -> list[Scope]:
        """The copies of a block node, whose block and values are the owner's."""
        found = part(self.blocks, owner.params)
        scopes = []
        for copy in range(found.repeat):
            if len(feeds) != len(found.inputs):
                raise Unfit
            number = f"{copy + 1}" if found.repeat > 1 else ""
            prefix = "-".join(filter(None, (ids, node.id, number)))
            fed = dict(zip(found.inputs, feeds, strict=True))
            scope, source = self.level(found.graph, fed, prefix, path)
            calls = [self.made.calls[leaf.identity] for leaf in scope.leaves()]
            used = {end for call in calls for end in call.arguments}
            for identity, end in fed.items():
                if end in used:
                    scope.takes.setdefault(end, found.graph.nodes[identity].name)
            scope.block, scope.values = found.name, found.values
            feeds = scope.gives = [source(identity, 0) for identity in found.outputs]
            scopes.append(scope)
        return scopes
