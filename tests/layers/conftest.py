"""What the tests of layers share."""

from __future__ import annotations

from typing import Any

import pytest

from layers.graph import Edge, Graph, Node
from tests.layers.tally import TALLY


def chain(*layers: tuple[str, dict[str, Any]], name: str = "chain") -> Graph:
    """Layers one after another, with ids n0, n1, ... and names made of type and number."""
    nodes = [
        Node(f"n{index}", kind, f"{kind.lower()}_{index}", params)
        for index, (kind, params) in enumerate(layers)
    ]
    edges = [Edge(f"n{index}", f"n{index + 1}") for index in range(len(nodes) - 1)]
    return Graph(nodes, edges, name=name)


@pytest.fixture
def dnn() -> Graph:
    """The manual's chapter 4: 669,706 weights."""
    return chain(
        ("InputLayer", {"shape": [784]}),
        ("Dense", {"units": 512}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 512}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 10}),
        ("Softmax", {}),
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases the property test has held against Keras."""
    if TALLY.cases:
        terminalreporter.section("random layers against Keras")
        terminalreporter.write_line(str(TALLY))
