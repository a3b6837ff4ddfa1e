"""Which blocks of a checked network can be models inside the model, as Keras has them.

Every copy of a block that a node uses can be a model of its own; one that shares is called again.
What cannot be such a model is written as its layers: :data:`FLAT` tells why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from exporters.plan import Plan, plan
from layers.analysis import UNKNOWN_LAYER, analyse
from layers.blocks import BLOCK, Part, has_blocks, identity_in, part
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.known import NodeAnalysis
from layers.lowering import lowered
from layers.params import UNKNOWN_FUNCTION
from layers.tensor import Tensor

FLAT = Problem(
    "keras.block_flat",
    "The block {name} is written as its layers: {reason}.",
    "Leave it: it computes the same.",
    severity="hint",
)
INSTANCES = Problem(
    "keras.block_copies",
    "Keras has no parameters of blocks and no repeats: {names} become models of their own, called"
    " after their nodes, with the numbers worked out.",
    "Keep the native file, too, if you want to go on with the blocks.",
    severity="hint",
)
HAS_INPUT = "an input of the network is in it"
HIDDEN_OUTPUT = "an output of the network is in it that it does not hand out"
UNKNOWN_INPUT = "the shape of what it is called on is not known"
CALLS_DIFFER = "it is called on tensors that no input of one model can be"
HAS_ROLES = "the network has layers of one phase, or for training alone"

End: TypeAlias = tuple[str, int]
"""A tensor: the node that gives it, and the output port."""


@dataclass
class Instance:
    """One copy of a block as a node uses it.

    Attributes:
        ids: what leads to its nodes in the expanded network.
        owner: the same of the instance whose layers it calls; its own, unless it shares.
        part: what is in it.
        names: the names of the block nodes that lead to it, the last with the number of the copy.
        around: the instance it lies in.
        given: what it is called on, as tensors of the expanded network.
        outputs: what it hands out, likewise.
        feeds: the inputs of the model that it is.
    """

    ids: str
    owner: str
    part: Part
    names: tuple[str, ...]
    around: str
    given: list[End]
    outputs: list[End] = field(default_factory=list)
    feeds: list[Tensor] = field(default_factory=list)


def told(graph: Graph) -> tuple[Diagnostic, ...]:
    """What becomes of blocks that does not come back as it was."""
    if not has_blocks(graph):
        return ()
    try:
        made = Nesting(graph, plan(graph, with_unknown=True, with_functions=True))
    except GraphError:
        return ()
    return (*made.flat_blocks(), *made.copies())


class Nesting:
    """The instances of a network's blocks, and which of them can be models.

    Attributes:
        flat: the calls of the expanded network.
        graph: the network without what is for training alone.
        instances: by what leads to their nodes.
        uses: the copies of each block node, by what leads to the level it is in and its id there.
        paths: the name of each flat node, behind those of the block nodes it is in.
        reasons: why an instance and those that share with it can be no model.
        known: what is computed inside, where calls differ in their shapes.
        is_flat: whether no block can be one.
    """

    def __init__(self, graph: Graph, flat: Plan) -> None:
        self.flat = flat
        self.graph = graph
        self.reasons: dict[str, str] = {}
        self.known: dict[str, NodeAnalysis] = {}
        self.is_flat = not self._is_found()
        if self.is_flat:
            self.graph = lowered(graph, analyse(graph).nodes)
            self.is_flat = not self._is_found()
        if self.is_flat:
            # A phase or a loss in a block shows what it does to the rest in the flat network alone.
            self.reasons = dict.fromkeys(self.instances, HAS_ROLES)
        else:
            self._judge()

    def _is_found(self) -> bool:
        """Find the instances; whether their nodes are those of the flat network."""
        self.instances: dict[str, Instance] = {}
        self.uses: dict[tuple[str, str], list[Instance]] = {}
        self.around: dict[str, str] = {}
        self.paths: dict[str, tuple[str, ...]] = {}
        self.is_unlike = False
        self._survey(self.graph, {}, "", (), None, 0)
        return not self.is_unlike and self.around.keys() == self.flat.calls.keys()

    def is_model(self, item: Instance) -> bool:
        return item.owner not in self.reasons

    def flat_blocks(self) -> Iterator[Diagnostic]:
        """The blocks that are no models, each with the reason."""
        for item in self.instances.values():
            if item.owner == item.ids and not self.is_model(item):
                name = "/".join(item.names)[:100]
                yield diagnose(FLAT, name=name, reason=self.reasons[item.owner])

    def copies(self) -> Iterator[Diagnostic]:
        """The blocks whose definition does not come back, since it is used otherwise than once."""
        uses: dict[str, list[Instance]] = {}
        for item in self.instances.values():
            if item.owner == item.ids and self.is_model(item):
                uses.setdefault(item.part.name, []).append(item)
        names = [
            name
            for name, items in uses.items()
            if len(items) > 1 or items[0].part.values or items[0].names[-1] != name
        ]
        if names:
            shown = ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
            yield diagnose(INSTANCES, names=shown[:300])

    def _survey(
        self,
        graph: Graph,
        fed: Mapping[str, End],
        ids: str,
        names: tuple[str, ...],
        shares: str | None,
        depth: int,
    ) -> dict[End, End]:
        """Find the instances in a level, as :func:`layers.blocks.expand` does; what each of its
        tensors is in the expanded network.
        """
        ends: dict[End, End] = {}
        for node in graph:
            if node.id in fed:
                ends[node.id, 0] = fed[node.id]
                continue
            if node.type != BLOCK:
                identity = identity_in(ids, node.id)
                self.around[identity] = ids
                self.paths[identity] = (*names, node.name)
                call = self.flat.calls.get(identity)
                fed_by = len(graph.incoming(node.id))
                if call is None or (call.node.type, len(call.arguments)) != (node.type, fed_by):
                    self.is_unlike = True
                ports = {0, *(edge.source_port for edge in graph.outgoing(node.id))}
                ends.update({(node.id, port): (identity, port) for port in ports})
                continue
            feeds = arriving(graph, node, ends)
            owner = graph.nodes[node.shares] if node.shares else node
            found = part(graph.blocks, owner.params, depth + 1)
            uses = self.uses[ids, node.id] = []
            for copy in range(found.repeat):
                number = f"{copy + 1}" if found.repeat > 1 else ""
                made = _joined(ids, node.id, number)
                again = None
                if owner is not node or shares is not None:
                    again = _joined(ids if shares is None else shares, owner.id, number)
                called = (*names, f"{node.name}_{number}" if number else node.name)
                item = Instance(made, again or made, found, called, ids, feeds)
                self.instances[made] = item
                uses.append(item)
                given = dict(zip(found.inputs, feeds, strict=False))
                inner = self._survey(found.graph, given, made, called, again, depth + 1)
                feeds = item.outputs = [inner[output, 0] for output in found.outputs]
            ends.update({(node.id, port): feed for port, feed in enumerate(feeds)})
        return ends

    def tensor(self, end: End) -> Tensor | None:
        """What a tensor of the expanded network is; None where that is not known."""
        identity, port = end
        call = self.flat.calls.get(identity)
        known = self.known.get(identity) or (call.known if call else NodeAnalysis())
        return known.outputs[port] if known.outputs and port < len(known.outputs) else None

    def _judge(self) -> None:
        """Find the instances that can be no models."""
        calls: dict[str, list[Instance]] = {}
        for item in self.instances.values():
            calls.setdefault(item.owner, []).append(item)
        for owner, items in calls.items():
            reason = self._reason(items)
            if reason:
                self.reasons[owner] = reason
        for identity, _ in self.flat.inputs:
            for item in self._outwards(identity):
                self.reasons[item.owner] = HAS_INPUT
        for end in self.flat.outputs:
            for item in self._outwards(end[0]):
                if end not in item.outputs:
                    self.reasons[item.owner] = HIDDEN_OUTPUT

    def _outwards(self, identity: str) -> Iterator[Instance]:
        """The instances that a node of the expanded network lies in, the innermost first."""
        ids = self.around[identity]
        while ids:
            yield self.instances[ids]
            ids = self.instances[ids].around

    def _reason(self, items: Sequence[Instance]) -> str:
        """Why the calls of a block cannot be those of one model; empty where they can."""
        calls = [[self.tensor(end) for end in item.given] for item in items]
        wanted = len(items[0].part.inputs)
        if any(None in call or len(call) != wanted for call in calls):
            return UNKNOWN_INPUT
        shapes = [_common(tensors) for tensors in zip(*calls, strict=True)]
        feeds = [shape for shape in shapes if shape]
        first = items[0]
        if len(feeds) < len(shapes) or (feeds != calls[0] and not self._suits(first, feeds)):
            return CALLS_DIFFER
        for item in items:
            item.feeds = feeds
        return ""

    def _suits(self, item: Instance, feeds: Sequence[Tensor]) -> bool:
        """Whether a block can be called on tensors of these shapes; if so, what it computes is
        known by them from then on.
        """
        inside = {identity for identity in self.around if item in self._outwards(identity)}
        graph = self.flat.graph
        ports = {end: f"{port}/" for port, end in reversed([*enumerate(item.given)])}
        nodes = [graph.nodes[identity] for identity in inside]
        nodes += [
            input_of(Node(f"{port}/", "InputLayer", f"{item.ids}.{port}"), feed)
            for port, feed in enumerate(feeds)
        ]
        wires = [
            edge
            if edge.source in inside
            else Edge(ports[edge.source, edge.source_port], edge.target, 0, edge.target_port)
            for identity in inside
            for edge in graph.incoming(identity)
        ]
        found = analyse(Graph(nodes, wires))
        kept = (UNKNOWN_LAYER.code, UNKNOWN_FUNCTION.code)
        if any(error.code not in kept for error in found.errors):
            return False
        self.known |= {identity: found.nodes[identity] for identity in inside}
        return True


def arriving(graph: Graph, node: Node, ends: Mapping[End, End]) -> list[End]:
    """What a node is fed, given what each tensor of the graph stands for."""
    sources = ((edge.source, edge.source_port) for edge in graph.incoming(node.id))
    return [ends[source] for source in sources if source in ends]


def _joined(*ids: str) -> str:
    return "-".join(filter(None, ids))


def input_of(node: Node, tensor: Tensor) -> Node:
    """The input of a model that a port of a block is, or any node of its name."""
    batch, *shape = tensor.shape
    params = {"shape": shape, "dtype": tensor.dtype, "batch_size": batch}
    return replace(node, type="InputLayer", params=params)


def _common(tensors: Sequence[Tensor | None]) -> Tensor | None:
    """What all these tensors are: sizes in which they differ are unknown. None where there is
    nothing of the kind.
    """
    known = [tensor for tensor in tensors if tensor]
    if len({(tensor.rank, tensor.dtype) for tensor in known}) != 1:
        return None
    sizes = zip(*(tensor.shape for tensor in known), strict=True)
    return known[0].with_shape(size[0] if len(set(size)) == 1 else None for size in sizes)
