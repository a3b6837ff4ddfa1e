"""The replica and the plain graph beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map

from designer.live import document as live
from designer.live.document import Broken, Document
from layers import edits
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.designer.samples import chain, edge, node, small


def holding(graph: dict[str, Any]) -> Document:
    document = Document()
    document.become(Graph.from_json(graph))
    return document


def client_of(document: Document) -> Doc[Any]:
    """Another replica, as a browser has one."""
    doc: Doc[Any] = Doc()
    doc.apply_update(document.state)
    return doc


def test_a_graph_survives_the_document() -> None:
    graph = Graph.from_json(
        {
            **chain(4),
            "name": "网络 <&> \u202e",
            "blocks": {"b": {"nodes": [], "params": {"k": 1.5}}},
            "nodes": [
                node(
                    "a-_9", "Dense", "dense", units=3, kernel_regularizer={"type": "L2", "l2": 0.01}
                )
                | {"phase": "train", "note": "why\nnot", "shares": None, "position": [1.5, -2]},
                node("b", "Unheard", "of", value=[None, True, "x", 2**53, 1e-9])
                | {"shares": "a-_9"},
            ],
            "edges": [edge("a-_9", "b")],
        }
    )
    document = Document()
    document.become(graph)
    assert document.graph == graph
    assert Document([document.state]).graph == graph


def test_becoming_the_same_graph_changes_nothing() -> None:
    document = holding(small())
    assert document.become(Graph.from_json(small())) == b""


def test_a_small_change_is_a_small_update() -> None:
    document = holding(chain(200))
    graph = document.graph
    changed = graph.with_node(replace(graph.nodes["n00007"], name="other"))
    assert len(document.become(changed)) < 60


def test_unchanged_parts_of_the_graph_stay_the_same_objects() -> None:
    document = holding(chain(5))
    before = document.graph
    edit = edits.SetParams("n00002", {"units": 9})
    document.become(edit.apply(before))
    assert document.graph.nodes["n00002"].params["units"] == 9
    assert document.graph.wiring is before.wiring
    assert document.graph.nodes["n00001"] is before.nodes["n00001"]


def test_numbers_that_are_whole_come_back_whole() -> None:
    document = holding(small())
    units = document.graph.nodes["n2"].params["units"]
    assert units == 10
    assert type(units) is int


def test_nodes_are_in_the_order_of_their_ids() -> None:
    doc = client_of(holding({"nodes": [], "edges": []}))
    nodes = doc.get("nodes", type=Map)
    for identity in ("c", "a", "b"):
        nodes[identity] = Map({"type": "Dense", "name": identity, "params": Map({"z": 1, "a": 2})})
    document = Document([doc.get_update()])
    assert list(document.graph.nodes) == ["a", "b", "c"]
    assert list(document.graph.nodes["a"].params) == ["a", "z"]


UNREADABLE: dict[str, object] = {
    "a number": 5,
    "no type": {"name": "x"},
    "a type that is no text": {"type": 3, "name": "x"},
    "params that are no object": {"type": "Dense", "name": "x", "params": [1]},
    "a position of words": {"type": "Dense", "name": "x", "position": ["left", "top"]},
    "an unknown phase": {"type": "Dense", "name": "x", "phase": "never"},
    "a name as long as a book": {"type": "Dense", "name": "x" * 100_000},
    "parameters without end": {"type": "Dense", "name": "x", "params": {"x": list(range(20_000))}},
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_node_is_left_out_and_told_with_its_fix(value: Any) -> None:
    document = holding(small())
    doc = client_of(document)
    state = doc.get_state()
    doc.get("nodes", type=Map)["odd"] = Map(value) if isinstance(value, dict) else value
    document.apply(doc.get_update(state))
    assert document.graph == Graph.from_json(small())
    (told,) = document.malformed.values()
    assert told.code == "document.malformed"
    assert told.fix is not None
    assert told.fix.to_json()["edits"] == [{"op": "remove_node", "id": "odd"}]

    state = doc.get_state()
    del doc.get("nodes", type=Map)["odd"]
    document.apply(doc.get_update(state))
    assert not document.malformed


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a b", "x" * 65, "<script>", "é"])
def test_ids_that_are_none_are_left_out(key: str) -> None:
    doc = client_of(holding(small()))
    doc.get("nodes", type=Map)[key] = Map({"type": "Dense", "name": "x"})
    document = Document([doc.get_update()])
    assert list(document.graph.nodes) == ["n1", "n2"]
    assert len(document.malformed) == 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        "n1>n2",
        {},
        {"source": "n2", "target": "n1"},
        edge("n2", "n1") | {"source_port": -1},
        edge("n2", "n1") | {"target_port": 0.5},
        edge("n2", "n1") | {"target_port": "first"},
    ],
)
def test_an_unreadable_edge_is_left_out_and_told(value: Any) -> None:
    doc = client_of(holding(small()))
    doc.get("edges", type=Map)["odd"] = value
    document = Document([doc.get_update()])
    assert document.graph == Graph.from_json(small())
    assert list(document.malformed) == ["edges/odd"]


def test_what_cannot_be_read_goes_with_the_next_whole_graph() -> None:
    doc = client_of(holding(small()))
    doc.get("nodes", type=Map)["odd"] = 5
    doc.get("edges", type=Map)["odd"] = 5
    document = Document([doc.get_update()])
    document.become(Graph.from_json(small()))
    assert not document.malformed


def write_long(document: Document, params: list[str]) -> None:
    """Give parameters, one after the other, values of 9,000 characters."""
    doc = client_of(document)
    for name in params:
        state = doc.get_state()
        doc.get("nodes", type=Map)["n2"]["params"][name] = "x" * 9_000
        document.apply(doc.get_update(state))


def test_a_document_does_not_grow_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_BYTES", 100_000)
    document = holding(small())
    names = [f"p{index}" for index in range(30)]
    with pytest.raises(Broken, match="too large"):
        write_long(document, names)


def test_writing_one_thing_over_and_over_is_no_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_BYTES", 100_000)
    document = holding(small())
    write_long(document, ["p"] * 30)
    assert len(document.state) < 20_000


IDS = st.sampled_from(["a", "b", "c", "d"])
NODES = st.builds(lambda i, units: node(i, "Dense", i, units=units), IDS, st.integers(1, 9))
EDGES = st.builds(edge, IDS, IDS)
PLACES = st.lists(st.integers(-9, 9), min_size=2, max_size=2)
EDITS = st.one_of(
    st.fixed_dictionaries({"op": st.just("add_node"), "node": NODES}),
    st.fixed_dictionaries({"op": st.just("remove_node"), "id": IDS}),
    st.fixed_dictionaries(
        {
            "op": st.just("set_params"),
            "id": IDS,
            "params": st.fixed_dictionaries({"units": st.floats(0, 9) | st.none() | st.booleans()}),
        }
    ),
    st.fixed_dictionaries({"op": st.just("rename"), "id": IDS, "name": st.text(max_size=5)}),
    st.fixed_dictionaries({"op": st.just("move"), "id": IDS, "position": PLACES}),
    st.fixed_dictionaries({"op": st.just("connect"), "edge": EDGES}),
    st.fixed_dictionaries({"op": st.just("disconnect"), "edge": EDGES}),
    st.fixed_dictionaries(
        {
            "op": st.just("set_meta"),
            "name": st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5),
        }
    ),
)


@settings(max_examples=150)
@given(st.lists(EDITS, max_size=25))
def test_replicas_follow_any_edits(wanted: list[dict[str, Any]]) -> None:
    """One replica makes the edits, one hears each of them, one is made of the state in the end."""
    maker, hearer = Document(), Document()
    for item in wanted:
        try:
            graph = edits.edit_from_json(item).apply(maker.graph)
        except GraphError:
            continue
        if update := maker.become(graph):
            hearer.apply(update)
        assert maker.graph.to_json() == hearer.graph.to_json()
    assert Document([maker.state]).graph.to_json() == maker.graph.to_json()
