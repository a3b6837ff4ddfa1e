"""A checked network as models inside models: what the writers of Keras' files walk over.

A block is a call of a model, which has a plan of its own; :mod:`exporters.nesting` says which can
be one. Nodes of layers keep the ids of the expanded network, by which weights go, and have the
names that they have in the model they are in; a model's is what leads to its nodes, and a slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from exporters.nesting import End, Instance, Nesting, arriving, input_of
from exporters.plan import Call, Plan, plan
from layers.blocks import BLOCK, has_blocks, identity_in
from layers.graph import Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS
from layers.names import Names

MODEL = "Functional"
"""What Keras calls the class of a model whose layers are connected freely."""
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


def nested_plan(graph: Graph, *, with_unknown: bool = False, with_functions: bool = False) -> Plan:
    """The calls that build a network with its blocks as models.

    Args:
        with_unknown, with_functions: as for :func:`exporters.plan.plan`.

    Raises:
        GraphError: with every error of the network.
    """
    flat = plan(graph, with_unknown=with_unknown, with_functions=with_functions)
    return _Listing(Nesting(graph, flat)).plan() if has_blocks(graph) else flat


def every_call(made: Plan) -> Iterator[Call]:
    """The calls of a model and of those inside it."""
    for call in made.calls.values():
        yield call
        if call.model and call.owner is call.node:
            yield from every_call(call.model)


def is_frozen(made: Plan) -> bool:
    """Whether a model has weights, and trains none."""
    weights = [weight for call in every_call(made) for weight in call.known.weights.values()]
    return bool(weights) and not any(weight.trainable for weight in weights)


@dataclass
class _Level:
    """A model while its calls are listed.

    Attributes:
        depth: how many models it lies in.
        names: of the layers in it, by the owner's id.
        taken: those that are.
        counts: the last number of a call, by the owner's id.
        hands: what stands here for a tensor of the expanded network.
    """

    depth: int
    names: dict[str, str] = field(default_factory=dict)
    taken: Names = field(default_factory=Names)
    calls: dict[str, Call] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    hands: dict[End, End] = field(default_factory=dict)

    def name(self, key: str, wanted: str) -> str:
        """The name of what goes by this key: the one wanted, with a number where it is taken."""
        if key not in self.names:
            self.names[key] = self.taken.free(_ILLEGAL.sub("_", wanted)[:200] or "layer")
        return self.names[key]

    def index(self, owner: str) -> int:
        """How many calls of the same layer come before this one."""
        self.counts[owner] = self.counts.get(owner, -1) + 1
        return self.counts[owner]


class _Listing:
    """Lists the calls of each model."""

    def __init__(self, nesting: Nesting) -> None:
        self.nesting = nesting
        self.flat = nesting.flat
        self.models: dict[str, Plan] = {}

    def plan(self) -> Plan:
        """The calls of the outermost model."""
        if self.nesting.is_flat:
            return self.flat
        graph = self.nesting.graph
        level = _Level(0)
        self._reserve(level, graph, "")
        self._fill(level, graph, {}, "")
        inputs = tuple(level.hands[end] for end in self.flat.inputs)
        outputs = tuple(level.hands[end] for end in self.flat.outputs)
        return Plan(graph, self.flat.analysis, level.calls, inputs, outputs, level.hands)

    def _reserve(self, level: _Level, graph: Graph, ids: str) -> None:
        """Give the layers of a level their own names, before what is not called by its own."""
        for node in graph.nodes.values():
            if node.type != BLOCK and not node.shares:
                level.name(identity_in(ids, node.id), node.name)

    def _fill(
        self, level: _Level, graph: Graph, fed: Mapping[str, End], ids: str
    ) -> dict[End, End]:
        """Add the calls of a level, and those of blocks in it that are no models; what each tensor
        of the graph is among the calls.
        """
        ends: dict[End, End] = {(identity, 0): end for identity, end in fed.items()}
        for node in graph:
            if node.id in fed:
                continue
            given = tuple(arriving(graph, node, ends))
            if node.type != BLOCK:
                call = self._layer(level, identity_in(ids, node.id), given)
                level.calls[call.node.id] = call
                for port in range(call.output_count):
                    ends[node.id, port] = level.hands[call.node.id, port] = call.node.id, port
                continue
            for item in self.nesting.uses[ids, node.id]:
                if not self.nesting.is_model(item):
                    inner = dict(zip(item.part.inputs, given, strict=False))
                    ended = self._fill(level, item.part.graph, inner, item.ids)
                    given = tuple(ended[output, 0] for output in item.part.outputs)
                    continue
                call = self._model(level, item, given)
                level.calls[call.node.id] = call
                given = tuple((call.node.id, port) for port in range(call.output_count))
                level.hands |= dict(zip(item.outputs, given, strict=True))
            ends.update({(node.id, port): end for port, end in enumerate(given)})
        return ends

    def _layer(self, level: _Level, identity: str, given: tuple[End, ...]) -> Call:
        """The call of a layer, under its name in the model it is in."""
        flat = self.flat.calls[identity]
        owner = flat.owner.id
        name = level.name(owner, "_".join(self.nesting.paths[owner][level.depth :]))
        owning = replace(flat.owner, name=name)
        node = owning if flat.node is flat.owner else flat.node
        known = self.nesting.known.get(identity, flat.known)
        return Call(node, owning, flat.layer, given, level.index(owner), known)

    def _model(self, level: _Level, item: Instance, given: tuple[End, ...]) -> Call:
        """The call of a block as a model."""
        owner = self.nesting.instances[item.owner]
        key = f"{owner.ids}/"  # no id of a node has a slash
        name = level.name(key, "_".join(owner.names[level.depth :]))
        if owner.ids not in self.models:
            self.models[owner.ids] = self._inside(owner, name)
        outputs = [self.nesting.tensor(end) for end in item.outputs]
        known = tuple(tensor for tensor in outputs if tensor)
        analysis = NodeAnalysis(outputs=known if len(known) == len(outputs) else None)
        owning = Node(key, MODEL, name)
        node = owning if item is owner else Node(f"{item.ids}/", MODEL, name)
        model = self.models[owner.ids]
        return Call(node, owning, None, given, level.index(key), analysis, model)

    def _inside(self, item: Instance, name: str) -> Plan:
        """The calls of the model that an instance is."""
        level = _Level(len(item.names))
        graph = item.part.graph
        self._reserve(level, graph, item.ids)
        fed: dict[str, End] = {}
        for identity, tensor in zip(item.part.inputs, item.feeds, strict=True):
            node = graph.nodes[identity]
            key = identity_in(item.ids, identity)
            own = replace(input_of(node, tensor), id=key, name=level.name(key, node.name))
            layer = LAYERS[own.type](**own.params)
            known = NodeAnalysis(layer, outputs=(tensor,))
            level.calls[key] = Call(own, own, layer, (), 0, known)
            fed[identity] = key, 0
        ends = self._fill(level, graph, fed, item.ids)
        outputs = tuple(ends[output, 0] for output in item.part.outputs)
        around = Graph(name=name)
        return Plan(around, self.flat.analysis, level.calls, tuple(fed.values()), outputs)
