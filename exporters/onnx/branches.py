"""Graphs inside operations: the branches of an If, the body of a loop."""

from __future__ import annotations

from onnx import NodeProto


def inside(node: NodeProto) -> set[str]:
    """What the graphs inside an operation use, from outside as well."""
    found: set[str] = set()
    waiting = [item.g for item in node.attribute if item.HasField("g")]
    while waiting:
        graph = waiting.pop()
        for inner in graph.node:
            found.update(inner.input)
            waiting.extend(item.g for item in inner.attribute if item.HasField("g"))
        found.update(item.name for item in graph.output)
    return found
