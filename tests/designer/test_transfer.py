"""Networks from and to files over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from exporters.format import formats, read
from layers.graph import Graph
from tests.conftest import Server
from tests.designer.samples import node, small
from tests.exporters.hostile import HOSTILE

WRITERS = [form.name for form in formats().values() if form.writes and not form.runtime]
READERS_TOO = [name for name in WRITERS if formats()[name].reads]


@pytest.fixture
def http(server: Server) -> httpx.Client:
    return server.client


def make(http: httpx.Client, graph: dict[str, Any], name: str | None = None) -> str:
    answer = http.post("/api/networks", json={"graph": graph, "name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_formats_are_those_of_the_program(http: httpx.Client) -> None:
    assert [item["name"] for item in http.get("/api/formats").json()] == list(formats())


@pytest.mark.parametrize("name", WRITERS)
def test_a_network_becomes_a_file(http: httpx.Client, name: str) -> None:
    network = make(http, small())
    answer = http.get(f"/api/networks/{network}/export/{name}")
    assert answer.status_code == 200, answer.text
    graph = Graph.from_json(http.get(f"/api/networks/{network}").json()["graph"])
    # Weights that are not given are drawn anew each time. (A plain comparison, or pytest would work
    # out how megabytes differ.)
    is_same = answer.content == formats()[name].write(graph)
    assert is_same or formats()[name].carries_weights
    extension = formats()[name].extensions[0]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="small{extension}"'


@pytest.mark.parametrize("name", READERS_TOO)
def test_a_file_becomes_the_network_it_was(http: httpx.Client, name: str) -> None:
    first = make(http, small())
    file = http.get(f"/api/networks/{first}/export/{name}").content
    extension = formats()[name].extensions[0]
    answer = http.post("/api/networks/import", files={"file": (f"small{extension}", file)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["format"] == name
    again = http.get(f"/api/networks/{answer.json()['id']}").json()
    assert again["analysis"]["totals"]["weights"] == 7850
    exported = http.get(f"/api/networks/{answer.json()['id']}/export/{name}").content
    graphs = [read(content, f"x{extension}").graph for content in (file, exported)]
    assert [item.type for item in graphs[0]] == [item.type for item in graphs[1]]


def test_a_pasted_text_becomes_a_network(http: httpx.Client) -> None:
    text = json.dumps(Graph.from_json(small()).to_json())
    answer = http.post("/api/networks/import", json={"text": text})
    assert answer.status_code == 201, answer.text
    assert http.get(f"/api/networks/{answer.json()['id']}").json()["name"] == "small"


def test_a_pasted_text_that_is_no_network_is_called_so(http: httpx.Client) -> None:
    answer = http.post("/api/networks/import", json={"text": "hello world"})
    assert answer.status_code == 422
    (told,) = answer.json()["error"]["diagnostics"]
    assert told["message"].startswith("The text is in no format that can be read here")


def test_an_imported_network_keeps_the_order_of_its_nodes(http: httpx.Client) -> None:
    """A document sorts by id; a file may number its nodes so that n10 comes after n2."""
    inputs = [
        node(f"n{index}", "InputLayer", f"input_{index}", shape=[index]) for index in range(1, 13)
    ]
    share = node("z", "Dense", "again", units=1) | {"shares": "a"}
    graph = {
        "format": "visualnn",
        "version": 1,
        "nodes": [*inputs, share, node("a", "Dense", "d", units=1)],
    }
    answer = http.post("/api/networks/import", json={"text": json.dumps(graph)})
    assert answer.status_code == 201, answer.text
    nodes = http.get(f"/api/networks/{answer.json()['id']}").json()["graph"]["nodes"]
    assert [item["name"] for item in nodes] == [
        *(f"input_{index}" for index in range(1, 13)),
        "again",
        "d",
    ]
    assert nodes[12]["shares"] == nodes[13]["id"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("plain", "plain"),
        ("网络", "网络"),
        ("../../etc/passwd", "etc_passwd"),
        ('quo"te\r\nX-Evil: 1', "quo_te_X-Evil_ 1"),
        ("...", "network"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("x" * 200, "x" * 100),
    ],
)
def test_the_name_of_a_file_is_one(http: httpx.Client, name: str, stem: str) -> None:
    network = make(http, small(), name)
    answer = http.get(f"/api/networks/{network}/export/{WRITERS[0]}")
    assert "X-Evil" not in answer.headers
    given = answer.headers["Content-Disposition"]
    found = given.partition("filename")[2]
    found = unquote(found.removeprefix("*=utf-8''")) if found.startswith("*") else found[2:-1]
    assert found == stem + formats()[WRITERS[0]].extensions[0]


def test_what_a_format_cannot_say_is_told_with_diagnostics(http: httpx.Client) -> None:
    network = make(http, {"nodes": [node("a", "Unheard", "of")]})
    refused = []
    for name in WRITERS:
        answer = http.get(f"/api/networks/{network}/export/{name}")
        if answer.status_code != 200:
            assert answer.status_code == 422
            assert answer.json()["error"]["diagnostics"]
            refused.append(name)
    assert refused


def test_a_file_in_no_format_is_named(http: httpx.Client) -> None:
    answer = http.post(
        "/api/networks/import", files={"file": ("m.h5", b"\x89HDF\r\n\x1a\n" + b"x" * 90)}
    )
    assert answer.status_code == 422
    assert "m.h5" in answer.json()["error"]["message"]
    assert answer.json()["error"]["diagnostics"]


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_with_one_diagnostic(
    http: httpx.Client, case: str, tmp_path: Path
) -> None:
    name, make = HOSTILE[case]
    file = make(tmp_path)
    answer = http.post("/api/networks/import", files={"file": (name, file)}, timeout=30)
    assert answer.status_code == 422, answer.text[:300]
    assert len(answer.json()["error"]["diagnostics"]) == 1
