"""Operations that no layer computes: kept as nodes of the type ``onnx.<Operation>``, with their
attributes and small constants as plain JSON, and written back as they were.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.onnx.register import Unwritable
from exporters.onnx.tape import Tape, Value
from layers.graph import Node
from layers.tensor import Tensor

PREFIX = "onnx."
MAX_CONSTANT = 1000
"""Numbers of a constant that a node may keep in its parameters."""


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


def plain_constant(array: Any) -> dict[str, Any]:
    """A small constant as plain JSON."""
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "values": array.ravel().tolist(),
    }
