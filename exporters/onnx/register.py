"""Which function writes a layer, and which reads an operation: filled by the modules of
:mod:`exporters.onnx.ops`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

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

_WRITERS: dict[str, Write] = {}
_READERS: dict[str, Read] = {}


class Unwritable(Exception):
    """A layer that cannot be written as its parameters are: the reason, as the end of a
    sentence.
    """


class Unreadable(Exception):
    """An operation that no layer computes: the reason, as the end of a sentence."""


def writes(*layers: str) -> Callable[[Write], Write]:
    """Declare a function as the writer of layers, by class name."""

    def register(function: Write) -> Write:
        for layer in layers:
            if layer in _WRITERS:
                raise ValueError(f"two functions write the layer {layer}")
            _WRITERS[layer] = function
        return function

    return register


def reads(*operations: str) -> Callable[[Read], Read]:
    """Declare a function as the reader of operations, by type."""

    def register(function: Read) -> Read:
        for operation in operations:
            if operation in _READERS:
                raise ValueError(f"two functions read the operation {operation}")
            _READERS[operation] = function
        return function

    return register


def reader(operation: str) -> Read:
    """What reads an operation. Raises Unreadable."""
    _load()
    function = _READERS.get(operation)
    if function is None:
        raise Unreadable("no layer computes it")
    return function


def writer(layer: Layer) -> Write:
    """What writes a layer; one that changes values in training only is an identity. Raises
    Unwritable.
    """
    _load()
    kind = type(layer)
    function = _WRITERS.get(kind.__name__)
    if function is None and kind.training_only:
        function = _WRITERS["Identity"]
    if function is None:
        raise Unwritable(f"{kind.__name__} has no counterpart there")
    return function


@cache
def _load() -> None:
    package = import_module("exporters.onnx.ops")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
