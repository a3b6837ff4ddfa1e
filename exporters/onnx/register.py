"""Which function writes a layer, and which reads an operation: filled by the modules of
:mod:`exporters.onnx.ops`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from exporters.registry import Registry
from layers.layer import Layer

if TYPE_CHECKING:
    from exporters.onnx.operation import Operation
    from exporters.onnx.reader import Reader
    from exporters.onnx.tape import Tape, Use, Value
    from exporters.onnx.tensors import Tensors

Write: TypeAlias = "Callable[[Tape, Use, list[Value]], Value | tuple[Value, ...]]"
"""Emits the operations of one use of a layer. Raises Unwritable."""
Read: TypeAlias = "Callable[[Reader, Operation], Tensors]"
"""Makes the layers of one operation. Raises Unreadable."""

writes: Registry[Write] = Registry("exporters.onnx.ops", "ONNX: the writer of the layer")
"""What writes layers, by class name."""
reads: Registry[Read] = Registry("exporters.onnx.ops", "ONNX: the reader of")
"""What reads operations, by type."""


class Unwritable(Exception):
    """A layer that cannot be written as its parameters are: the reason, as the end of a
    sentence.
    """


class Unreadable(Exception):
    """An operation that no layer computes: the reason, as the end of a sentence."""


def reader(operation: str) -> Read:
    """What reads an operation. Raises Unreadable."""
    function = reads.get(operation)
    if function is None:
        raise Unreadable("no layer computes it")
    return function


def writer(layer: Layer) -> Write:
    """What writes a layer; one that changes values in training only is an identity. Raises
    Unwritable.
    """
    kind = type(layer)
    function = writes.get(kind.__name__)
    if function is None and kind.training_only:
        function = writes.get("Identity")
    if function is None:
        raise Unwritable(f"{kind.__name__} has no counterpart there")
    return function
