"""Graphs as values, their JSON, and edits."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from layers.diagnostics import GraphError
from layers.edits import (
    EDITS,
    AddNode,
    Connect,
    Disconnect,
    Edit,
    EditBlock,
    Move,
    RemoveNode,
    Rename,
    SetMeta,
    SetNote,
    SetParams,
    SetPhase,
    SetType,
    apply,
    edit_from_json,
)
from layers.graph import Edge, Graph, Node
from tests.layers.conftest import chain


def test_json_is_the_identity(dnn: Graph) -> None:
    assert Graph.from_json(json.loads(json.dumps(dnn.to_json()))) == dnn


def test_gaps_take_defaults() -> None:
    graph = Graph.from_json(
        {
            "nodes": [{"id": "a", "type": "InputLayer"}, {"id": "b", "type": "Flatten"}],
            "edges": [{"source": "a", "target": "b"}],
        }
    )
    assert graph.nodes["b"].name == "b"
    assert graph.edges == (Edge("a", "b", 0, 0),)


MALFORMED: list[tuple[object, str]] = [
    ([], "not an object"),
    ("nodes", "not an object"),
    ({"nodes": {}}, "not a list"),
    ({"nodes": [7]}, "not an object"),
    ({"nodes": [{"type": "Dense"}]}, "no node id"),
    ({"nodes": [{"id": "a b", "type": "Dense"}]}, "no node id"),
    ({"nodes": [{"id": "a"}]}, "no type"),
    ({"nodes": [{"id": "a", "type": "Dense"}, {"id": "a", "type": "Dense"}]}, "two nodes"),
    ({"nodes": [{"id": "a", "type": "Dense", "params": []}]}, "parameters"),
    ({"nodes": [{"id": "a", "type": "Dense", "params": {"x": float("nan")}}]}, "plain values"),
    ({"nodes": [{"id": "a", "type": "Dense", "name": 7}]}, "name"),
    ({"nodes": [{"id": "a", "type": "Dense", "note": 7}]}, "note"),
    ({"nodes": [{"id": "a", "type": "Dense", "phase": "never"}]}, "phase"),
    ({"nodes": [{"id": "a", "type": "Dense", "shares": 7}]}, "shares"),
    ({"nodes": [{"id": "a", "type": "Dense", "position": [1]}]}, "position"),
    ({"nodes": [{"id": "a", "type": "Dense", "position": ["1", 2]}]}, "position"),
    ({"nodes": [{"id": "a", "type": "Dense", "position": [1e12, 2]}]}, "position"),
    ({"edges": [7]}, "edge is not an object"),
    ({"edges": [{"source": "a"}]}, "two ends"),
    ({"edges": [{"source": "a", "target": "b"}]}, "does not exist"),
    ({"edges": [{"source": "a", "target": "b", "source_port": -1}]}, "ports"),
    ({"name": ["x"]}, "name"),
    ({"blocks": []}, "blocks"),
    ({"version": "1"}, "version"),
    ({"version": 99}, "version 99"),
    ({"nodes": [{}] * 20_001}, "limit is 20000"),
]


@pytest.mark.parametrize(("data", "words"), MALFORMED)
def test_malformed_data_gets_one_diagnostic(data: object, words: str) -> None:
    with pytest.raises(GraphError) as caught:
        Graph.from_json(data)
    (diagnostic,) = caught.value.diagnostics
    assert words in diagnostic.message


def test_deeply_nested_parameters_are_refused_in_bounded_time() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(GraphError):
        Node.from_json({"id": "a", "type": "Dense", "params": {"x": deep}})


def test_order_keeps_branches_together() -> None:
    nodes = [Node(identity, "Identity", identity) for identity in ("a", "b", "c", "d", "e")]
    edges = [Edge("a", "b"), Edge("a", "d"), Edge("b", "c"), Edge("c", "e"), Edge("d", "e", 0, 1)]
    assert Graph(nodes, edges).order == ("a", "b", "c", "d", "e")


def test_a_loop_comes_last_and_is_named() -> None:
    nodes = [Node(identity, "Identity", identity) for identity in ("a", "b", "c", "d")]
    graph = Graph(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("c", "b", 0, 1), Edge("c", "d")])
    assert graph.order == ("a", "b", "c", "d")
    assert graph.unordered == {"b", "c", "d"}
    assert graph.looped == {"b", "c"}


def test_loops_are_found_in_linear_time() -> None:
    size = 20_000
    ring = Graph(
        [Node(f"n{index}", "Identity", f"n{index}") for index in range(size)],
        [Edge(f"n{index}", f"n{(index + 1) % size}") for index in range(size)],
    )
    assert len(ring.looped) == size
    assert Graph([Node("a", "Identity", "a")], [Edge("a", "a")]).looped == {"a"}


def test_inputs_come_by_port() -> None:
    nodes = [Node(identity, "Identity", identity) for identity in ("a", "b", "c")]
    graph = Graph(nodes, [Edge("a", "c", 0, 1), Edge("b", "c", 0, 0)])
    assert [edge.source for edge in graph.incoming("c")] == ["b", "a"]
    assert [node.id for node in graph.inputs] == ["a", "b"]
    assert [node.id for node in graph.outputs] == ["c"]


def test_names_are_found_at_once_where_thousands_are_alike() -> None:
    nodes = [Node(f"a{n}", "Dense", "same") for n in range(5_000)]
    nodes += [Node(f"b{n}", "Dense", f"same_{n}") for n in range(1, 5_001)]
    graph = Graph(nodes)
    started = time.process_time()
    assert {graph.free_name(node.name) for node in nodes[:5_000]} == {"same_5001"}
    assert time.process_time() - started < 0.5


def test_names_are_numbered_as_keras_does(dnn: Graph) -> None:
    assert dnn.free_name("dense") == "dense"
    assert dnn.free_name("dense_1") == "dense_1_1"
    assert (len(dnn), next(iter(dnn)).id) == (7, "n0")


EXAMPLES: list[Edit] = [
    AddNode(Node("new", "Dense", "new", {"units": 3}, (1.0, 2.0))),
    RemoveNode("n1"),
    SetParams("n1", {"units": 7}),
    SetType("n1", "Flatten", {}),
    Rename("n1", "hidden"),
    Move("n1", (3.0, 4.0)),
    Connect(Edge("n0", "n2", 0, 1)),
    Disconnect(Edge("n0", "n1")),
    SetMeta("other"),
    SetNote("n1", "remember"),
    SetPhase("n1", "train"),
    EditBlock("part", (Rename("d", "narrow"), SetParams("d", {"units": {"expr": "n"}}))),
]
PART = {"params": {"n": 2}, "nodes": [Node("d", "Dense", "d", {"units": 2}).to_json()], "edges": []}


def test_every_operation_has_an_example() -> None:
    assert {edit.op for edit in EXAMPLES} == set(EDITS)


@pytest.mark.parametrize("edit", EXAMPLES, ids=lambda edit: edit.op)
def test_an_edit_survives_json_and_changes_the_graph(edit: Edit, dnn: Graph) -> None:
    assert edit_from_json(json.loads(json.dumps(edit.to_json()))) == edit
    graph = Graph(dnn.nodes, dnn.wiring, {"part": PART}, dnn.name)
    before = copy.deepcopy(graph.to_json())
    assert edit.apply(graph) != graph
    assert graph.to_json() == before


def test_removing_a_node_takes_its_edges(dnn: Graph) -> None:
    graph = apply(dnn, [RemoveNode("n1"), Rename("n2", "kept")])
    assert "n1" not in graph.nodes
    assert len(graph.edges) == len(dnn.edges) - 2


BAD_EDITS: list[object] = [
    None,
    {},
    {"op": "explode"},
    {"op": "rename", "id": "a"},
    {"op": "rename", "id": "a", "name": 7},
    {"op": "rename", "id": "a", "name": "x" * 201},
    {"op": "set_params", "id": "a", "params": []},
    {"op": "move", "id": "a", "position": [1]},
    {"op": "add_node", "node": {"id": "?"}},
    {"op": "connect", "edge": {}},
    {"op": "edit_block", "name": "part"},
    {"op": "edit_block", "name": "part", "edits": {}},
    {"op": "edit_block", "name": "part", "edits": [{"op": "set_meta", "name": "other"}]},
    {"op": "edit_block", "name": "part", "edits": [{"op": "edit_block", "name": "a", "edits": []}]},
]


@pytest.mark.parametrize("data", BAD_EDITS)
def test_a_malformed_edit_is_refused(data: object) -> None:
    with pytest.raises(GraphError):
        edit_from_json(data)


def test_an_edit_of_a_missing_node_is_refused() -> None:
    with pytest.raises(GraphError, match="no node ghost"):
        apply(chain(("Flatten", {})), [Rename("ghost", "x")])
    with pytest.raises(GraphError, match="no block ghost"):
        apply(chain(("Flatten", {})), [EditBlock("ghost", ())])
