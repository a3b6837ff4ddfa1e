"""An ONNX model as a network: each operation as the layers that compute the same, channels last.

Operations are read in order. A Transpose makes no layer; it changes how a tensor's axes are
counted, and only a layer that needs another order gets a Permute before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporters.keras_config import complete
from exporters.onnx.folding import UNKNOWN_SIZES
from exporters.onnx.operation import Operation
from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Const, Tensors, Term, Unit, first_axes
from exporters.weights import Array
from layers.diagnostics import GraphError, Invalid, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Node
from layers.layer import LAYERS
from layers.names import Names
from layers.plain import is_plain
from layers.tensor import Dim, Tensor

MAX_MADE = 2**25
"""Numbers of all weights together that a file does not have, and that stand for what it says in a
few words: masks, borders, and how much of a window counts."""

_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


@dataclass
class Reader:
    """The network while it is read.

    Attributes:
        nodes, edges: the network so far; nodes that nothing uses go at the end.
        weights: its weights.
        batch: what the file says of the size of the batch.
        parts: what a layer joins along an axis before the samples, by its id.
        values: what each name of the file stands for so far.
        ports: how many outputs each node has.
        rounded: names of operations that round to eight bits, which no layer does.
        units: how tensors were rounded, by what the file calls them: here they are what the whole
            numbers stand for.
        truths: what the file calls tensors that are true or false there, and ones and zeros here.
        made: how many numbers of weights the file does not have.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    weights: dict[str, dict[str, Array]] = field(default_factory=dict)
    batch: Dim = None
    pending: dict[str, Term] = field(default_factory=dict)
    consumers: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    constants: Mapping[str, Const] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()
    parts: dict[str, Sequence[Term]] = field(default_factory=dict)
    values: Mapping[str, Const | Term] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    rounded: list[str] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    truths: set[str] = field(default_factory=set)
    made: int = 0
    _names: Names = field(default_factory=Names)
    _owners: dict[str, str] = field(default_factory=dict)

    def name(self, wanted: str) -> str:
        """A legal name that no node has."""
        return self._names.free(_ILLEGAL.sub("_", wanted).strip("_")[:150] or "layer")

    def makes(self, numbers: int) -> None:
        """Before so many numbers are made that the file does not have. Raises Unreadable where all
        of them together are too many.
        """
        self.made += numbers
        if self.made > MAX_MADE:
            raise Unreadable("it stands for too many numbers")

    def layer(
        self,
        kind: str,
        inputs: Sequence[Term],
        params: Mapping[str, Any],
        name: str,
        *,
        weights: Mapping[str, Const] | None = None,
        axes: Sequence[tuple[int, ...]] | None = None,
    ) -> list[Term]:
        """Add a layer on tensors as they lie in the network; its outputs, with the same order of
        axes as the network's unless `axes` says otherwise. Raises GraphError.
        """
        if len(self.nodes) >= 2 * MAX_NODES:
            raise GraphError(
                [diagnose(TOO_LARGE, count="too many", things="nodes", limit=MAX_NODES)]
            )
        identity = f"m{len(self.nodes)}"
        own = complete(LAYERS[kind], dict(params))
        if not is_plain(own):
            raise Unreadable("a number in it is not finite, or it has too many")
        shares = self._shared(identity, kind, own, weights or {})
        self.nodes[identity] = Node(
            identity, kind, self.name(name), {} if shares else own, shares=shares
        )
        if weights and not shares:
            known = {key: one.array for key, one in weights.items() if one.known}
            if known:
                self.weights[identity] = known
        for port, term in enumerate(inputs):
            self.edges.append(Edge(term.node, identity, term.port, port))
        tensors = self._outputs(kind, own, inputs)
        made = []
        for port, tensor in enumerate(tensors or [None] * (len(axes) if axes else 1)):
            order = axes[port] if axes else tuple(range(tensor.rank)) if tensor else ()
            made.append(Term(identity, port, tensor, order))
        self.ports[identity] = len(made)
        return made

    def _shared(
        self, identity: str, kind: str, params: Mapping[str, Any], weights: Mapping[str, Const]
    ) -> str | None:
        """The node of the same layer with the same weights, where there is one."""
        if not weights or not all(one.name for one in weights.values()):
            return None
        names = {key: one.name for key, one in weights.items()}
        key = json.dumps([kind, dict(params), names], sort_keys=True)
        owner = self._owners.setdefault(key, identity)
        return None if owner == identity else owner

    @staticmethod
    def _outputs(
        kind: str, params: Mapping[str, Any], inputs: Sequence[Term]
    ) -> tuple[Tensor, ...] | None:
        tensors = [term.tensor for term in inputs]
        values, mistakes = LAYERS[kind].check(dict(params))
        if mistakes or any(tensor is None for tensor in tensors):
            return None
        try:
            found = LAYERS[kind].of(values).output(*tensors)
        except Invalid:
            return None
        return found if isinstance(found, tuple) else (found,)

    def one(self, kind: str, term: Term, params: Mapping[str, Any], name: str) -> Term:
        """Add a layer with one input and output that keeps the order of axes and values."""
        whole = self.whole(term, name)
        made = self.layer(kind, [whole], params, name, axes=[whole.axes])[0]
        if whole.rows is None:
            return made
        flat = whole.flat
        return Term(made.node, made.port, made.tensor, made.axes, (), whole.rows, flat)

    def whole(self, term: Term, name: str) -> Term:
        """The tensor without a view of split axes."""
        return self.plain(term, name) if term.view else term

    def plain(self, term: Term, name: str, rank: int | None = None) -> Term:
        """The tensor with its axes and values in the file's order."""
        return self.arranged(term, tuple(range(rank or term.rank)), name)

    def last(self, term: Term, name: str, rank: int) -> Term:
        """A tensor with channels first in the file as one with channels last."""
        return self.arranged(term, first_axes(rank), name)

    def arranged(self, term: Term, wanted: tuple[int, ...], name: str) -> Term:
        """The tensor such that axis i of the file is axis wanted[i] here. Raises Unreadable."""
        if not term.axes:
            # Behind what is not understood the order is the file's.
            term = Term(term.node, term.port, None, tuple(range(len(wanted))))
        if len(wanted) != term.rank:
            raise Unreadable(f"it has {term.rank} axes where {len(wanted)} belong")
        if term.view:
            shape = [dim if dim is not None else -1 for dim in term.view[1:]]
            tensor = term.tensor
            (made,) = self.layer("Reshape", [term], {"target_shape": shape}, f"{name}_split")
            if tensor is None or made.tensor is None:
                raise Unreadable("its shape is unknown")
            term = Term(made.node, 0, made.tensor, term.axes)
        if term.rows is not None and term.flat is not None:
            turned = self.plain(term.flat, name)
            (flat,) = self.layer("Flatten", [turned], {}, f"{name}_flat")
            return flat
        if term.axes == wanted:
            return term
        if term.axes[0] != wanted[0]:
            raise Unreadable("its samples do not lie along the first axis")
        order = [term.axes[wanted.index(axis)] for axis in range(1, term.rank)]
        (made,) = self.layer("Permute", [term], {"dims": order}, f"{name}_permute", axes=[wanted])
        return made

    def aligned(self, terms: Sequence[Term], name: str) -> list[Term]:
        """Tensors in the order of axes of most of them. Raises Unreadable."""
        whole = [
            self.plain(term, name) if term.view or term.rows is not None else term for term in terms
        ]
        orders = [term.axes for term in whole if term.axes]
        if not orders:
            return whole
        wanted = max(orders, key=orders.count)
        return [self.arranged(term, wanted, name) for term in whole]

    def shape_of(self, term: Term) -> Const:
        """The file's shape of a tensor as a constant, with stand-ins for unknown sizes. Raises
        Unreadable.
        """
        shape = term.shape
        if shape is None:
            raise Unreadable("its shape is unknown")
        # By the network's axes, so that a size keeps its stand-in when axes are turned.
        sizes = [self.size(dim, own) for own, dim in zip(term.axes, shape, strict=True)]
        if term.own_shape and 0 in term.axes:
            at = term.axes.index(0)
            sizes[at] = self.batch_size
        is_guess = any(
            dim is None and (own or self.batch is None)
            for own, dim in zip(term.axes, shape, strict=True)
        )
        return Const(np.asarray(sizes, "int64"), is_guess=is_guess)

    @property
    def batch_size(self) -> int:
        """The size of the batch, or what stands for it."""
        return UNKNOWN_SIZES[0] if self.batch is None else self.batch

    @staticmethod
    def size(dim: Dim, place: int) -> int:
        return UNKNOWN_SIZES[1 + place % (len(UNKNOWN_SIZES) - 1)] if dim is None else dim

    def follower(self, op: Operation, kind: str) -> Any | None:
        """The only operation that uses the first output of this one, where it is of a type."""
        return self.only_user(op.node.output[0], kind)

    def only_user(self, output: str, kind: str) -> Any | None:
        """The only operation that uses a tensor of the file, where it is of a type."""
        users = self.consumers.get(output, ())
        if len(users) != 1 or output in self.outputs or users[0].op_type != kind:
            return None
        return users[0]

    @staticmethod
    def is_same(one: Const | Term | None, term: Term) -> bool:
        """Whether a value is a tensor as it lies."""
        return (
            isinstance(one, Term)
            and (one.node, one.port, one.axes) == (term.node, term.port, term.axes)
            and one.view == term.view
            and one.rows is term.rows
        )

    def absorb(self, node: Any, term: Term) -> None:
        """Let a later operation's first output be a tensor that is there already."""
        self.pending[node.output[0]] = term


def terms(tensors: Sequence[Term]) -> Tensors:
    """Outputs of layers as outputs of an operation."""
    return list(tensors)
