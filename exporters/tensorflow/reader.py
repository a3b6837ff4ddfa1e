"""From operations to a network: every operation is handed to the function that :mod:`ops` registers
for its kind, and what these make is put together.

A tensor is either known (:class:`Constant`: weights, and shapes with NaN for what is unknown) or
computed (:class:`Signal`). TensorFlow may keep channels first: a signal remembers how the axes of
the graph's tensor lie in ours, and a Permute comes only where a layer needs another order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np

from exporters.keras_config import complete
from exporters.registry import Registry
from exporters.tensorflow.naming import Naming
from exporters.tensorflow.program import Op, Program, Ref
from exporters.weights import Array
from layers.diagnostics import Diagnostic, Invalid
from layers.layer import LAYERS
from layers.tensor import Shape, Tensor

MAX_DRAFTS = 40_000
MAX_MADE = 2**25
"""Numbers of all weights together that a graph does not have, but fewer that it spreads."""

End: TypeAlias = tuple[str, int]


@dataclass(slots=True, eq=False)
class Constant:
    """A tensor whose values are known, or at least that it is a weight.

    Attributes:
        array: its values; any that have the shape where they are not known.
        is_known: whether the values are those.
        origin: the constant or variable it comes from.
    """

    array: Array
    is_known: bool = True
    origin: str = ""


@dataclass(slots=True, eq=False)
class Signal:
    """A tensor that the network computes.

    Attributes:
        end: the node and its output.
        shape: of our tensor, batch first, channels last; None where it is not known.
        order: for each axis of the graph's tensor, which of ours it is.
        rows: where the graph has merged all axes but the last for a product of matrices, the shape
            before.
    """

    end: End
    shape: Shape | None
    dtype: str = "float32"
    order: tuple[int, ...] | None = None
    rows: Shape | None = None

    @property
    def foreign_shape(self) -> Shape | None:
        """The shape as the graph has it."""
        if self.shape is None or self.order is None:
            return self.shape
        return tuple(self.shape[axis] for axis in self.order)


Value: TypeAlias = Constant | Signal


@dataclass(slots=True, eq=False)
class Draft:
    """A node while it may still take up a bias or an activation."""

    id: str
    type: str
    name: str
    params: dict[str, Any]
    inputs: list[End]
    weights: dict[str, Constant] = field(default_factory=dict)
    scope: str = ""
    takes_bias: bool = False
    note: Diagnostic | None = None


class NotKnown(Exception):
    """An operation that cannot be said with the catalogue's layers; it is kept as it is."""


Handler: TypeAlias = Callable[["Reader", Op], "Value | list[Value]"]
HandlerType = TypeVar("HandlerType", bound=Handler)
HANDLERS: Registry[Handler] = Registry("exporters.tensorflow.ops", "TensorFlow: the reader of")
"""What reads operations, by kind."""


def reads(*kinds: str) -> Callable[[HandlerType], HandlerType]:
    """Declare what reads operations of these kinds; it keeps its own type, for it may be called
    by others. Raises ValueError where one is taken.
    """

    def declare(handler: HandlerType) -> HandlerType:
        HANDLERS(*kinds)(handler)
        return handler

    return declare


