"""Every error has one shape, says what to do, and shows nothing of our inside."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from designer import errors
from designer.live.values import check_values
from layers.diagnostics import GraphError, Invalid, Problem, diagnose
from layers.graph import Graph, Node
from tests.conftest import Server
from tests.designer.samples import small

JSON = {"Content-Type": "application/json"}
PROBLEM = Problem("test.problem", "It is {value}.", "Change it.")


def assert_shape(body: Any) -> dict[str, Any]:
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "hint", "diagnostics"}
    assert error["message"].endswith(".") or error["message"].endswith(")")
    assert all(isinstance(error[part], str) for part in ("code", "message", "hint"))
    assert "Traceback" not in json.dumps(body)
    assert "." in error["code"]
    return error


def graph(**changes: Any) -> dict[str, Any]:
    return {"graph": {**small(), **changes}}


def a_node(**changes: Any) -> dict[str, Any]:
    return graph(nodes=[{"id": "n1", "type": "Dense", "name": "d", **changes}], edges=[])


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


BODIES: dict[str, tuple[Any, int, str]] = {
    "no graph": ({"graph": 5}, 422, "http.validation"),
    "a list": ([1, 2], 422, "http.validation"),
    "nodes that are no list": (graph(nodes={"a": 1}), 422, "graph.malformed"),
    "a node that is no object": (graph(nodes=[7]), 422, "graph.malformed"),
    "an id that is a path": (a_node(id="../../etc/passwd"), 422, "graph.malformed"),
    "an id of many letters": (a_node(id="x" * 65), 422, "graph.malformed"),
    "a type that is no text": (a_node(type=["Dense"]), 422, "graph.malformed"),
    "a name as long as a book": (a_node(name="x" * 10_000), 422, "graph.malformed"),
    "params that are deep": (a_node(params={"x": deep(40)}), 422, "graph.malformed"),
    "a position at infinity": (a_node(position=[1e300, 0]), 422, "graph.malformed"),
    "a newer version": (graph(version=99), 422, "graph.version"),
    "two nodes with one id": (graph(nodes=[small()["nodes"][0]] * 2), 422, "graph.malformed"),
    "an edge to nowhere": (
        graph(edges=[{"source": "n1", "target": "x"}]),
        422,
        "graph.malformed",
    ),
    "too many nodes": (graph(nodes=[0] * 30_000), 422, "graph.too_large"),
    "an integer that JavaScript cannot count": (
        a_node(params={"units": 2**70}),
        422,
        "document.value",
    ),
    "the character zero": (graph(name="a\0b"), 422, "document.value"),
    "an empty name": ({"name": ""}, 422, "http.validation"),
    "graph and zoo": ({**graph(), "zoo": "dnn"}, 422, "network.source"),
    "a zoo model that is not there": ({"zoo": "../../secret"}, 404, "http.not_found"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
def test_bodies_that_are_refused(server: Server, body: Any, status: int, code: str) -> None:
    answer = server.client.post("/api/networks", json=body)
    assert answer.status_code == status, answer.text
    assert assert_shape(answer.json())["code"] == code


@pytest.mark.parametrize(("name", "place"), [("d", "d holds "), ("\ud800", "Node n1 holds ")])
def test_a_value_that_nothing_keeps_is_told_by_the_name_of_its_layer(name: str, place: str) -> None:
    unfit = Graph([Node("n1", "Dense", name, {"units": 2**70})])
    with pytest.raises(GraphError) as caught:
        check_values(unfit, Graph())
    assert all(item.message.startswith(place) for item in caught.value.diagnostics)


RAW: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"{not json", 400, "http.json"),
    "half a text": (b'{"name": "\xff', 400, "http.json"),
    "not a number": (b'{"graph": {"nodes": [NaN]}}', 400, "http.json"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, 400, "http.json"),
    "rather deep": (b"[" * 80 + b"]" * 80, 400, "http.json"),
    "a number of many digits": (b'{"name": ' + b"9" * 100_000 + b"}", 400, "http.json"),
    "infinity by overflow": (
        b'{"graph": {"nodes": [{"id": "n", "type": "Dense", "params": {"units": 1e999}}]}}',
        422,
        "graph.malformed",
    ),
    "half a character": (b'{"graph": {"name": "\\ud800"}}', 422, "document.value"),
    "half a character in a name": (b'{"name": "\\udc00x"}', 422, "http.validation"),
    "nothing": (b"", 422, "http.validation"),
}


@pytest.mark.parametrize(("body", "status", "code"), RAW.values(), ids=RAW)
def test_bytes_that_are_refused(server: Server, body: bytes, status: int, code: str) -> None:
    answer = server.client.post("/api/networks", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert assert_shape(answer.json())["code"] == code


REQUESTS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "an address that is not there": ("GET", "/api/nothing", {}, 404),
    "a network whose id is none": ("GET", "/api/networks/1", {}, 404),
    "a path out of the tree": ("GET", "/api/zoo/..%2f..%2fmanage.py", {}, 404),
    "a method that is not taken": ("DELETE", "/api/networks", {}, 405),
    "a host that is not ours": ("GET", "/api/networks", {"headers": {"Host": "evil.example"}}, 400),
    "edits that are none": ("PATCH", "/api/networks/{network}", {"json": {"edits": [1]}}, 422),
    "an operation that is none": (
        "PATCH",
        "/api/networks/{network}",
        {"json": {"edits": [{"op": "explode"}]}},
        422,
    ),
    "too many edits": (
        "PATCH",
        "/api/networks/{network}",
        {"json": {"edits": [{"op": "set_meta", "name": "x"}] * 10_001}},
        422,
    ),
    "a format that is none": ("GET", "/api/networks/{network}/export/cobol", {}, 422),
    "an import without a file": ("POST", "/api/networks/import", {"files": {"x": b""}}, 422),
    "an import without a text": ("POST", "/api/networks/import", {"json": {}}, 422),
    "an import of an executable": (
        "POST",
        "/api/networks/import",
        {"files": {"file": ("model.json", b"\x7fELF" + bytes(1000))}},
        422,
    ),
    "an import of a pickle": (
        "POST",
        "/api/networks/import",
        {"files": {"file": ("model.pkl", b"cos\nsystem\n(S'true'\ntR.")}},
        422,
    ),
    "an import without the boundary of its parts": (
        "POST",
        "/api/networks/import",
        {"content": b"--B", "headers": {"Content-Type": "multipart/form-data"}},
        400,
    ),
    "data in a form whose boundary is no text": (
        "POST",
        "/api/datasets",
        {"content": b"--B", "headers": [(b"Content-Type", b"multipart/form-data; boundary=\xe9")]},
        400,
    ),
    "an import of many fields": (
        "POST",
        "/api/networks/import",
        {"data": {f"f{n}": "1" for n in range(1_001)}, "files": {"file": b"x"}},
        413,
    ),
    "an address of many parameters": ("GET", "/api/runs?" + "a=1&" * 1_001, {}, 413),
    "a graph to analyse that is none": ("POST", "/api/analyse", {"json": {"graph": []}}, 422),
    "a node to dissolve that is none": (
        "POST",
        "/api/dissolve",
        {"json": {"graph": {"nodes": [], "edges": []}, "node": "nobody"}},
        422,
    ),
}


@pytest.mark.parametrize(("method", "path", "request_", "status"), REQUESTS.values(), ids=REQUESTS)
def test_requests_that_are_refused(
    server: Server, method: str, path: str, request_: dict[str, Any], status: int
) -> None:
    network = server.client.post("/api/networks", json=graph()).json()["id"]
    answer = server.client.request(method, path.format(network=network), **request_)
    assert answer.status_code == status, answer.text
    assert_shape(answer.json())


def test_a_body_that_says_it_is_too_large_is_refused_unread(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/api/networks")
    connection.putheader("Content-Length", str(17 * 1024 * 1024))
    connection.endheaders()  # and no body
    answer = connection.getresponse()
    assert answer.status == 413
    assert assert_shape(json.loads(answer.read()))["code"] == "http.too_large"
    connection.close()


def test_a_body_that_grows_too_large_is_cut_off(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1024 * 1024

    answer = server.client.post("/api/networks", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert assert_shape(answer.json())["code"] == "http.too_large"


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({}, True),
        ({"Origin": "same"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost:3000"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_pages_of_other_origins_change_nothing(
    server: Server, headers: dict[str, str], is_let_in: bool
) -> None:
    sent = {name: server.url if value == "same" else value for name, value in headers.items()}
    before = len(server.client.get("/api/networks", headers=sent).json())
    answer = server.client.post("/api/networks", json={}, headers=sent)
    after = len(server.client.get("/api/networks").json())
    assert (answer.status_code == 201, after - before) == (is_let_in, int(is_let_in))
    if not is_let_in:
        assert answer.status_code == 403
        assert assert_shape(answer.json())["code"] == "access.origin"


def body(answer: Any) -> Any:
    return json.loads(answer.content)


def test_our_own_mistakes_are_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = errors.respond(KeyError("the secret"))
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert assert_shape(body(answer))["code"] == "http.unexpected"
    assert "the secret" in caplog.text


def test_diagnostics_travel_with_the_error() -> None:
    found = [diagnose(PROBLEM, node="n1", value=3), diagnose(PROBLEM, value=4)]
    answer = errors.respond(GraphError(found))
    error = assert_shape(body(answer))
    assert answer.status_code == 422
    assert error["message"] == "It is 3. (and 1 more)"
    assert [item["node"] for item in error["diagnostics"]] == ["n1", None]


def test_a_broken_rule_is_a_diagnostic() -> None:
    answer = errors.respond(Invalid(PROBLEM, param="rate", value=9))
    (found,) = assert_shape(body(answer))["diagnostics"]
    assert (found["code"], found["param"]) == ("test.problem", "rate")
