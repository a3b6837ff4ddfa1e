"""Networks over HTTP: make, list, read, change, copy, delete."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Server
from tests.designer.samples import chain, edge, node, small


@pytest.fixture
def http(server: Server) -> httpx.Client:
    return server.client


def make(http: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = http.post("/api/networks", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def read(http: httpx.Client, network: str) -> dict[str, Any]:
    answer = http.get(f"/api/networks/{network}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_empty_network(http: httpx.Client) -> None:
    made = make(http)
    assert (made["name"], made["layers"], made["weights"]) == ("network", 0, 0)
    found = read(http, made["id"])
    assert found["graph"]["nodes"] == []
    assert found["analysis"]["totals"]["layers"] == 0


def test_an_empty_network_goes_out_where_a_format_can_say_it(http: httpx.Client) -> None:
    listed = http.get(f"/api/networks/{make(http)['id']}/exports").json()
    found = {item["name"]: [told["code"] for told in item["obstacles"]] for item in listed}
    assert found["visualnn"] == found["diagram_svg"] == []
    assert found["notebook"] == found["keras_json"] == found["onnx"] == ["graph.empty"]
    for name, obstacles in found.items():
        assert obstacles in ([], ["graph.empty"]), name
    strange = {"nodes": [node("x", "theirs.Own", "x")], "edges": []}
    listed = http.get(f"/api/networks/{make(http, graph=strange)['id']}/exports").json()
    found = {item["name"]: [told["code"] for told in item["obstacles"]] for item in listed}
    assert found["notebook"] == ["layer.unknown"]
    assert found["keras_json"] == []


def test_a_network_of_a_graph(http: httpx.Client) -> None:
    made = make(http, graph=small(), name="My 网络 ✓")
    assert (made["name"], made["layers"], made["weights"]) == ("My 网络 ✓", 2, 7850)
    found = read(http, made["id"])
    assert found["name"] == found["graph"]["name"] == "My 网络 ✓"
    assert found["graph"]["edges"] == small()["edges"]
    assert found["analysis"]["nodes"]["n2"]["weights"] == 7850
    assert found["analysis"]["diagnostics"] == []


def test_more_weights_than_a_database_counts(http: httpx.Client) -> None:
    huge = 2**31 - 1
    graph = chain(3)
    graph["nodes"][0]["params"]["shape"] = [huge]
    for item in graph["nodes"][1:]:
        item["params"]["units"] = huge
    made = make(http, graph=graph)
    assert made["weights"] == 2**63 - 1
    edits = {"edits": [{"op": "set_meta", "name": "huge"}]}
    assert http.patch(f"/api/networks/{made['id']}", json=edits).status_code == 200
    emptied = make(http)["id"]
    found = http.put(f"/api/networks/{emptied}", json={"graph": graph})
    assert found.json()["analysis"]["totals"]["weights"] == 3 * (huge * huge + huge)
    listed = {item["id"]: item for item in http.get("/api/networks").json()}
    assert listed[emptied]["weights"] == 2**63 - 1


def test_the_list_has_what_changed_last_first(http: httpx.Client) -> None:
    first, second = make(http, name="first"), make(http, name="second")
    assert [item["id"] for item in http.get("/api/networks").json()][:2] == [
        second["id"],
        first["id"],
    ]
    http.patch(
        f"/api/networks/{first['id']}", json={"edits": [{"op": "set_meta", "name": "renamed"}]}
    )
    listed = http.get("/api/networks").json()
    assert [item["name"] for item in listed][:2] == ["renamed", "second"]
    assert listed[0]["updated_at"] > listed[0]["created_at"]


def test_a_graph_is_replaced(http: httpx.Client) -> None:
    network = make(http, graph=small())["id"]
    answer = http.put(f"/api/networks/{network}", json={"graph": chain(6)})
    assert answer.status_code == 200
    assert answer.json()["analysis"]["totals"]["layers"] == 7
    assert read(http, network)["graph"]["edges"] == chain(6)["edges"]


def test_edits_are_applied_in_order(http: httpx.Client) -> None:
    network = make(http, graph=small())["id"]
    edits = [
        {"op": "add_node", "node": node("n3", "Softmax", "softmax")},
        {"op": "connect", "edge": edge("n2", "n3")},
        {"op": "set_params", "id": "n2", "params": {"units": 5}},
        {"op": "move", "id": "n3", "position": [10, 20]},
        {"op": "rename", "id": "n3", "name": "answer"},
        {"op": "set_meta", "name": "edited"},
    ]
    answer = http.patch(f"/api/networks/{network}", json={"edits": edits})
    assert answer.status_code == 200, answer.text
    graph = answer.json()["graph"]
    assert graph["name"] == "edited"
    assert graph["nodes"][2]["name"] == "answer"
    assert graph["nodes"][2]["position"] == [10, 20]
    assert answer.json()["analysis"]["totals"]["weights"] == 785 * 5
    undo = [
        {"op": "disconnect", "edge": edge("n2", "n3")},
        {"op": "remove_node", "id": "n3"},
        {"op": "set_type", "id": "n2", "type": "Dropout", "params": {"rate": 0.5}},
    ]
    graph = http.patch(f"/api/networks/{network}", json={"edits": undo}).json()["graph"]
    assert [item["type"] for item in graph["nodes"]] == ["InputLayer", "Dropout"]


def test_of_edits_that_fail_none_is_applied(http: httpx.Client) -> None:
    network = make(http, graph=small())["id"]
    edits = [
        {"op": "set_params", "id": "n2", "params": {"units": 5}},
        {"op": "rename", "id": "nobody", "name": "x"},
    ]
    answer = http.patch(f"/api/networks/{network}", json={"edits": edits})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "edit.no_node"
    assert read(http, network)["graph"]["nodes"][1]["params"]["units"] == 10


def test_the_fix_of_a_diagnostic_can_be_applied(http: httpx.Client) -> None:
    graph = {
        "nodes": [
            node("n1", "InputLayer", "input", shape=[8, 8, 1]),
            node("n2", "Dense", "dense", units=3),
            node("n3", "Conv2D", "conv", filters=2, kernel_size=3),
        ],
        "edges": [edge("n1", "n2")],
    }
    network = make(http, graph=graph)["id"]
    conv = [
        {"op": "disconnect", "edge": edge("n1", "n2")},
        {"op": "connect", "edge": edge("n2", "n3")},
    ]
    answer = http.patch(f"/api/networks/{network}", json={"edits": conv})
    found = answer.json()["analysis"]["diagnostics"]
    assert found
    fixes = [item["fix"]["edits"] for item in found if item["fix"]]
    for fix in fixes:
        assert http.patch(f"/api/networks/{network}", json={"edits": fix}).status_code == 200


def test_a_problem_within_a_block_is_told_and_mended_where_it_is(http: httpx.Client) -> None:
    convolution = node("c", "Conv1D", "conv", filters={"expr": "n"}, kernel_size=[3])
    part = {
        "params": {"n": 4},
        "nodes": [node("in", "BlockInput", "in"), convolution],
        "edges": [edge("in", "c")],
    }
    graph = {
        "nodes": [
            node("i", "InputLayer", "input", shape=[9, 9, 3]),
            node("b", "Block", "body", block="part", repeat=2),
        ],
        "edges": [edge("i", "b")],
        "blocks": {"part": part},
    }
    made = make(http, graph=graph)["id"]
    (problem,) = read(http, made)["analysis"]["diagnostics"]
    assert problem["node"] == "b"
    assert problem["inside"] == [{"node": "c", "name": "conv", "copy": None}]
    inside = http.get(f"/api/networks/{made}/inside/b").json()
    assert inside["copies"] == [1]
    assert inside["diagnostics"] == {"c": [{**problem, "node": "c", "inside": []}]}
    assert inside["nodes"]["in"]["outputs"][0]["shape"] == [None, 9, 9, 3]
    edits = {"edits": problem["fix"]["edits"]}
    assert http.patch(f"/api/networks/{made}", json=edits).status_code == 200
    mended = read(http, made)
    assert mended["analysis"]["diagnostics"] == []
    (block,) = mended["graph"]["blocks"].values()
    assert block["nodes"][1]["type"] == "Conv2D"
    assert block["nodes"][1]["params"]["filters"] == {"expr": "n"}
    assert http.get(f"/api/networks/{made}/inside/b").json()["diagnostics"] == {}


def test_a_copy_is_independent(http: httpx.Client) -> None:
    network = make(http, graph=small(), name="model")["id"]
    answer = http.post(f"/api/networks/{network}/duplicate")
    assert answer.status_code == 201
    copy = answer.json()
    assert (copy["name"], copy["weights"]) == ("model copy", 7850)
    edits = [{"op": "set_params", "id": "n2", "params": {"units": 1}}]
    http.patch(f"/api/networks/{copy['id']}", json={"edits": edits})
    assert read(http, network)["graph"]["nodes"][1]["params"]["units"] == 10


def test_a_deleted_network_is_gone(http: httpx.Client) -> None:
    network = make(http, graph=small())["id"]
    read(http, network)  # its room is open now
    assert http.delete(f"/api/networks/{network}").status_code == 204
    assert http.get(f"/api/networks/{network}").status_code == 404
    assert http.delete(f"/api/networks/{network}").status_code == 404
    assert network not in {item["id"] for item in http.get("/api/networks").json()}


def test_a_large_network_is_made_and_read(http: httpx.Client) -> None:
    network = make(http, graph=chain(1_000, units=2))["id"]
    found = read(http, network)
    assert found["analysis"]["totals"]["weights"] == 6_000
    assert len(found["graph"]["edges"]) == 1_000


def test_a_network_of_the_zoo(http: httpx.Client) -> None:
    listed = http.get("/api/zoo").json()
    assert {"dnn", "cnn", "lstm"} <= {item["name"] for item in listed}
    for model in listed:
        assert {"title", "summary", "source", "dataset", "input", "categories"} <= model.keys()
        made = make(http, zoo=model["name"])
        assert (made["layers"], made["weights"]) == (model["layers"], model["weights"])
        errors = [
            item
            for item in read(http, made["id"])["analysis"]["diagnostics"]
            if item["severity"] == "error"
        ]
        assert errors == []
        whole = http.get(f"/api/zoo/{model['name']}").json()
        assert len(whole["graph"]["nodes"]) == model["layers"]


def test_the_catalogue_is_sent_once(http: httpx.Client) -> None:
    answer = http.get("/api/catalog")
    assert answer.status_code == 200
    assert {"categories", "entries", "layers", "families", "version"} <= answer.json().keys()
    plain = http.get("/api/catalog", headers={"Accept-Encoding": "identity"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == answer.json()
    again = http.get("/api/catalog", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = http.get("/api/catalog", headers={"If-None-Match": '"older"'})
    assert other.status_code == 200


def test_a_graph_is_analysed_without_being_stored(http: httpx.Client) -> None:
    before = len(http.get("/api/networks").json())
    answer = http.post("/api/analyse", json={"graph": small()})
    assert answer.status_code == 200
    assert answer.json()["totals"]["weights"] == 7850
    assert len(http.get("/api/networks").json()) == before


def test_a_block_is_dissolved_without_being_stored(http: httpx.Client) -> None:
    inner = node("d", "Dense", "dense", units={"expr": "width"})
    block = {"params": {"width": 3}, "nodes": [inner], "edges": []}
    use = node("b", "Block", "body", block="it", values={"width": 4}, repeat=1)
    graph = {"nodes": [use], "edges": [], "blocks": {"it": block}}
    answer = http.post("/api/dissolve", json={"graph": graph, "node": "b"})
    assert answer.status_code == 200
    gone, made = answer.json()["edits"]
    assert gone == {"op": "remove_node", "id": "b"}
    assert (made["node"]["id"], made["node"]["params"]) == ("b-d", {"units": 4})


def test_copies_of_a_large_node_are_refused_before_they_are_written(http: httpx.Client) -> None:
    inner = [node("x", "BlockInput", "x"), node("d", "Dense", "dense", note="n" * 50_000)]
    block = {"params": {}, "nodes": inner, "edges": [edge("x", "d")]}
    use = node("b", "Block", "body", block="it", values={}, repeat=1000)
    graph = {"nodes": [use], "edges": [], "blocks": {"it": block}}
    answer = http.post("/api/dissolve", json={"graph": graph, "node": "b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "block.too_long")


def test_every_route_is_documented_with_pages_that_need_no_other_server(
    http: httpx.Client,
) -> None:
    page = http.get("/api/docs")
    assert page.status_code == 200
    for mark in ('src="', 'href="'):
        for part in page.text.split(mark)[1:]:
            address = part.partition('"')[0]
            assert address.startswith("/static/")
            assert http.get(address).status_code == 200
    paths = http.get("/api/openapi.json").json()["paths"]
    assert "/api/networks/{network}" in paths
    for operations in paths.values():
        assert all(operation.get("description") for operation in operations.values())


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT", "PATCH"])
def test_a_network_that_is_not_there(http: httpx.Client, method: str) -> None:
    suffix = "/duplicate" if method == "POST" else ""
    body = {"PUT": {"graph": small()}, "PATCH": {"edits": []}}.get(method)
    answer = http.request(method, f"/api/networks/{uuid4()}{suffix}", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "http.not_found"
