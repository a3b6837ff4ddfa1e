"""The tables of operations, and what a function in them is given.

A reader gets a :class:`Step` and adds nodes; a writer gets an :class:`Out` and adds layers; a
:class:`Blobs` turns weights from one side's layout into the other's, without copying values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeAlias

from exporters.caffe.layer import Spec
from exporters.caffe.schema import View
from exporters.caffe.text import Fields
from exporters.registry import Registry
from exporters.weights import Array
from layers.diagnostics import Problem
from layers.graph import Node
from layers.layer import Layer
from layers.tensor import Shape, Tensor

End: TypeAlias = tuple[str, int]
"""An output port of a node."""

UNKNOWN = Tensor((None, None, None, None))
"""What arrives where nothing is known of it: images are the best guess, only ranks count."""
UNSAID = Problem(
    "caffe.inexpressible",
    "{name}: Caffe has no layer for this {kind}: {reason}.",
    "Replace it, or choose another format.",
)


class Opaque(Exception):
    """Raised by a reader for a layer that it cannot say exactly; it is kept as its text.

    Its text, if any, is the reason.
    """


class Inexpressible(Exception):
    """Raised by a writer for a node that Caffe cannot compute; its text is the reason."""


class Building(Protocol):
    """Where a reader's nodes go.

    Attributes:
        batches: sizes of batches that data come in.
    """

    batches: set[int]

    def add(self, step: Step, kind: str, params: dict[str, Any], ends: list[End]) -> list[End]: ...

    def tensor(self, end: End) -> Tensor | None: ...

    def tell(self, problem: Problem, **values: Any) -> None: ...


@dataclass
class Step:
    """A layer of a file while it is read.

    Attributes:
        ends: what feeds it, by place.
        owns: the layer's own node, once it is there: that which has its name and its weights.
    """

    spec: Spec
    view: View
    ends: list[End]
    building: Building
    owns: str | None = None
    extra: int = 0

    def add(self, kind: str, params: dict[str, Any], *ends: End, own: bool = False) -> list[End]:
        """Add a node (the layer's own one, or one beside it) and give its outputs."""
        if own:
            self.owns = ""
        return self.building.add(self, kind, params, list(ends or self.ends))

    def own(self, kind: str, params: dict[str, Any], *ends: End) -> list[End]:
        return self.add(kind, params, *ends, own=True)

    def tensor(self, place: int = 0) -> Tensor | None:
        """What arrives, as far as it is known."""
        return self.building.tensor(self.ends[place]) if place < len(self.ends) else None

    def shape(self, place: int = 0) -> Shape:
        """The shape that arrives. Raises Opaque where it is unknown."""
        tensor = self.tensor(place)
        if tensor is None:
            raise Opaque
        return tensor.shape

    def one(self) -> End:
        """The only thing that feeds it. Raises Opaque where there are more, or none."""
        if len(self.ends) != 1:
            raise Opaque
        return self.ends[0]


@dataclass
class Out:
    """A node while it is written.

    Attributes:
        bottoms: blobs that feed it.
        tops: blobs for its outputs.
        weights: its weights by name, empty where they are not given.
        is_raw: whether what arrives is in Caffe's order, and what leaves may be.
        layers: what it becomes.
    """

    node: Node
    layer: Layer
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    bottoms: list[str]
    tops: list[str]
    weights: dict[str, Array]
    flattened: Shape | None
    is_raw: bool = False
    layers: list[Spec] = field(default_factory=list)
    notes: list[tuple[Problem, dict[str, Any]]] = field(default_factory=list)

    def emit(
        self,
        kind: str,
        fields: Fields | None = None,
        *,
        name: str = "",
        bottoms: list[str] | None = None,
        tops: list[str] | None = None,
        blobs: list[Array] | None = None,
    ) -> Spec:
        """Add a layer; by default the one that has the node's name, inputs and outputs."""
        spec = Spec(
            name or self.node.name,
            kind,
            self.bottoms if bottoms is None else bottoms,
            self.tops if tops is None else tops,
            fields or {},
            blobs or [],
            self.node.phase,
        )
        self.layers.append(spec)
        return spec

    def refuse(self, reason: str) -> NoReturn:
        raise Inexpressible(reason)


@dataclass(frozen=True)
class Blobs:
    """How a layer's weights lie in blobs, and back.

    `read` gets the layer, its inputs, the shape that was flattened before it (if any) and the
    blobs, and gives weights by name; ValueError where they do not fit. `write` is its inverse.
    """

    read: Callable[[Layer, tuple[Tensor, ...], Shape | None, list[Array]], dict[str, Array]]
    write: Callable[[Layer, tuple[Tensor, ...], Shape | None, dict[str, Array]], list[Array]]


reads: Registry[Callable[[Step], list[End]]] = Registry(
    "exporters.caffe.operations", "Caffe: the reader of"
)
"""What reads layers of Caffe, by type."""
writes: Registry[Callable[[Out], None]] = Registry(
    "exporters.caffe.operations", "Caffe: the writer of"
)
"""What writes our layers, by class name."""
BLOBS: dict[str, Blobs] = {}
