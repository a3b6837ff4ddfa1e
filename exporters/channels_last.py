"""A network that keeps channels first as one that keeps them last and computes the same.

The walk knows for every tensor how its axes are ordered compared with the file's (`Order`: ours is
the file's, transposed by it; None where they are the same). Layers that act on each value alone let
an order pass, those with an axis get that axis where it went, and a Permute goes before whatever
needs the file's own order. A Dense behind a Flatten needs none: the rows of its kernel are in
another order, which is recorded for its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from exporters.keras_channels import Reordering
from layers.analysis import analyse
from layers.diagnostics import Diagnostic, Invalid, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from layers.names import Names
from layers.tensor import Tensor

CONVERTED = Problem(
    "keras.channels_last",
    "This network kept channels first; here they are last, in its inputs and outputs, too: {ends}.",
    "Feed it images with their channels last.",
    severity="hint",
)

Order: TypeAlias = tuple[int, ...] | None
End: TypeAlias = tuple[str, int]

ELEMENTWISE = frozenset(
    {"ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Dropout", "GaussianNoise", "GaussianDropout"}
    | {"AlphaDropout", "ActivityRegularization", "Identity", "Activation", "Rescaling"}
)
MERGING = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate"})
WITH_AXIS = frozenset(
    {"BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization"}
    | {"Softmax", "Concatenate", "RMSNormalization"}
)
ALONG_LAST = ("softmax", "log_softmax")
PASSING = ELEMENTWISE | WITH_AXIS | MERGING | {"PReLU"}


def flipped(rank: int, place: int = 1) -> tuple[int, ...]:
    """The order that takes the axis at `place` to the end: (0, 2, 3, 1) for images."""
    return (*range(place), *range(place + 1, rank), place)


def channels_last(
    graph: Graph, first: Mapping[str, int]
) -> tuple[Graph, dict[str, dict[str, Reordering]], list[Diagnostic]]:
    """Convert a network.

    Args:
        graph: without blocks, as the file has it.
        first: which nodes keep channels first, and in which axis: 1, or 2 inside of sequences.

    Returns:
        The network, how weights of the file are to be turned, and what to tell.
    """
    return _Conversion(graph, first).run()


class _Conversion:
    def __init__(self, graph: Graph, first: Mapping[str, int]) -> None:
        self.graph = graph
        self.first = first
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.orders: dict[End, Order] = {}
        self.shapes: dict[End, Tensor] = {}
        self.taken: dict[str, list[Order]] = {}
        self.permuted: dict[tuple[str, int, Order], str] = {}
        self.flattened: dict[str, tuple[list[str], tuple[int, ...]]] = {}
        self.parametric: dict[str, tuple[int, ...]] = {}
        self.local: set[str] = set()
        self.names = Names(node.name for node in graph.nodes.values())
        self.shared = {node.shares for node in graph.nodes.values()}

    def run(self) -> tuple[Graph, dict[str, dict[str, Reordering]], list[Diagnostic]]:
        for node in self.graph:
            self._node(node)
        stored = {identity: self.nodes[identity] for identity in self.graph.nodes}
        graph = Graph(stored | self.nodes, dict.fromkeys(self.edges), name=self.graph.name)
        ends = [
            node.name
            for node in self.graph.nodes.values()
            if self.orders.get((node.id, 0))
            and (not self.graph.incoming(node.id) or not self.graph.outgoing(node.id))
        ]
        notes = [diagnose(CONVERTED, ends=", ".join(ends[:20]))] if ends else []
        return graph, self._reorderings(graph), notes

    def _node(self, node: Node) -> None:
        """Convert one node whose sources are converted."""
        owner = self.graph.nodes.get(node.shares, node) if node.shares else node
        params = dict(node.params)
        edges = self.graph.incoming(node.id)
        orders = [self.orders.get((edge.source, edge.source_port)) for edge in edges]
        kind = owner.type
        if owner is not node and owner.id in self.taken:
            wanted = self.taken[owner.id][: len(orders)]
            wanted += [None] * (len(orders) - len(wanted))
            output = self.orders.get((owner.id, 0))
        else:
            wanted, output, kind, params = self._rule(node, kind, params, orders)
        self.taken[node.id] = wanted
        sources: list[End] = []
        for edge, have, want in zip(edges, orders, wanted, strict=True):
            source, port = edge.source, edge.source_port
            if have != want:
                source, port = self._permuted(source, port, have, want), 0
            sources.append((source, port))
            self.edges.append(Edge(source, node.id, port, edge.target_port))
        self.nodes[node.id] = replace(node, type=kind, params=params)
        for port in {0, *(edge.source_port for edge in self.graph.outgoing(node.id))}:
            # What else a layer gives is its state: of images, channels are in axis 1 of it.
            self.orders[node.id, port] = output if port == 0 else self._state(node, output)
        self._measure(node.id, owner, sources)

    def _rule(
        self, node: Node, kind: str, params: dict[str, Any], orders: list[Order]
    ) -> tuple[list[Order], Order, str, dict[str, Any]]:
        """The orders a node needs, the one it gives, and its type and parameters then."""
        none: list[Order] = [None] * len(orders)
        if not orders:
            order = self._wanted(node)
            if order:
                shape = params["shape"]
                params["shape"] = [shape[axis - 1] for axis in order[1:]]
            return none, order, kind, params
        if node.id in self.first:
            return self._spatial(node, kind, params, orders)
        order = next((order for order in orders if order), None)
        if order is None or any(other and len(other) != len(order) for other in orders):
            return none, None, kind, params
        if kind == "Flatten":
            # Further calls would hand the order on to layers that are not looked at here.
            absorbers = None if node.id in self.shared else self._absorbers(node.id)
            if absorbers is None:
                return none, None, kind, params
            self.flattened[node.id] = (absorbers, order)
            return orders, None, kind, params
        if kind == "Permute":
            dims = params.get("dims", [])
            if isinstance(dims, list) and _are_axes(dims, len(order)):
                params["dims"] = [order.index(axis) for axis in dims]
                return orders, None, kind, params
            return none, None, kind, params
        if kind == "Reshape":
            return self._reshape(node, params, order)
        if kind not in PASSING or (kind in MERGING and not self._are_alike(node, order)):
            return none, None, kind, params
        if kind == "Activation" and str(params.get("activation")) in ALONG_LAST:
            if params["activation"] == "log_softmax":
                return none, None, kind, params
            axis = order.index(len(order) - 1)
            return orders, order, "Softmax", {"axis": axis}
        if kind in WITH_AXIS:
            params["axis"] = _moved(params.get("axis", -1), order)
        if kind == "PReLU":
            axes = params.get("shared_axes") or []
            if not isinstance(axes, list) or not set(map(str, axes)) <= set(map(str, order[1:])):
                return none, None, kind, params
            params["shared_axes"] = [order.index(axis) for axis in axes] or None
            self.parametric[node.id] = order
        return [order] * len(orders), order, kind, params

    def _spatial(
        self, node: Node, kind: str, params: dict[str, Any], orders: list[Order]
    ) -> tuple[list[Order], Order, str, dict[str, Any]]:
        """A layer that keeps channels first itself."""
        axis = self.first[node.id]
        declared = LAYERS[kind]
        known = next((len(order) for order in orders if order), None)
        edge = self.graph.incoming(node.id)[0]
        shape = self.shapes.get((edge.source, edge.source_port))
        rank = declared.input_rank or known or (shape.rank if shape else None)
        if rank is None or rank <= axis + 1:
            return [None] * len(orders), None, kind, params
        order = flipped(rank, axis)
        if kind == "Flatten":
            return [order] * len(orders), None, kind, params
        inner = params.get("layer") if isinstance(params.get("layer"), dict) else {}
        name = inner.get("type", kind) if inner else kind
        output: Order = order
        if name.startswith("Global") and not (inner or params).get("keepdims"):
            output = None
        if name.startswith("ConvLSTM") and not (inner or params).get("return_sequences"):
            output = flipped(rank - 1)
        if kind.startswith("LocallyConnected"):
            self.local.add(node.id)
        wanted: list[Order] = [order] * len(orders)
        if name.startswith("ConvLSTM"):
            # States have no axis of time, and a mask has no other.
            for place, edge in enumerate(self.graph.incoming(node.id)[1:], 1):
                shape = self.shapes.get((edge.source, edge.source_port))
                is_mask = shape is not None and shape.rank == 2
                wanted[place] = None if is_mask else flipped(rank - 1)
        return wanted, output, kind, params

    def _state(self, node: Node, output: Order) -> Order:
        if not output or not node.type.startswith(("ConvLSTM", "Bidirectional")):
            return output
        rank = LAYERS[node.type].input_rank
        return flipped(rank - 1) if rank else output

    def _reshape(
        self, node: Node, params: dict[str, Any], order: tuple[int, ...]
    ) -> tuple[list[Order], Order, str, dict[str, Any]]:
        """A Reshape that keeps the channels apart keeps them last; another needs the file's
        order.
        """
        edge = self.graph.incoming(node.id)[0]
        tensor = self.shapes.get((edge.source, edge.source_port))
        shape = params.get("target_shape")
        if (
            order == flipped(len(order))
            and tensor is not None
            and isinstance(shape, list)
            and len(shape) > 1
            and shape[0] == tensor.shape[-1]
        ):
            params["target_shape"] = [*shape[1:], shape[0]]
            return [order], flipped(len(shape) + 1), "Reshape", params
        return [None], None, "Reshape", params

    def _are_alike(self, node: Node, order: tuple[int, ...]) -> bool:
        """Whether every input of a merging layer has as many axes as an order."""
        for edge in self.graph.incoming(node.id):
            tensor = self.shapes.get((edge.source, edge.source_port))
            if not self.orders.get((edge.source, edge.source_port)) and (
                tensor is None or tensor.rank != len(order)
            ):
                return False
        return True

    def _wanted(self, node: Node) -> Order:
        """The order in which an input should come: that of all that use it, where they agree."""
        shape = node.params.get("shape")
        if not isinstance(shape, list):
            return None
        rank, wanted = len(shape) + 1, set()
        stack, seen = [node.id], {node.id}
        while stack:
            for edge in self.graph.outgoing(stack.pop()):
                target = self.graph.nodes[edge.target]
                owner = self.graph.nodes.get(target.shares, target) if target.shares else target
                if target.id in seen:
                    continue
                seen.add(target.id)
                if owner.id in self.first:
                    axis = 1 if edge.target_port else self.first[owner.id]
                    wanted.add(flipped(rank, axis) if rank > 2 else ())
                elif owner.type in PASSING:
                    stack.append(target.id)
                else:
                    wanted.add(())
        return wanted.pop() or None if len(wanted) == 1 else None

    def _absorbers(self, flatten: str) -> list[str] | None:
        """The layers whose weights take up another order of what a Flatten gives; None where
        something else sees it.
        """
        found: list[str] = []
        stack = [flatten]
        while stack:
            edges = self.graph.outgoing(stack.pop())
            if not edges:
                return None
            for edge in edges:
                node = self.graph.nodes[edge.target]
                if node.shares or node.id in self.shared or node.type not in LAYERS:
                    return None
                if node.type == "Dense":
                    found.append(node.id)
                elif node.type in ("BatchNormalization", "PReLU"):
                    found.append(node.id)
                    stack.append(node.id)
                elif node.type in ELEMENTWISE and node.params.get("activation") not in ALONG_LAST:
                    stack.append(node.id)
                else:
                    return None
        return found

    def _permuted(self, source: str, port: int, have: Order, want: Order) -> str:
        """A Permute that gives a tensor in another order."""
        key = (source, port, want)
        if key not in self.permuted:
            rank = len(have or want or ())
            now, then = have or tuple(range(rank)), want or tuple(range(rank))
            identity = f"p{len(self.permuted):05}"
            dims = [now.index(axis) for axis in then[1:]]
            self.nodes[identity] = Node(identity, "Permute", self._name(source), {"dims": dims})
            self.edges.append(Edge(source, identity, port))
            self.permuted[key] = identity
        return self.permuted[key]

    def _name(self, source: str) -> str:
        return self.names.free(f"{self.graph.nodes[source].name[:150]}_permute")

    def _measure(self, identity: str, owner: Node, sources: list[End]) -> None:
        """What a node gives here, as far as it can be told."""
        node = self.nodes[owner.id]
        kind = LAYERS.get(node.type)
        tensors = [self._tensor(source, port) for source, port in sources]
        if kind is None or any(tensor is None for tensor in tensors):
            return
        if len(tensors) < kind.min_inputs or len(tensors) > (kind.max_inputs or len(tensors)):
            return
        values, mistakes = kind.check(node.params)
        if mistakes:
            return
        try:
            output = kind.of(values).output(*(tensor for tensor in tensors if tensor))
        except Invalid:
            return
        outputs = output if isinstance(output, tuple) else (output,)
        self.shapes.update({(identity, port): tensor for port, tensor in enumerate(outputs)})

    def _tensor(self, source: str, port: int) -> Tensor | None:
        if source in self.nodes and source.startswith("p") and source not in self.graph.nodes:
            edge = next(edge for edge in self.edges if edge.target == source)
            before = self.shapes.get((edge.source, edge.source_port))
            dims = self.nodes[source].params["dims"]
            if before is None or before.rank != len(dims) + 1:
                return None
            return before.with_shape((before.shape[0], *(before.shape[axis] for axis in dims)))
        return self.shapes.get((source, port))

    def _reorderings(self, graph: Graph) -> dict[str, dict[str, Reordering]]:
        """How the weights that notice are to be turned."""
        found: dict[str, dict[str, Reordering]] = {}
        known = analyse(graph).nodes
        for identity, (absorbers, order) in self.flattened.items():
            sizes = _sizes(known[identity].inputs, order)
            if sizes is None:
                continue
            turn = Reordering(0, sizes, tuple(axis - 1 for axis in order[1:]))
            for absorber in absorbers:
                names = known[absorber].weights or {}
                taking = [name for name in names if name != "bias"]
                found.setdefault(absorber, {}).update(dict.fromkeys(taking, turn))
        for identity, order in self.parametric.items():
            sizes = _sizes(known[identity].inputs, order)
            if sizes is not None:
                shared = graph.nodes[identity].params.get("shared_axes") or []
                places = {order[axis] - 1 for axis in shared}
                sizes = tuple(1 if at in places else size for at, size in enumerate(sizes))
                turn = Reordering(0, sizes, tuple(axis - 1 for axis in order[1:]), len(sizes))
                found.setdefault(identity, {})["alpha"] = turn
        for identity in self.local:
            layer, inputs = known[identity].layer, known[identity].inputs
            channels = inputs[0].shape[-1] if inputs else None
            if layer is not None and channels is not None:
                sizes = (channels, *layer.values["kernel_size"])
                order = flipped(len(sizes), 0)
                found.setdefault(identity, {})["kernel"] = Reordering(1, sizes, order)
        return found


def _are_axes(dims: list[Any], rank: int) -> bool:
    """Whether these are all axes besides the batch, each once."""
    return all(type(axis) is int for axis in dims) and sorted(dims) == list(range(1, rank))


def _moved(axis: Any, order: tuple[int, ...]) -> Any:
    """An axis, or several, where the order took them."""
    if isinstance(axis, list):
        return [_moved(each, order) for each in axis]
    if type(axis) is not int or not -len(order) <= axis < len(order):
        return axis
    place = order.index(axis % len(order))
    return -1 if place == len(order) - 1 else place


def _sizes(inputs: tuple[Tensor, ...] | None, order: tuple[int, ...]) -> tuple[int, ...] | None:
    """The sizes of the first input's axes as the file orders them, where all are known."""
    if not inputs or inputs[0].rank != len(order):
        return None
    sizes = [inputs[0].shape[order.index(axis)] for axis in range(1, len(order))]
    return None if None in sizes else tuple(size or 0 for size in sizes)
