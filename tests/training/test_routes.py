"""The HTTP interface and the socket without a worker: what is asked, refused and remembered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.conftest import Server, Site
from tests.training.conftest import Page, events_until, of_kind
from tests.training.networks import chain, classifier, dense, image_input
from tests.training.several import googlenet, loss_within


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


SAMPLES = npz(x_train=np.zeros((20, 8, 8), np.uint8), y_train=np.arange(20) % 4)


def upload(page: Page, name: str, content: bytes = SAMPLES, status: int = 201) -> Any:
    return page.post("datasets", status, files={"file": (name, content)})


def test_the_data_sets_are_listed_with_the_one_that_always_works_first(page: Page) -> None:
    listed = page.get("datasets")
    names = [entry["name"] for entry in listed]
    assert names[0] == "digits"
    assert {"mnist", "fashion_mnist", "cifar10", "imdb"} <= set(names)
    assert listed[0]["input_shape"] == [8, 8, 1]
    assert listed[0]["classes"] == list("0123456789")


def test_data_sets_that_get_into_a_network_are_named(page: Page) -> None:
    network = page.make_network(classifier(64))
    assert page.get(f"networks/{network}/datasets") == ["digits"]
    page.post("datasets", 201, files={"file": ("fitting.npz", SAMPLES)})
    assert page.get(f"networks/{network}/datasets") == ["digits", "fitting"]
    assert page.server.client.delete("/api/datasets/fitting").status_code == 204
    page.get(f"networks/{uuid4()}/datasets", 404)


def test_the_form_of_a_recipe_is_given(page: Page) -> None:
    schema = page.get("recipes/schema")
    assert {"optimizers", "losses", "params"} == set(schema)


def test_an_uploaded_file_is_a_data_set_until_it_is_deleted(page: Page) -> None:
    made = upload(page, "My digits (1).npz")
    assert (made["name"], made["owned"], made["kind"]) == ("My-digits-1", True, "image")
    assert (made["train"], made["test"], made["classes"]) == (18, 2, list("0123"))
    again = upload(page, "My digits (1).npz")
    assert again["name"] == "My-digits-1-2"
    assert upload(page, "digits.npz")["name"] == "digits-2"
    assert {"My-digits-1", "My-digits-1-2"} <= {entry["name"] for entry in page.get("datasets")}
    network = page.make_network(chain(image_input(64), dense(4, "softmax")))
    shown = page.post("runs/preview", json={"network": network, "dataset": "My-digits-1"})
    assert shown["problems"] == []
    assert shown["adapts"][-1].startswith("The file has no test set")
    for name in ("My-digits-1", "My-digits-1-2", "digits-2"):
        assert page.server.client.delete(f"/api/datasets/{name}").status_code == 204
    assert page.server.client.delete("/api/datasets/My-digits-1").status_code == 404
    assert page.server.client.delete("/api/datasets/digits").status_code == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no archive", "npz.format"),
        (npz(x_train=np.zeros((4, 2))), "npz.key"),
        (npz(x_train=np.zeros((4, 2)), y_train=np.full(4, np.nan)), "npz.nan"),
    ],
)
def test_a_useless_file_is_refused_and_not_kept(
    page: Page, site: Site, content: bytes, code: str
) -> None:
    folder = site.data / "storage" / "datasets"
    before = set(folder.glob("*")) if folder.exists() else set()
    refused = upload(page, "data.npz", content, 422)
    assert refused["error"]["code"] == code
    assert set(folder.glob("*")) == before


def test_a_preview_says_what_would_be_done(page: Page) -> None:
    network = page.make_network(classifier())
    shown = page.post("runs/preview", json={"network": network, "dataset": "digits"})
    assert shown == {
        "loss": "sparse_categorical_crossentropy",
        "adapts": [
            "Each image of 8 × 8 is flattened to 64 values.",
            "The values 0 to 16 are scaled to 0 to 1.",
        ],
        "problems": [],
        "input_shape": [8, 8, 1],
        "classes": list("0123456789"),
    }


def test_a_preview_tells_what_several_losses_are_made_of(page: Page) -> None:
    network = page.make_network(googlenet())
    shown = page.post("runs/preview", json={"network": network, "dataset": "digits"})
    assert shown["loss"] == "sparse_categorical_crossentropy"
    (told,) = shown["problems"]
    assert (told["code"], told["severity"]) == ("loss.several", "hint")
    assert told["values"] == {
        "count": 3,
        "sum": "0.3 × loss1_loss + 0.3 × loss2_loss + 1 × loss3_loss3",
        "main": "loss3_loss3",
    }


def test_a_preview_finds_a_loss_within_a_block(page: Page) -> None:
    network = page.make_network(loss_within())
    shown = page.post("runs/preview", json={"network": network, "dataset": "digits"})
    assert (shown["loss"], shown["problems"]) == ("sparse_categorical_crossentropy", [])


def test_a_preview_shows_what_is_in_the_way_with_its_fix(page: Page) -> None:
    network = page.make_network(classifier(inputs=784))
    shown = page.post("runs/preview", json={"network": network, "dataset": "digits"})
    assert shown["loss"] is None
    (problem,) = shown["problems"]
    assert problem["code"] == "data.shape"
    edits = problem["fix"]["edits"]
    answer = page.server.client.patch(f"/api/networks/{network}", json={"edits": edits})
    assert answer.status_code == 200, answer.text
    shown = page.post("runs/preview", json={"network": network, "dataset": "digits"})
    assert shown["problems"] == []


def test_a_preview_shows_warnings_and_bad_recipes(page: Page) -> None:
    network = page.make_network(chain(image_input(64), dense(10, "relu")))
    wish = {"network": network, "dataset": "digits"}
    assert [p["code"] for p in page.post("runs/preview", json=wish)["problems"]] == [
        "labels.activation"
    ]
    shown = page.post("runs/preview", json={**wish, "recipe": {"epochs": -1}})
    assert [(p["code"], p["param"]) for p in shown["problems"]] == [("param.minimum", "epochs")]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"network": str(uuid4())}, 404, "http.not_found"),
    ({"network": "7"}, 422, "http.validation"),
    ({"dataset": "digit"}, 422, "data.unknown"),
    ({"dataset": "/etc/passwd"}, 422, "data.unknown"),
    ({"dataset": "../secret.npz"}, 422, "data.unknown"),
    ({"dataset": "x" * 201}, 422, "http.validation"),
    ({"recipe": {"epochs": -1}}, 422, "param.minimum"),
    ({"recipe": {"optimizer": {"type": "Magic"}}}, 422, "param.type"),
    ({"recipe": []}, 422, "http.validation"),
]


@pytest.mark.parametrize(("change", "status", "code"), REFUSED)
def test_a_run_that_makes_no_sense_is_not_queued(
    page: Page, change: dict[str, Any], status: int, code: str
) -> None:
    network = page.make_network(classifier())
    wish = {"network": network, "dataset": "digits", "recipe": {}} | change
    refused = page.post("runs", status, json=wish)
    assert refused["error"]["code"] == code
    assert page.get(f"runs?network={network}") == []


def test_a_broken_network_is_refused_with_its_diagnostics(page: Page) -> None:
    network = page.make_network(chain(image_input(64), dense(0), dense(10)))
    refused = page.post("runs", 422, json={"network": network, "dataset": "digits"})
    assert [item["node"] for item in refused["error"]["diagnostics"]] == ["n1"]


def test_a_run_waits_where_there_is_no_worker_and_can_be_taken_back(page: Page) -> None:
    network = page.make_network(classifier())
    run = page.start(network, epochs=2)
    assert (run["state"], run["epochs"], run["epoch"]) == ("queued", 2, 0)
    assert run["recipe"]["optimizer"]["type"] == "Adam"
    assert [listed["id"] for listed in page.get(f"runs?network={network}")] == [run["id"]]
    with page.watch(run["id"]) as socket:
        assert events_until(socket, of_kind("queued"))[0]["seq"] == 1
        assert page.post(f"runs/{run['id']}/stop")["state"] == "stopped"
        (stopped,) = events_until(socket, of_kind("stopped"))
        assert stopped["seq"] == 2
    assert page.post(f"runs/{run['id']}/stop", 409)["error"]["code"] == "run.state"
    assert page.get(f"runs/{run['id']}")["resumable"]
    assert page.post(f"runs/{run['id']}/resume")["state"] == "queued"
    assert page.post(f"runs/{run['id']}/resume", 409)["error"]["code"] == "run.state"
    kinds = [event["kind"] for event in page.get(f"runs/{run['id']}/events?after=1")]
    assert kinds == ["stopped", "queued"]
    page.post(f"runs/{run['id']}/stop")
    assert page.server.client.delete(f"/api/runs/{run['id']}").status_code == 204
    page.get(f"runs/{run['id']}", 404)


def test_what_a_run_has_not_made_is_not_there(page: Page) -> None:
    run = page.start(page.make_network(classifier()))["id"]
    for path in ("files/model.keras", "files/plan.json", "files/..%2Fdb.sqlite3"):
        page.get(f"runs/{run}/{path}", 404)
    assert page.get(f"runs/{run}/samples") == []
    for path, files in (("evaluate", None), ("predict", {"image": ("a.png", b"x")})):
        refused = page.post(f"runs/{run}/{path}", 409, files=files)
        assert refused["error"]["code"] == "run.no_weights"
    page.post(f"runs/{run}/stop")


def test_a_file_is_named_after_its_network(page: Page, site: Site) -> None:
    network = page.make_network(classifier())
    edit = {"op": "set_meta", "name": 'my/"net"\r\nX-Evil: 1\u202e'}
    renamed = page.server.client.patch(f"/api/networks/{network}", json={"edits": [edit]})
    assert renamed.status_code == 200
    run = page.start(network)["id"]
    folder = site.data / "storage" / "runs" / run
    folder.mkdir(parents=True)
    (folder / "graph.json").write_text("{}")
    answer = page.server.client.get(f"/api/runs/{run}/files/graph.json")
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    given = answer.headers["Content-Disposition"]
    assert given == 'attachment; filename="my_net_X-Evil_ 1.graph.json"'
    page.post(f"runs/{run}/stop")


@pytest.mark.parametrize("after", ["-1", "0", "9" * 30])
def test_events_after_any_number(page: Page, after: str) -> None:
    run = page.start(page.make_network(classifier()))["id"]
    assert len(page.get(f"runs/{run}/events?after={after}")) == (1 if int(after) < 1 else 0)
    assert page.get(f"runs/{run}/samples?count={after}") == []
    page.post(f"runs/{run}/stop")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/samples"),
        ("GET", "/files/model.keras"),
        ("POST", "/stop"),
        ("POST", "/resume"),
        ("POST", "/evaluate"),
        ("POST", "/predict"),
        ("DELETE", ""),
    ],
)
def test_the_run_of_another_is_not_there(page: Page, site: Site, method: str, path: str) -> None:
    run = page.start(page.make_network(classifier()))["id"]
    change_owner(site, run)
    files = {"image": ("a.png", b"x")} if path == "/predict" else None
    answer = page.server.client.request(method, f"/api/runs/{run}{path}", files=files)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "http.not_found"
    assert run not in [listed["id"] for listed in page.get("runs")]
    assert close_code(page.server, f"/ws/runs/{run}") == 4403


def change_owner(site: Site, run: str) -> None:
    """Give a run to somebody else, who is made for it."""
    site.manage(
        "shell",
        "-c",
        "from django.contrib.auth.models import User\n"
        "from training.models import Run\n"
        "other, _ = User.objects.get_or_create(username='other')\n"
        f"assert Run.objects.filter(pk='{run}').update(owner=other) == 1",
    )


def close_code(server: Server, path: str) -> int:
    """The code with which a socket is closed."""
    with connect(server.socket_url(path)) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=30)
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code


def test_a_socket_for_no_run_says_so(server: Server) -> None:
    assert close_code(server, f"/ws/runs/{uuid4()}") == 4404


def test_a_job_that_is_not_there_says_so(page: Page) -> None:
    page.get(f"jobs/{uuid4()}", 404)


@pytest.mark.parametrize("after", ["0", "1", "-1", "x", "99999999999", ""])
def test_a_socket_goes_on_after_the_number_it_is_given(page: Page, after: str) -> None:
    run = page.start(page.make_network(classifier()))["id"]
    page.post(f"runs/{run}/stop")
    with connect(page.server.socket_url(f"/ws/runs/{run}?after={after}")) as socket:
        socket.send("pages have nothing to say")
        events = events_until(socket, of_kind("stopped"))
    assert [event["seq"] for event in events] == ([2] if after == "1" else [1, 2])


def test_a_user_waits_in_line_but_not_for_ever(
    make_site: Callable[..., Site],
) -> None:
    page = Page(make_site().start())
    network = page.make_network(classifier())
    for _ in range(100):
        page.start(network)
    wish = {"network": network, "dataset": "digits"}
    assert page.post("runs", 429, json=wish)["error"]["code"] == "run.too_many"


def test_deleting_a_network_deletes_its_runs(page: Page) -> None:
    network = page.make_network(classifier())
    run = page.start(network)["id"]
    assert page.server.client.delete(f"/api/networks/{network}").status_code == 204
    page.get(f"runs/{run}", 404)


def test_every_route_is_in_the_description(page: Page) -> None:
    paths = json.loads(page.server.client.get("/api/openapi.json").text)["paths"]
    assert {"/api/runs", "/api/runs/preview", "/api/datasets", "/api/recipes/schema"} <= set(paths)
