"""Operations that no layer computes: kept as nodes of the type ``onnx.<Operation>``, with their
attributes and small constants as plain JSON, and written back as they were.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import AttributeProto

from exporters.onnx.folding import is_made_up
from exporters.onnx.operation import value_of
from exporters.onnx.register import Unreadable, Unwritable
from exporters.onnx.tape import Tape, Value
from exporters.onnx.tensors import Const
from layers.expressions import MAX_NUMBER
from layers.graph import Node
from layers.tensor import Tensor

PREFIX = "onnx."
MAX_CONSTANT = 1000
"""Numbers of a constant that a node may keep in its parameters."""
CUTS = frozenset({"Slice", "DynamicSlice", "Shape"})
"""Operations that take any large number for the end."""
END = 2**31 - 1


def write_opaque(tape: Tape, node: Node, given: list[Value]) -> tuple[Value, ...]:
    """Emit a kept operation again. Raises Unwritable."""
    operation, _, domain = node.type.removeprefix(PREFIX).partition("@")
    if not node.type.startswith(PREFIX) or domain:
        raise Unwritable("it has no counterpart there")
    if node.params.get("incomplete"):
        raise Unwritable(f"the file it came from had more in it: {node.params['incomplete']!s:.80}")
    attributes, template = node.params.get("attributes", {}), node.params.get("inputs")
    if not isinstance(attributes, dict) or not isinstance(template, list):
        raise Unwritable("its attributes are not as they were read")
    waiting = iter(given)
    inputs = []
    for item in template:
        if isinstance(item, dict):
            try:
                array = np.asarray(item.get("values"), str(item.get("dtype"))).reshape(
                    item.get("shape", [-1])
                )
            except (TypeError, ValueError):
                raise Unwritable("its constants are not as they were read") from None
            inputs.append(tape.constant(array, array.dtype.name))
        else:
            value = next(waiting, None) if item == "tensor" else None
            inputs.append(tape.last(value) if value else "")
    count = node.params.get("outputs", 1)
    count = count if isinstance(count, int) and 1 <= count <= 100 else 1
    try:
        names = tape.several(operation, *inputs, count=count, **attributes)
    except (TypeError, ValueError):
        raise Unwritable("its attributes are not as they were read") from None
    return tuple(Value(Tensor((None,)), name) for name in names)


def plain_constant(one: Const, kind: str) -> dict[str, Any]:
    """A small constant of an operation as plain JSON. Raises Unreadable."""
    array = one.array
    if is_made_up(one):
        raise Unreadable("a size that was not known")
    if not one.known or array.size > MAX_CONSTANT or array.dtype.kind not in "fiub":
        raise Unreadable("a large constant")
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "values": _countable(array.ravel().tolist(), kind),
    }


def plain_attribute(item: AttributeProto, kind: str) -> Any:
    """An attribute of an operation as plain JSON. Raises Unreadable."""
    value = value_of(item)
    if value is None or (isinstance(value, list) and len(value) > MAX_CONSTANT):
        raise Unreadable(f"the attribute {item.name:.40}")
    return _countable(value, kind)


def _countable(value: Any, kind: str) -> Any:
    """Numbers that a network can keep: what lies behind every end of a cut is brought near. Raises
    Unreadable where a whole number is too large.
    """
    if isinstance(value, list):
        return [_countable(one, kind) for one in value]
    if not isinstance(value, int) or abs(value) <= MAX_NUMBER:
        return value
    if kind not in CUTS:
        raise Unreadable(f"the number {value}")
    return END if value > 0 else -END
