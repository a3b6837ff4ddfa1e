"""Networks that the benchmarks measure."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from layers.graph import Edge, Graph, Node


def convolutional(layers: int = 100) -> Graph:
    """An input, then convolution, batch normalization and ReLU in turn: so many layers in all."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("Conv2D", {"filters": 32, "kernel_size": [3, 3], "padding": "same"}),
        ("BatchNormalization", {}),
        ("ReLU", {}),
    ]
    nodes = [Node("n0", "InputLayer", "input", {"shape": [64, 64, 3]})]
    for index in range(1, layers):
        kind, params = kinds[(index - 1) % len(kinds)]
        nodes.append(Node(f"n{index}", kind, f"{kind.lower()}_{index}", params))
    return Graph(nodes, [Edge(one.id, other.id) for one, other in pairwise(nodes)])
