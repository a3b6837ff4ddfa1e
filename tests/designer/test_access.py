"""Nobody meets what belongs to another: every route and socket, with two users and with none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.conftest import Server, Site
from tests.designer.samples import small
from tests.designer.tab import Tab
from visualnn.urls import api

# Makes two users with a session each, and for Alice a run with a job and a data set.
USERS = """
import json
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

def session(name):
    user = User.objects.create_user(name)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key

print(json.dumps({name: session(name) for name in ("alice", "bob")}))
"""
RUN = """
import json, sys
from designer.models import Network
from training.models import Job
from training.recipe import Recipe
from training.server import runs
from layers.graph import Graph

network = Network.objects.get(name="of alice")
run = runs.create(network.owner, network, Graph(), "digits", Recipe())
job = Job.objects.create(run=run, kind=Job.Kind.EVALUATE)
print(json.dumps({"run": str(run.id), "job": str(job.id)}))
"""

# What a route of each kind is asked for, where it needs a body.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("put", "/api/networks/{network}"): {"json": {"graph": small()}},
    ("patch", "/api/networks/{network}"): {"json": {"edits": []}},
    ("post", "/api/runs/{run}/predict"): {"files": {"image": ("x.png", b"")}},
    ("post", "/api/networks/{network}/exports/{format_name}"): {"json": {}},
    ("post", "/api/networks/{network}/weights"): {"files": {"file": ("x.h5", b"nothing")}},
}
# What else addresses name.
PARTS = {"format_name": "visualnn", "path": "block"}
# Routes without an id of anything owned; what they list is checked below.
UNOWNED = {
    ("get", "/api/networks"),
    ("post", "/api/networks"),
    ("post", "/api/networks/import"),
    ("get", "/api/catalog"),
    ("post", "/api/analyse"),
    ("post", "/api/dissolve"),
    ("get", "/api/formats"),
    ("get", "/api/zoo"),
    ("get", "/api/zoo/{name}"),
    ("get", "/api/datasets"),
    ("post", "/api/datasets"),
    ("get", "/api/recipes/schema"),
    ("get", "/api/runs"),
}
# Routes that name the network in their body.
NAMED = {("post", "/api/runs"), ("post", "/api/runs/preview")}
PUBLIC = {("get", "/api/health")}

ROUTES = sorted(
    (method, path)
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
)
OWNED = [route for route in ROUTES if route not in UNOWNED | NAMED | PUBLIC]


@dataclass
class House:
    """A server for several users, where Alice has something of everything."""

    server: Server
    alice: httpx.Client
    bob: httpx.Client
    nobody: httpx.Client
    ids: dict[str, str]


@pytest.fixture(scope="module")
def house(make_site: Callable[..., Site]) -> Iterator[House]:
    site = make_site(SINGLE_USER="false")
    keys = json.loads(site.manage("shell", "--verbosity=0", "-c", USERS))
    server = site.start()
    alice, bob, nobody = (
        httpx.Client(base_url=server.url, cookies={"sessionid": key} if key else {}, timeout=30)
        for key in (keys["alice"], keys["bob"], "")
    )
    made = alice.post("/api/networks", json={"graph": small(), "name": "of alice"})
    data = alice.post("/api/datasets", files={"file": ("alices.npz", tiny_data())})
    assert data.status_code == 201, data.text
    ids = json.loads(site.manage("shell", "--verbosity=0", "-c", RUN))
    ids |= {"network": made.json()["id"], "name": data.json()["name"]} | PARTS
    yield House(server, alice, bob, nobody, ids)
    for client in (alice, bob, nobody):
        client.close()


def tiny_data() -> bytes:
    """A data set of eight samples as a file."""
    file = io.BytesIO()
    np.savez(file, x_train=np.zeros((8, 4), np.float32), y_train=np.arange(8) % 2)
    return file.getvalue()


def ask(client: httpx.Client, route: tuple[str, str], ids: dict[str, str]) -> httpx.Response:
    method, path = route
    if path == "/api/runs/{run}/files/{name}":
        ids = ids | {"name": "graph.json"}
    return client.request(method, path.format(**ids), **BODIES.get(route, {}))


@pytest.mark.parametrize("route", OWNED, ids=" ".join)
def test_what_is_anothers_is_not_there(house: House, route: tuple[str, str]) -> None:
    answer = ask(house.bob, route, house.ids)
    assert answer.status_code == 404, answer.text
    assert answer.json()["error"]["code"] == "http.not_found"
    # It looks just like what has never been there.
    nowhere = {kind: str(uuid4()) for kind in house.ids} | PARTS
    assert ask(house.bob, route, nowhere).json() == answer.json()


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in PUBLIC], ids=" ".join)
def test_without_a_login_nothing_is_done(house: House, route: tuple[str, str]) -> None:
    answer = ask(house.nobody, route, house.ids)
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]["code"] == "access.login"


def test_the_owner_gets_what_the_other_does_not(house: House) -> None:
    """The table above refuses for the right reason: with Alice's session the same calls work."""
    # Alice's run has left no file, her job is no export, and her network has no block.
    absent = ("/{name}", "/file", "/{path}")
    reads = [route for route in OWNED if route[0] == "get" and not route[1].endswith(absent)]
    assert len(reads) >= 5
    for route in reads:
        assert ask(house.alice, route, house.ids).status_code == 200, route


