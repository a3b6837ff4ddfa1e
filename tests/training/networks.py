"""Small networks that the tests of training share."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from layers.graph import Edge, Graph, Node

LayerSpec = tuple[str, dict[str, Any]]


def chain(*layers: LayerSpec, name: str = "net") -> Graph:
    """Layers, one after the other, named after their type and place."""
    nodes = [
        Node(f"n{place}", kind, f"{kind.lower()}_{place}", params)
        for place, (kind, params) in enumerate(layers)
    ]
    return Graph(nodes, [Edge(one.id, other.id) for one, other in pairwise(nodes)], name=name)


def image_input(*shape: int | None, dtype: str = "float32") -> LayerSpec:
    return ("InputLayer", {"shape": list(shape), "dtype": dtype})


def dense(units: int, activation: str = "linear") -> LayerSpec:
    return ("Dense", {"units": units, "activation": activation})


def classifier(inputs: int = 64, hidden: int = 32, classes: int = 10) -> Graph:
    """A small dense network that ends in softmax."""
    return chain(
        image_input(inputs),
        dense(hidden, "relu"),
        ("Dropout", {"rate": 0.1}),
        dense(classes),
        ("Softmax", {}),
    )