class Reader:
    """Walks a program and collects drafts.

    Attributes:
        diagnostics: what could not be kept exactly, of the network as a whole.
    """

    def __init__(self, program: Program, variables: Mapping[str, Array]) -> None:
        self.program = program
        self.variables = variables
        self.values: dict[Ref, Value] = {}
        self.drafts: dict[str, Draft] = {}
        self.diagnostics: list[Diagnostic] = []
        self.naming = Naming()
        self.uses: dict[Ref, int] = {}
        for op in program.ops.values():
            for ref in op.inputs:
                self.uses[ref] = self.uses.get(ref, 0) + 1
        for ref in program.outputs:
            self.uses[ref] = self.uses.get(ref, 0) + 1
        self.made = 0
        self.ports: dict[str, list[int]] = {}
        for name, port in self.uses:
            self.ports.setdefault(name, []).append(port)

    def makes(self, numbers: int) -> None:
        """Before so many numbers of weights are made that the graph does not have. Raises NotKnown
        where all of them together are too many.
        """
        self.made += numbers
        if self.made > MAX_MADE:
            raise NotKnown

    def set(self, op: Op, made: Value | list[Value]) -> None:
        outputs = made if isinstance(made, list) else [made]
        for port, value in enumerate(outputs):
            self.values[op.name, port] = value

    # Inputs of operations

    def value(self, op: Op, place: int) -> Value:
        """The tensor at an input. Raises NotKnown where there is none."""
        if place >= len(op.inputs):
            raise NotKnown
        found = self.values.get(op.inputs[place])
        if found is None:
            raise NotKnown
        return found

    def constant(self, op: Op, place: int) -> Constant:
        """A weight. Raises NotKnown where the input is computed."""
        found = self.value(op, place)
        if not isinstance(found, Constant):
            raise NotKnown
        return found

    def numbers(self, op: Op, place: int) -> list[int | None]:
        """Known whole numbers, None for each that is not known. Raises NotKnown."""
        found = self.constant(op, place)
        if not found.is_known or found.array.size > 64 or found.array.dtype == object:
            raise NotKnown
        flat = np.asarray(found.array, float).reshape(-1)
        return [None if np.isnan(item) else int(item) for item in flat]

    def whole(self, op: Op, place: int) -> list[int]:
        """Known whole numbers. Raises NotKnown where one is not."""
        found = self.numbers(op, place)
        if any(item is None for item in found):
            raise NotKnown
        return [item for item in found if item is not None]

    def signal(self, op: Op, place: int, order: tuple[int, ...] | None = None) -> Signal:
        """A computed tensor whose axes lie in an order (None: as in the graph, batch first)."""
        found = self.value(op, place)
        if not isinstance(found, Signal) or found.rows is not None:
            raise NotKnown
        return self.ordered(found, order)

    def ordered(self, signal: Signal, order: tuple[int, ...] | None) -> Signal:
        """The same tensor in another order of our axes: permuted where it is not in it already."""
        if signal.shape is None or (signal.order or order) is None:
            return Signal(signal.end, signal.shape, signal.dtype, order)
        rank = len(signal.shape)
        have = signal.order or tuple(range(rank))
        want = order or tuple(range(rank))
        if have == want or len(want) != rank:
            return Signal(
                signal.end,
                signal.shape,
                signal.dtype,
                order if order and len(want) == rank else None,
            )
        # Ours of axis `want[i]` is the graph's axis i, which is ours of axis `have[i]` now.
        dims = [0] * rank
        for now, then in zip(have, want, strict=True):
            dims[then] = now
        if dims[0] != 0:
            raise NotKnown
        made = self.layer(None, "Permute", {"dims": dims[1:]}, [signal], name="permute")
        return Signal(made.end, made.shape, made.dtype, order)

    # Making nodes

    def layer(
        self,
        op: Op | None,
        kind: str,
        params: dict[str, Any],
        inputs: list[Signal],
        weights: dict[str, Constant] | None = None,
        *,
        order: tuple[int, ...] | None = None,
        takes_bias: bool = False,
        name: str = "",
    ) -> Signal:
        """A node of a layer of the catalogue, and its first output."""
        layer_class = LAYERS[kind]
        checked = complete(layer_class, params)
        draft = Draft(
            f"d{len(self.drafts)}",
            kind,
            self.naming.of(op.name if op else name, kind),
            checked,
            [signal.end for signal in inputs],
            weights or {},
            self.naming.scope(op.name) if op else "",
            takes_bias,
        )
        self.drafts[draft.id] = draft
        if len(self.drafts) > MAX_DRAFTS:
            raise NotKnown
        shape, dtype = self._output(draft, inputs)
        return Signal((draft.id, 0), shape, dtype, order)

    def _output(self, draft: Draft, inputs: list[Signal]) -> tuple[Shape | None, str]:
        shapes = [signal.shape for signal in inputs]
        if any(shape is None for shape in shapes):
            return None, "float32"
        try:
            layer = LAYERS[draft.type].of(LAYERS[draft.type].check(draft.params)[0])
            made = layer.output(*(Tensor(signal.shape or (), signal.dtype) for signal in inputs))
        except (Invalid, AttributeError, KeyError, TypeError, ValueError):
            return None, "float32"
        first = made[0] if isinstance(made, tuple) else made
        return first.shape, first.dtype

    def draft(self, signal: Signal) -> Draft:
        return self.drafts[signal.end[0]]

    def is_only_use(self, op: Op, place: int) -> bool:
        """Whether an input is used nowhere else, so that the layer before may take this up: nor is
        any tensor that is the same, before what changes nothing or was taken up.
        """
        ref: Ref | None = op.inputs[place]
        while ref is not None:
            if self.uses.get(ref, 0) != 1:
                return False
            made, source = self.values.get(ref), self.program.op(ref)
            ref = next(
                (
                    before
                    for before in (source.inputs if source is not None else ())
                    if isinstance(made, Signal) and self._is_end(before, made.end)
                ),
                None,
            )
        return True

    def _is_end(self, ref: Ref, end: End) -> bool:
        value = self.values.get(ref)
        return isinstance(value, Signal) and value.end == end

    def in_scope(self, op: Op, draft: Draft) -> bool:
        """Whether an operation belongs to a layer by its name."""
        # An output may be called as its layer is, or anything in its layer's scope.
        scopes = (self.naming.scope(op.name), op.name, op.name.rpartition("/")[0])
        return bool(draft.scope) and draft.scope in scopes


_NAN = np.float32("nan")


def unknown_array(shape: tuple[int, ...]) -> Array:
    """An array of a shape that takes no memory, for a weight whose values are not in the file."""
    return np.broadcast_to(_NAN, shape)


_CLEAN = re.compile(r"[^A-Za-z0-9_.>-]+")


def legal(name: str) -> str:
    """A name as Keras takes it."""
    return _CLEAN.sub("_", name).strip("_")[:120] or "layer"
