"""Weights that travel with a network over HTTP: imported, attached, exported, copied, dropped."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest

from exporters.format import formats, read, write
from exporters.weights import Weights
from layers.graph import Graph
from tests.conftest import Server, Site
from tests.designer.samples import node, small
from tests.designer.tab import Tab, tab
from tests.exporters.judging import random_weights
from tests.exporters.keras_weights.test_parts import GRAPH, INDEX, PARTS

CARRIERS = [
    name
    for name, form in formats().items()
    if form.carries_weights and form.reads and form.writes and not form.runtime
]


@pytest.fixture
def http_client(server: Server) -> httpx.Client:
    return server.client


def file_of(name: str) -> tuple[bytes, Weights]:
    """The small network in a format, with random weights."""
    graph = Graph.from_json(small())
    weights = random_weights(graph)
    return write(graph, name, weights), weights


@pytest.mark.parametrize("name", CARRIERS)
def test_weights_come_in_with_a_network_and_go_out_with_it(
    http_client: httpx.Client, name: str
) -> None:
    content, weights = file_of(name)
    filename = f"small{formats()[name].extensions[0]}"
    answer = http_client.post("/api/networks/import", files={"file": (filename, content)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["weights"] == 7850
    network = answer.json()["id"]
    (source,) = http_client.get(f"/api/networks/{network}/weights").json()
    assert (source["id"], source["label"], source["complete"]) == ("imported", filename, True)
    copy = http_client.post(f"/api/networks/{network}/duplicate").json()["id"]
    for identity in (network, copy):
        address = f"/api/networks/{identity}/export/{name}?weights=imported"
        exported = http_client.get(address)
        assert exported.status_code == 200, exported.text
        back = read(exported.content, filename)
        assert back.weights is not None
        (given,) = weights.values()
        (found,) = back.weights.values()
        assert all(np.array_equal(found[key], given[key]) for key in given)
    assert http_client.delete(f"/api/networks/{network}/weights").status_code == 204
    assert http_client.get(f"/api/networks/{network}/weights").json() == []
    assert http_client.delete(f"/api/networks/{network}/weights").status_code == 404


def test_weights_in_several_files_come_in_with_a_network(http_client: httpx.Client) -> None:
    files = {
        "net.json": write(GRAPH, "keras_json"),
        **PARTS,
        "m.weights.json": json.dumps(INDEX).encode(),
    }
    answer = http_client.post(
        "/api/networks/import", files=[("file", pair) for pair in files.items()]
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["weights"] == 35 + 24 + 15
    assert answer.json()["diagnostics"] == []


@pytest.mark.parametrize("name", CARRIERS[:1])
def test_weights_are_attached_to_a_network_that_is_there(
    http_client: httpx.Client, name: str
) -> None:
    content, _ = file_of(name)
    filename = f"small{formats()[name].extensions[0]}"
    network = http_client.post("/api/networks", json={"graph": small()}).json()["id"]
    address = f"/api/networks/{network}/weights"
    answer = http_client.post(address, files={"file": (filename, content)})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"weights": 7850, "diagnostics": []}
    refused = http_client.post(address, files={"file": ("x.json", b"{}")})
    assert refused.status_code == 422
    empty = http_client.post("/api/networks", json={}).json()["id"]
    answer = http_client.post(f"/api/networks/{empty}/weights", files={"file": (filename, content)})
    assert answer.status_code == 422, answer.text


LOST: dict[str, tuple[Callable[[Tab, str], Awaitable[None]], list[str]]] = {
    "a layer of another size": (
        lambda one, dense: one.set_params(dense, units=11),
        ["weights.shape"] * 2,
    ),
    "a layer that is new": (
        lambda one, dense: one.add(node("n3", "Dense", "more", units=3), dense),
        ["weights.missing"],
    ),
    "no layer": (lambda one, dense: one.delete(dense), []),
}


@pytest.mark.parametrize("case", LOST)
async def test_an_export_names_the_layers_whose_weights_an_edit_has_cost(
    server: Server, case: str
) -> None:
    change, codes = LOST[case]
    content, _ = file_of("onnx")
    files = {"file": ("small.onnx", content)}
    network = server.client.post("/api/networks/import", files=files).json()["id"]
    graph = server.client.get(f"/api/networks/{network}").json()["graph"]
    (dense,) = [item["id"] for item in graph["nodes"] if item["type"] == "Dense"]
    async with tab(server, network) as one:
        await one.until_synced()
        await change(one, dense)
        await one.saved()
    for format_name, to, wanted in (
        ("onnx", "download", codes),
        ("onnx", "storage", codes),
        ("litert", "download", codes),
        ("python", "download", []),
    ):
        answer = server.client.post(
            f"/api/networks/{network}/exports/{format_name}",
            json={"to": to, "weights": "imported"},
        )
        assert answer.status_code in (201, 202), answer.text
        told = answer.json()["diagnostics"]
        assert [item["code"] for item in told] == wanted
        assert all(item["message"].startswith(item["values"]["name"]) for item in told)
    (source,) = server.client.get(f"/api/networks/{network}/weights").json()
    assert [item["code"] for item in source["lacking"]] == codes


def test_an_export_goes_to_the_storage(server: Server) -> None:
    network = server.client.post("/api/networks", json={"graph": small()}).json()["id"]
    address = f"/api/networks/{network}/exports/visualnn"
    urls = [server.client.post(address, json={"to": "storage"}).json()["url"] for _ in range(2)]
    assert [url.rpartition("/")[2] for url in urls] == [
        "small.visualnn.json",
        "small-2.visualnn.json",
    ]
    path = Path(urls[1].removeprefix("file://"))
    assert read(path.read_bytes(), path.name).graph == Graph.from_json(
        server.client.get(f"/api/networks/{network}").json()["graph"]
    )


def test_the_exports_say_what_is_in_the_way(http_client: httpx.Client) -> None:
    network = http_client.post("/api/networks", json={"graph": small()}).json()["id"]
    listed = http_client.get(f"/api/networks/{network}/exports").json()
    assert [item["name"] for item in listed] == [
        name for name, form in formats().items() if form.writes
    ]
    assert {item["name"] for item in listed if item["available"]} >= {"visualnn", "keras_json"}


def test_the_code_says_which_lines_are_about_which_layer(http_client: httpx.Client) -> None:
    network = http_client.post("/api/networks", json={"graph": small()}).json()["id"]
    told = http_client.get(f"/api/networks/{network}/code/python").json()
    lines = told["text"].splitlines()
    graph = http_client.get(f"/api/networks/{network}").json()["graph"]
    assert set(told["lines"]) == {node["id"] for node in graph["nodes"]}
    for item in graph["nodes"]:
        first, last = told["lines"][item["id"]]
        assert item["name"] in "\n".join(lines[first - 1 : last])


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and one redirect; says nothing."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/net.json")
            self.end_headers()
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/net.json")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def files(tmp_path: Path) -> Iterator[str]:
    """The origin of a local server of files."""
    (tmp_path / "net.json").write_text(json.dumps(small()))
    handler = partial(Files, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_network_is_fetched_from_an_allowed_address_only(
    make_site: Callable[..., Site], files: str
) -> None:
    client = make_site(IMPORT_HOSTS=f"{files},localhost").start().client

    def fetched(url: str) -> httpx.Response:
        return client.post("/api/networks/import", json={"url": url})

    for path in ("net.json", "moved"):
        answer = fetched(f"{files}/{path}")
        assert answer.status_code == 201, answer.text
    refused = {
        f"{files}/nothing.json": "url.failed",
        f"{files}/away": "url.refused",
        "http://127.0.0.1:9/x": "url.refused",
        "https://localhost/x": "url.failed",  # an allowed name that points inside
        "file:///etc/passwd": "url.refused",
        "https://user@localhost/x": "url.refused",
        "nonsense": "url.refused",
    }
    for url, code in refused.items():
        answer = fetched(url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), url
