"""A walk over a graph that becomes layers of Caffe: which nodes need none of their own, because the
one before or behind them does their work, and which values lie in Caffe's order.
"""

from __future__ import annotations

from dataclasses import dataclass

from exporters.caffe.layer import Spec, is_same_order, last
from exporters.caffe.operation import UNKNOWN, writes
from exporters.caffe.operations.shaping import groups_of
from exporters.caffe.operations.unit import is_unit_of
from exporters.caffe.reading import is_first
from exporters.caffe.shapes import outputs_of
from exporters.weights import Weights
from layers.analysis import analyse
from layers.blocks import expand, has_blocks
from layers.diagnostics import Diagnostic
from layers.graph import Graph, Node
from layers.tensor import Tensor

TURNED = ("ArgMax", "Dense", "Embedding")
"""What can give its values in Caffe's order, so that a Permute behind it brings them into ours."""


@dataclass
class Written:
    """The layers of a network, what was said, and the blob of each output port."""

    layers: list[Spec]
    errors: list[Diagnostic]
    notes: list[Diagnostic]
    blobs: dict[tuple[str, int], str]


class Walk:
    """What is known of a graph while it is written."""

    def __init__(self, graph: Graph, weights: Weights | None) -> None:
        writes.load()
        self.graph = graph
        self.analysis = analyse(graph)
        # Blocks that are wrong cannot be expanded; their errors end the walk before it begins.
        if has_blocks(graph) and not self.analysis.errors:
            self.graph = expand(graph)
            self.analysis = analyse(self.graph)
        self.weights = weights or {}
        self.tops: dict[tuple[str, int], str] = {}
        self.made: dict[str, tuple[Tensor, ...]] = {}
        self.raw: set[str] = set()
        self.pads: dict[str, list[int]] = {}
        self.decays = False
        self.written = Written([], [], [], self.tops)
        self.sharers = {node.shares for node in self.graph.nodes.values() if node.shares}

    def targets(self, identity: str) -> list[Node]:
        return [self.graph.nodes[edge.target] for edge in self.graph.outgoing(identity)]

    def owner(self, node: Node) -> Node:
        """The node whose layer this one calls: its own, or one that it shares."""
        return self.graph.nodes.get(node.shares, node) if node.shares else node

    def inputs(self, node: Node) -> tuple[Tensor, ...]:
        """What arrives at a node by its edges, as far as it is known."""
        return tuple(UNKNOWN if tensor is None else tensor for tensor in self._known(node))

    def _known(self, node: Node) -> list[Tensor | None]:
        feeds = [(self.made.get(edge.source, ()), edge) for edge in self.graph.incoming(node.id)]
        return [
            made[edge.source_port] if edge.source_port < len(made) else None for made, edge in feeds
        ]

    def look(self, node: Node) -> None:
        """Note what a node gives: where sizes are missing, as the reader takes it, too."""
        known = self.analysis.nodes[node.id]
        if known.outputs is not None:
            self.made[node.id] = known.outputs
        elif known.layer is not None:
            kind = self.owner(node).type
            self.made[node.id] = outputs_of(kind, known.layer, self._known(node))

    def passes(self, node: Node, bottoms: list[str]) -> bool:
        """Whether a node needs no layer, because the one behind or before it does its work."""
        targets = self.targets(node.id)
        sources = [self.graph.nodes[edge.source] for edge in self.graph.incoming(node.id)]
        inputs = self.inputs(node)
        if len(sources) != 1 or node.shares:
            return False
        rank = inputs[0].rank
        if node.type in ("Reshape", "Permute") and len(targets) == 1:
            behind = [targets[0], *self.targets(targets[0].id)][: 1 + (node.type == "Reshape")]
            if self.shuffled(behind[-1]):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "UnitNormalization" and len(targets) == 1 and self.is_unit(targets[0]):
            self.tops[node.id, 0] = bottoms[0]
            return True
        if node.type == "Permute":
            dims = list(node.params.get("dims") or ())
            is_plain = all(
                target.type in ("Flatten", "Reshape")
                or (target.type == "Dense" and rank > 2 and self.is_turned(target, rank))
                or (target.type == "ArgMax" and self.is_turned(target, 3))
                for target in targets
            )
            if targets and is_plain and is_first(self.graph, node.id, rank):
                self.raw.add(node.id)
                self.tops[node.id, 0] = bottoms[0]
                return True
            if (
                dims == last(rank)
                and sources[0].id in self.raw
                and sources[0].type in (*TURNED, "Reshape")
            ):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "Flatten" and targets and sources[0].id not in self.raw:
            # An inner product flattens by itself.
            is_own = all(target.name == node.name.removesuffix("_flatten") for target in targets)
            if all(target.type == "Dense" for target in targets) and (
                is_own or not is_same_order(inputs[0].shape)
            ):
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type.startswith("ZeroPadding") and targets:
            sides = list(node.params.get("padding") or ())
            pairs = list(zip(sides[::2], sides[1::2], strict=True))
            is_alone = all(
                target.type in ("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D")
                and self.owner(target).params.get("padding", "valid") == "valid"
                for target in targets
            )
            if is_alone and all(start == end for start, end in pairs):
                self.pads[node.id] = [start for start, _ in pairs]
                self.tops[node.id, 0] = bottoms[0]
                return True
        if node.type == "Cropping2D" and sources[0].type == "Conv2DTranspose":
            sides = list(node.params.get("cropping") or ())
            is_alone = len(self.graph.outgoing(sources[0].id)) == 1 and len(sides) == 4
            is_linear = sources[0].params.get("activation", "linear") == "linear"
            if is_alone and is_linear and sides[0] == sides[1] and sides[2] == sides[3]:
                for spec in self.written.layers:
                    if spec.name == sources[0].name and spec.type == "Deconvolution":
                        spec.fields["convolution_param"][-1]["pad"] = [sides[0], sides[2]]
                        self.tops[node.id, 0] = bottoms[0]
                        return True
        return False

    def shuffled(self, node: Node) -> int:
        """The groups, where a Reshape is the last of three nodes that take channels in turn."""
        chain = [node]
        for kind in ("Permute", "Reshape"):
            feeding = self.graph.incoming(chain[-1].id)
            if len(feeding) != 1:
                return 0
            source = self.graph.nodes[feeding[0].source]
            if source.type != kind or len(self.graph.outgoing(source.id)) != 1:
                return 0
            chain.append(source)
        inputs = self.inputs(chain[2])
        whole, turn, apart = (each.params for each in chain)
        return groups_of(whole, turn, apart, inputs[0].shape if inputs else ())

    def is_unit(self, node: Node) -> bool:
        """Whether a Scale and the UnitNormalization before it are one layer."""
        if node.type != "Scale" or node.shares or node.id in self.sharers:
            return False
        sources = [self.graph.nodes[edge.source] for edge in self.graph.incoming(node.id)]
        return (
            len(sources) == 1
            and sources[0].type == "UnitNormalization"
            and not sources[0].shares
            and sources[0].id not in self.sharers
            and sources[0].phase == node.phase
            and len(self.graph.outgoing(sources[0].id)) == 1
            and is_unit_of(sources[0].params, node.params)
        )

    def is_raw(self, node: Node) -> bool:
        return any(edge.source in self.raw for edge in self.graph.incoming(node.id))

    def is_turned(self, node: Node, rank: int) -> bool:
        """Whether all that follows brings the values from Caffe's order into ours."""
        behind = self.targets(node.id)
        return bool(behind) and all(
            other.type == "Permute" and list(other.params.get("dims") or ()) == last(rank)
            for other in behind
        )