@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/preview"])
def test_nobody_trains_anothers_network(house: House, path: str) -> None:
    wish = {"network": house.ids["network"], "dataset": "digits"}
    assert house.bob.post(path, json=wish).status_code == 404


def test_nobody_trains_on_anothers_data(house: House) -> None:
    network = house.bob.post("/api/networks", json={"graph": small()}).json()["id"]
    codes = set()
    for dataset in (house.ids["name"], "never-there"):
        wish = {"network": network, "dataset": dataset}
        answer = house.bob.post("/api/runs/preview", json=wish)
        assert answer.status_code == 422
        codes.add(answer.json()["error"]["code"])
    assert len(codes) == 1


def test_lists_hold_ones_own(house: House) -> None:
    assert house.ids["network"] in house.alice.get("/api/networks").text
    assert house.ids["name"] in house.alice.get("/api/datasets").text
    assert house.ids["run"] in house.alice.get("/api/runs").text
    assert house.ids["network"] not in house.bob.get("/api/networks").text
    assert house.ids["name"] not in house.bob.get("/api/datasets").text
    assert house.ids["run"] not in house.bob.get("/api/runs").text


def test_a_copy_belongs_to_who_made_it(house: House) -> None:
    copy = house.alice.post(f"/api/networks/{house.ids['network']}/duplicate").json()["id"]
    assert house.alice.get(f"/api/networks/{copy}").status_code == 200
    assert house.bob.get(f"/api/networks/{copy}").status_code == 404


@pytest.mark.parametrize(
    ("user", "code"), [("bob", 4403), ("nobody", 4401), ("with a stale session", 4401)]
)
@pytest.mark.parametrize("socket", ["networks/{network}", "runs/{run}"])
async def test_sockets_of_others_are_accepted_and_closed(
    house: House, user: str, code: int, socket: str
) -> None:
    cookie = {"bob": house.bob.cookies.get("sessionid"), "with a stale session": "x" * 32}.get(user)
    headers = {"Cookie": f"sessionid={cookie}"} if cookie else {}
    url = house.server.socket_url(f"/ws/{socket.format(**house.ids)}")
    async with connect(url, additional_headers=headers) as found:
        with pytest.raises(ConnectionClosed):
            await found.recv()
        assert found.close_code == code


async def test_ones_own_socket_is_open(house: House) -> None:
    headers = {"Cookie": f"sessionid={house.alice.cookies.get('sessionid')}"}
    url = house.server.socket_url(f"/ws/networks/{house.ids['network']}")
    async with Tab(url, headers) as one:
        await one.until_synced()


def test_health_and_documentation_are_public(house: House) -> None:
    assert house.nobody.get("/api/health").status_code == 200
    assert house.nobody.get("/api/docs").status_code == 200
