"""Of a network with thousands of mistakes pages are told some, the errors first, and the number."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from designer.live.document import Document
from designer.live.room import Room
from designer.telling import MAX_TOLD, capped, told
from layers.diagnostics import Diagnostic
from layers.graph import Graph, Node

WRONG = Diagnostic("a.b", "It is wrong.", "Mend it.")
DOUBT = replace(WRONG, severity="hint")


def test_a_few_diagnostics_are_all_told() -> None:
    assert told([WRONG, DOUBT]) == [WRONG.to_json(), DOUBT.to_json()]
    assert told([]) == []


def test_of_many_the_errors_come_first_and_the_rest_is_counted() -> None:
    groups = {"": (DOUBT,) * 200, "a": (DOUBT,) * 100, "b": (WRONG,) * 90, "c": (DOUBT,)}
    found = capped(groups)
    assert {place: len(group) for place, group in found.items()} == {"": 201, "a": 10, "b": 90}
    assert found[""][-1].code == "diagnostics.more"
    assert found[""][-1].values == {"count": 391 - MAX_TOLD}


def broken(count: int) -> Graph:
    """Layers of which each lacks an input."""
    return Graph([Node(f"n{place}", "Flatten", f"flat_{place}") for place in range(count)])


def test_a_room_tells_what_else_there_is_once_some_is_mended() -> None:
    document = Document()
    document.become(broken(1000))
    room = Room(UUID(int=1), document)
    listed = room.analysis_json()["diagnostics"]
    codes = [item["code"] for item in listed]
    assert (len(codes), codes.count("diagnostics.more")) == (MAX_TOLD + 1, 1)
    assert len(room.analysis_json()["nodes"]) == 1000
    first = [item["node"] for item in listed if item["node"]]
    gone = set(first[:250])
    rest = [node for node in room.graph.nodes.values() if node.id not in gone]
    room.become(Graph(rest))
    assert room.analyse() is not None
    then = [item["node"] for item in room.analysis_json()["diagnostics"] if item["node"]]
    assert len(then) >= MAX_TOLD - 1  # one is about the whole
    assert gone.isdisjoint(then)
    room.become(Graph(rest[:5]))
    assert room.analyse() is not None
    assert len(room.analysis_json()["diagnostics"]) < 10
