"""Networks that the tests of the web part use."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def node(identity: str, kind: str, name: str, **params: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "name": name, "params": params, "position": [0, 0]}


def edge(source: str, target: str) -> dict[str, Any]:
    return {"source": source, "target": target, "source_port": 0, "target_port": 0}


def small() -> dict[str, Any]:
    """Input 784, Dense 10: 7,850 weights."""
    return {
        "name": "small",
        "nodes": [
            node("n1", "InputLayer", "input", shape=[784], dtype="float32"),
            node("n2", "Dense", "dense", units=10),
        ],
        "edges": [edge("n1", "n2")],
    }


def chain(length: int, units: int = 8) -> dict[str, Any]:
    """An input and so many Dense layers in a row."""
    nodes = [node("n00000", "InputLayer", "input", shape=[units], dtype="float32")]
    nodes += [
        node(f"n{index:05}", "Dense", f"dense_{index}", units=units)
        for index in range(1, length + 1)
    ]
    ids = [item["id"] for item in nodes]
    edges = [edge(source, target) for source, target in pairwise(ids)]
    return {"name": "chain", "nodes": nodes, "edges": edges}
