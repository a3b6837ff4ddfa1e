"""Dissolving blocks gives the network that their expansion gives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from layers.analysis import analyse
from layers.blocks import BLOCK, expand
from layers.diagnostics import GraphError
from layers.dissolving import dissolve
from layers.edits import apply
from layers.graph import Edge, Graph, Node
from tests.layers.test_blocks import BLOCKS, edges, node, using

# Two inputs and outputs, the later of which has the smaller id.
CROSSED: Mapping[str, Any] = {
    "params": {"units": 3},
    "nodes": [
        node("x", "BlockInput"),
        node("y", "BlockInput"),
        node("joined", "Concatenate"),
        node("left", "Dense", units={"expr": "units"}),
        node("again", "Dense", units={"expr": "2 * units"}),
    ],
    "edges": [
        Edge("y", "joined", 0, 0).to_json(),
        Edge("x", "joined", 0, 1).to_json(),
        *edges("joined>left", "joined>again"),
    ],
}


def crossed(repeat: int = 1, units: object = 4) -> Graph:
    """Two inputs of 5 and 2 numbers, and the block whose outputs are the network's."""
    params = {"block": "crossed", "repeat": repeat, "values": {"units": units}}
    nodes = [
        Node("i", "InputLayer", "input", {"shape": [5]}),
        Node("j", "InputLayer", "left", {"shape": [2]}),
        Node("b", BLOCK, "body", params),
    ]
    return Graph(nodes, [Edge("i", "b"), Edge("j", "b", 0, 1)], {"crossed": CROSSED})


def uses(graph: Graph) -> list[str]:
    return [item.id for item in graph if item.type == BLOCK]


def wholly(graph: Graph) -> Graph:
    while found := uses(graph):
        graph = apply(graph, dissolve(graph, found[0]))
    return graph


def content(graph: Graph) -> tuple[list[Any], set[Edge]]:
    """What a network is but for names, and with ids that say which comes first alone."""
    places = {identity: place for place, identity in enumerate(sorted(graph.nodes))}
    nodes = [(places[item.id], item.type, dict(item.params)) for item in graph.nodes.values()]
    wired = [
        replace(edge, source=str(places[edge.source]), target=str(places[edge.target]))
        for edge in graph.edges
    ]
    return sorted(nodes, key=lambda each: each[0]), set(wired)


@pytest.mark.parametrize(
    "graph", [using(), using(3), using(block="doubling", n=2), crossed(), crossed(3)]
)
def test_what_is_left_is_the_expanded_network(graph: Graph) -> None:
    found = wholly(graph)
    assert len({item.name for item in found}) == len(found.nodes)
    known, flat = analyse(found), analyse(expand(graph))
    assert not known.errors
    assert known.totals == flat.totals
    if "crossed" in graph.blocks:
        last = [item for item in sorted(found.nodes) if not found.outgoing(item)]
        assert [
            output.shape[-1] for item in last for output in known.nodes[item].outputs or ()
        ] == [4, 8]
    else:
        # The ids are the expanded network's, by which weights are found.
        assert found.nodes.keys() == expand(graph).nodes.keys()
        assert content(found) == content(expand(graph))


def test_what_follows_moves_down_and_nothing_covers_another() -> None:
    graph = using(2)
    places = {"i": (0.0, 0.0), "b": (40.0, 104.0), "r": (0.0, 208.0)}
    nodes = [replace(item, position=places[item.id]) for item in graph.nodes.values()]
    boxed = dict(BLOCKS)
    boxed["residual"] = {**BLOCKS["residual"], "nodes": [
        {**item, "position": [16, 104 * place]}
        for place, item in enumerate(BLOCKS["residual"]["nodes"])
    ]}  # fmt: skip
    found = apply(Graph(nodes, graph.edges, boxed), dissolve(Graph(nodes, graph.edges, boxed), "b"))
    assert {item.name: item.position for item in found} == {
        "input": (0.0, 0.0),
        "deep": (40.0, 104.0),
        "sum": (40.0, 208.0),
        "deep_1": (40.0, 312.0),
        "sum_1": (40.0, 416.0),
        "relu": (0.0, 520.0),
    }


@pytest.mark.parametrize(
    ("given", "kernel", "filters"),
    [
        ({"expr": "2 * width"}, [3, 3], {"expr": "2 * width"}),
        ({"expr": "width - 1"}, [3, 3], {"expr": "width - 1"}),
        (5, [3, 3], 5),
    ],
)
def test_within_a_block_expressions_stay_such(given: Any, kernel: Any, filters: Any) -> None:
    params = {"block": "convolution", "values": {"filters": given}}
    around = Graph([Node("at", "BlockInput", "at"), Node("c", BLOCK, "c", params)],
                   [Edge("at", "c")], BLOCKS)  # fmt: skip
    found = apply(around, dissolve(around, "c"))
    assert found.nodes["c-conv"].params["filters"] == filters
    assert found.nodes["c-conv"].params["kernel_size"] == kernel


def test_expressions_are_put_into_expressions() -> None:
    definition = {**CROSSED, "nodes": list(CROSSED["nodes"])}
    params = {"block": "crossed", "values": {"units": {"expr": "width - 1"}}}
    graph = Graph([Node("b", BLOCK, "b", params)], [], {"crossed": definition})
    found = apply(graph, dissolve(graph, "b"))
    values = {item.name: item.params.get("units") for item in found}
    assert values["again"] == {"expr": "2 * (width - 1)"}
    assert values["left"] == {"expr": "width - 1"}


def shared() -> Graph:
    graph = using()
    again = Node("s", BLOCK, "again", shares="b")
    return Graph([*graph.nodes.values(), again], [*graph.edges, Edge("i", "s")], graph.blocks)


@pytest.mark.parametrize(
    ("graph", "identity", "code"),
    [
        (using(), "r", "block.none"),
        (using(), "nobody", "block.none"),
        (shared(), "b", "block.shared"),
        (shared(), "s", "block.shared"),
        (using(block="nothing"), "b", "block.unknown"),
        (using({"expr": "n"}), "b", "block.repeat"),
        (using(filters=[1]), "b", "block.malformed"),
        (using(filters={"a": 1}), "b", "block.malformed"),
        (using(filters={"expr": "x." + "x" * 300}), "b", "expression.syntax"),
        (using(filters={"expr": 3}), "b", "expression.syntax"),
        (using(1000, block="wide"), "b", "block.too_large"),
    ],
)
def test_what_cannot_be_dissolved_is_told(graph: Graph, identity: str, code: str) -> None:
    wide = {
        "nodes": [node("x", "BlockInput"), *(node(f"n{n}", "ReLU") for n in range(30))],
        "edges": edges("x>n0", *(f"n{n}>n{n + 1}" for n in range(29))),
    }
    graph = Graph(graph.nodes, graph.edges, {**graph.blocks, "wide": wide}, graph.name)
    with pytest.raises(GraphError) as refusal:
        dissolve(graph, identity)
    assert [item.code for item in refusal.value.diagnostics] == [code]


def test_thousands_that_are_called_alike_have_names_of_their_own_in_time() -> None:
    alike = [node(f"n{n:02}", "ReLU") | {"name": "relu"} for n in range(18)]
    row = [f"{one['id']}>{other['id']}" for one, other in pairwise(alike)]
    block = {"nodes": [node("x", "BlockInput"), *alike], "edges": edges("x>n00", *row)}
    params = {"block": "alike", "repeat": 1000}
    graph = Graph([Node("b", BLOCK, "body", params)], [], {"alike": block})
    began = time.process_time()
    found = apply(graph, dissolve(graph, "b")[:18_001])
    assert time.process_time() - began < 5
    assert len({item.name for item in found}) == 18_000
