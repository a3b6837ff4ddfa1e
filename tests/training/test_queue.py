"""Runs from the page's side: real server, real Redis, real worker, real processes."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

from exporters.format import formats
from tests.conftest import Site
from tests.training.conftest import Json, Page, Worker, events_until, of_kind
from tests.training.networks import chain, classifier, dense, image_input
from tests.waiting import of_each, wait_for, wait_for_the_end
from training import datasets

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ENDS = of_kind("finished", "failed", "stopped", "lost")
EPOCH = ["epoch_begin", "epoch", "checkpoint"]
ENDLESS: dict[str, Any] = {"epochs": 100_000, "batch_size": 256}


def kinds(events: list[Json]) -> list[str]:
    """Kinds of the durable events, whose numbers must have no gap."""
    durable = [event for event in events if "seq" in event]
    first = durable[0]["seq"]
    assert [event["seq"] for event in durable] == list(range(first, first + len(durable)))
    return [event["kind"] for event in durable]


def training_process(worker: Worker, run: str) -> psutil.Process:
    """The process that trains a run: the one that holds its time on the processor."""
    spent = of_each(worker.children, lambda child: sum(child.cpu_times()[:2]))
    return max(spent, key=lambda found: found[1])[0]


def ask(page: Page, run: str, path: str, kind: str, **arguments: Any) -> tuple[Json, Json]:
    """Have a job done; gives the event that answers it, and the job."""
    with page.watch(run) as socket:
        job = page.post(f"runs/{run}/{path}", 202, **arguments)
        events = events_until(
            socket, lambda event: event["kind"] == kind and event["job"] == job["id"]
        )
    return events[-1], page.get(f"jobs/{job['id']}")


@pytest.fixture(scope="module")
def finished(site: Site, server: Any, worker: Worker) -> str:
    """A run that has learnt digits, watched from its beginning."""
    page = Page(server)
    run = page.start(page.make_network(classifier(hidden=64)), epochs=12, batch_size=32, seed=2)
    with page.watch(run["id"]) as socket:
        events = events_until(socket, ENDS)
    assert kinds(events) == ["queued", "started", *EPOCH * 12, "finished"]
    assert any(event["kind"] == "batch" for event in events)
    return str(run["id"])


def test_a_finished_run_knows_what_it_has_done(page: Page, finished: str) -> None:
    run = page.get(f"runs/{finished}")
    assert (run["state"], run["epoch"], run["epochs"], run["resumable"]) == (
        "finished",
        12,
        12,
        False,
    )
    assert {name: len(values) for name, values in run["history"].items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 12
    )
    assert run["test"]["accuracy"] > 0.9
    assert run["created_at"] < run["started_at"] < run["finished_at"]
    assert run["error"] is None


def test_the_weights_of_a_run_are_what_another_starts_from(page: Page, finished: str) -> None:
    network = page.get(f"runs/{finished}")["network"]
    (source,) = page.get(f"networks/{network}/weights")
    assert (source["id"], source["label"], source["complete"]) == (finished, "digits", True)
    wish = {
        "network": network,
        "dataset": "digits",
        "weights": finished,
        "recipe": {"epochs": 0, "batch_size": 32, "seed": 2},
    }
    run = page.post("runs", 201, json=wish)
    with page.watch(run["id"]) as socket:
        events = events_until(socket, ENDS)
    assert kinds(events) == ["queued", "started", "finished"]
    measured = page.get(f"runs/{run['id']}")
    assert measured["initial"] == "digits"
    assert measured["test"] == page.get(f"runs/{finished}")["test"]
    page.post("runs", 404, json={**wish, "weights": "00000000-0000-4000-8000-000000000000"})


@pytest.mark.parametrize(
    "name", [name for name, form in formats().items() if form.runtime and form.writes]
)
def test_a_worker_makes_the_exports_that_need_tensorflow(
    page: Page, finished: str, name: str
) -> None:
    network = page.get(f"runs/{finished}")["network"]
    address = f"networks/{network}/exports/{name}"
    job = page.post(address, 202, json={"weights": finished})["job"]
    done = ended(page, job)
    assert done["state"] == "finished", done
    answer = page.server.client.get(done["result"]["download"])
    assert len(answer.content) == done["result"]["size_bytes"] > 1000
    assert done["result"]["filename"] in answer.headers["content-disposition"]
    assert page.server.client.delete(f"/api/jobs/{job}").status_code == 204
    page.get(f"jobs/{job}", 404)
    stored = ended(page, page.post(address, 202, json={"to": "storage"})["job"])
    assert stored["result"]["url"].endswith(done["result"]["filename"])


def ended(page: Page, job: str) -> Json:
    """A job when it has ended, one way or another; asked as a page asks."""
    found: Json = {}

    def has_ended() -> bool:
        found.update(page.get(f"jobs/{job}"))
        return found["state"] in ("finished", "failed")

    wait_for(has_ended)
    return found


def test_its_files_can_be_fetched(page: Page, finished: str, tmp_path: Any) -> None:
    import keras

    run = page.get(f"runs/{finished}")
    names = [file["name"] for file in run["files"]]
    assert names == [
        "weights.weights.h5",
        "weights.safetensors",
        "model.keras",
        "graph.json",
        "history.json",
    ]
    fetched = {}
    for file in run["files"]:
        answer = page.server.client.get(f"/api/runs/{finished}/files/{file['name']}")
        assert len(answer.content) == file["size_bytes"]
        assert file["name"] in answer.headers["content-disposition"]
        fetched[file["name"]] = answer.content
    (tmp_path / "model.keras").write_bytes(fetched["model.keras"])
    model = keras.models.load_model(tmp_path / "model.keras")
    data = datasets.load("digits")
    right = np.argmax(model(data.x_test.reshape(-1, 64) / 16), axis=1) == data.y_test
    assert right.mean() == pytest.approx(run["test"]["accuracy"])
    assert json.loads(fetched["history.json"])["epochs"] == run["history"]


def test_a_late_page_gets_the_whole_story(page: Page, finished: str) -> None:
    with page.watch(finished) as socket:
        events = events_until(socket, ENDS)
    assert kinds(events) == ["queued", "started", *EPOCH * 12, "finished"]
    assert page.get(f"runs/{finished}/events?after=30")[0]["seq"] == 31


def test_the_test_set_is_measured(page: Page, finished: str) -> None:
    event, job = ask(page, finished, "evaluate", "evaluation")
    assert event["accuracy"] == pytest.approx(page.get(f"runs/{finished}")["test"]["accuracy"])
    assert np.sum(event["confusion"]) == 360
    assert event["classes"] == list("0123456789")
    assert len(event["per_class"]) == 10
    assert (job["kind"], job["state"], job["error"]) == ("evaluate", "finished", None)
    assert job["result"]["accuracy"] == event["accuracy"]


def test_real_digits_are_recognised(page: Page, finished: str) -> None:
    samples = page.get(f"runs/{finished}/samples?count=10")
    assert [sample["label"] for sample in samples] == list("0123456789")
    right = 0
    for sample in samples:
        image = base64.b64decode(sample["image"].partition(",")[2])
        event, job = ask(
            page, finished, "predict", "prediction", files={"image": ("digit.png", image)}
        )
        assert event["image"] == sample["image"]
        assert job["state"] == "finished"
        right += event["top"][0]["label"] == sample["label"]
    assert right >= 9


def test_what_is_no_image_is_refused(page: Page, finished: str) -> None:
    refused = page.post(f"runs/{finished}/predict", 422, files={"image": ("a.png", b"no image")})
    assert refused["error"]["code"] == "image.format"


def test_a_ticket_that_comes_again_does_nothing(page: Page, site: Site, finished: str) -> None:
    before = page.get(f"runs/{finished}/events")
    site.manage(
        "shell",
        "-c",
        "import visualnn.celery\n"
        "from uuid import UUID\n"
        "from training import tasks\n"
        f"for _ in range(3): tasks.call_for_training(UUID('{finished}'))",
    )
    # The queue is served in order: when the next run has ended, those tickets have been looked at.
    run = page.start(page.make_network(classifier()), epochs=1)
    with page.watch(run["id"]) as socket:
        events_until(socket, ENDS)
    assert page.get(f"runs/{finished}/events") == before


def test_a_run_without_a_ticket_is_found(page: Page, site: Site, worker: Worker) -> None:
    network = page.make_network(classifier())
    run = site.manage(
        "shell",
        "-c",
        "from designer.models import Network\n"
        "from designer.networks import current_graph\n"
        "from training.recipe import Recipe\n"
        "from training.server import runs\n"
        f"network = Network.objects.get(pk='{network}')\n"
        "graph = current_graph(network.id)\n"
        "run = runs.create(network.owner, network, graph, 'digits', Recipe(epochs=1))\n"
        "print(run.id)",
    ).split()[-1]
    with page.watch(run) as socket:
        assert kinds(events_until(socket, ENDS))[-1] == "finished"


def test_a_stop_keeps_the_weights_and_the_next_in_line_begins(page: Page, worker: Worker) -> None:
    network = page.make_network(classifier())
    first = page.start(network, **ENDLESS)["id"]
    second = page.start(network, epochs=1)["id"]
    with page.watch(first) as socket, page.watch(second) as other:
        events_until(socket, of_kind("checkpoint"))
        assert page.get(f"runs/{second}")["state"] == "queued"
        refused = page.server.client.delete(f"/api/runs/{first}")
        assert refused.json()["error"]["code"] == "run.state"
        assert page.post(f"runs/{first}/stop")["state"] in ("stopping", "stopped")
        assert page.post(f"runs/{first}/stop", 200)["state"] in ("stopping", "stopped")
        assert kinds(events_until(socket, ENDS))[-1] == "stopped"
        assert kinds(events_until(other, ENDS))[-1] == "finished"
    run = page.get(f"runs/{first}")
    assert (run["state"], run["resumable"], run["test"]) == ("stopped", True, None)
    assert {"weights.weights.h5", "model.keras"} <= {file["name"] for file in run["files"]}
    event, _ = ask(page, first, "evaluate", "evaluation")
    assert 0 <= event["accuracy"] <= 1


def test_a_failure_names_its_cause(page: Page, worker: Worker) -> None:
    network = page.make_network(classifier())
    run = page.start(network, optimizer={"type": "SGD", "learning_rate": 1e30})["id"]
    with page.watch(run) as socket:
        failed = events_until(socket, ENDS)[-1]
    assert failed["error"]["code"] == "run.not_finite"
    after = page.get(f"runs/{run}")
    assert (after["state"], after["error"]) == ("failed", failed["error"])
    page.post(f"runs/{run}/resume", 409)


def test_an_uploaded_file_is_trained_on_and_missed_when_it_is_gone(
    page: Page, worker: Worker, tmp_path: Any
) -> None:
    points = np.random.default_rng(0).normal(size=(60, 2))
    file = tmp_path / "points.npz"
    np.savez(file, x_train=points, y_train=(points.sum(axis=1) > 0).astype(int))
    name = page.post("datasets", 201, files={"file": ("points.npz", file.read_bytes())})["name"]
    network = page.make_network(chain(image_input(2), dense(1, "sigmoid")))
    run = page.start(network, name, epochs=2, batch_size=8)["id"]
    with page.watch(run) as socket:
        assert kinds(events_until(socket, ENDS))[-1] == "finished"
    assert page.server.client.delete(f"/api/datasets/{name}").status_code == 204
    done = ended(page, page.post(f"runs/{run}/evaluate", 202)["id"])
    assert (done["state"], done["error"]["code"]) == ("failed", "npz.missing_file")


def test_deleting_the_network_ends_its_training(page: Page, site: Site, worker: Worker) -> None:
    network = page.make_network(classifier())
    run = page.start(network, **ENDLESS)["id"]
    with page.watch(run) as socket:
        events_until(socket, of_kind("checkpoint"))
    process = training_process(worker, run)
    assert page.server.client.delete(f"/api/networks/{network}").status_code == 204
    wait_for_the_end([process])
    folder = site.data / "storage" / "runs" / run
    wait_for(lambda: not folder.exists())


RECIPE: dict[str, Any] = {"epochs": 15, "batch_size": 16, "seed": 3}


def test_a_killed_process_loses_the_run_and_resuming_makes_it_whole(
    page: Page, worker: Worker
) -> None:
    network = page.make_network(classifier())
    whole = page.start(network, **RECIPE)["id"]
    with page.watch(whole) as socket:
        assert kinds(events_until(socket, ENDS))[-1] == "finished"

    run = page.start(network, **RECIPE)["id"]
    with page.watch(run) as socket:
        events_until(socket, lambda event: event["kind"] == "epoch" and event["epoch"] == 3)
        training_process(worker, run).kill()
        lost = events_until(socket, of_kind("lost"))[-1]
        assert 2 <= lost["epoch"] < 15
        after = page.get(f"runs/{run}")
        assert (after["state"], after["resumable"]) == ("lost", True)
        # A worker with nothing else to do may have begun already.
        assert page.post(f"runs/{run}/resume")["state"] in ("queued", "starting")
        events = events_until(socket, ENDS)
    assert kinds(events)[:3] == ["queued", "started", "resumed"]
    assert events[-1]["kind"] == "finished"
    resumed, uninterrupted = page.get(f"runs/{run}"), page.get(f"runs/{whole}")
    assert resumed["history"] == uninterrupted["history"]
    assert resumed["test"] == uninterrupted["test"]


def test_a_killed_worker_is_noticed_when_the_next_one_starts(
    make_site: Callable[..., Site], redis_url: str
) -> None:
    site = make_site(REDIS_URL=f"{redis_url}?db=1")
    page = Page(site.start())
    with Worker(site, 0) as first:
        run = page.start(page.make_network(classifier()), **ENDLESS)["id"]
        with page.watch(run) as socket:
            events_until(socket, of_kind("checkpoint"))
            children = first.children
            first.kill()
            with Worker(site, 1):
                assert events_until(socket, ENDS)[-1]["kind"] == "lost"
                wait_for_the_end(children)
                page.post(f"runs/{run}/resume")
                events = events_until(socket, of_kind("checkpoint"))
                assert "resumed" in kinds(events)
                page.post(f"runs/{run}/stop")
                assert events_until(socket, ENDS)[-1]["kind"] == "stopped"


def test_a_worker_that_is_asked_to_end_leaves_everything_to_the_next(
    make_site: Callable[..., Site], redis_url: str
) -> None:
    site = make_site(REDIS_URL=f"{redis_url}?db=3")
    page = Page(site.start())
    network = page.make_network(classifier())
    with Worker(site, 0) as worker:
        run, waiting = (page.start(network, **ENDLESS)["id"] for _ in range(2))
        with page.watch(run) as socket:
            events_until(socket, of_kind("checkpoint"))
            children = worker.children
            worker.end()
            assert events_until(socket, ENDS)[-1]["kind"] == "lost"
    wait_for_the_end(children)
    assert page.get(f"runs/{waiting}")["state"] == "queued"
    after = page.get(f"runs/{run}")
    assert (after["resumable"], len(after["history"]["loss"])) == (True, after["epoch"])


def silence(worker: Worker, site: Site) -> None:
    """Stop a worker between two of its transactions: in one, it would keep all others out."""
    while True:
        worker.process.send_signal(signal.SIGSTOP)
        try:
            write(site, "SELECT 1")
        except sqlite3.OperationalError:
            worker.process.send_signal(signal.SIGCONT)
        else:
            return


def write(site: Site, statement: str) -> None:
    """Carry out a statement as the only one who writes, or raise soon."""
    with contextlib.closing(sqlite3.connect(site.data / "db.sqlite3", timeout=1)) as database:
        database.isolation_level = None
        database.execute("BEGIN IMMEDIATE")
        database.execute(statement)
        database.execute("COMMIT")


def test_a_worker_that_falls_silent_loses_its_run_though_the_database_fails_for_a_while(
    make_site: Callable[..., Site], redis_url: str
) -> None:
    site = make_site(REDIS_URL=f"{redis_url}?db=2", RUN_SILENCE_S="6")
    server = site.start()
    page = Page(server)
    with Worker(site, 0) as worker:
        run = page.start(page.make_network(classifier()), **ENDLESS)["id"]
        with page.watch(run) as socket:
            events_until(socket, of_kind("checkpoint"))
            silence(worker, site)
            try:
                write(site, "ALTER TABLE training_run RENAME TO elsewhere")
                wait_for(lambda: f"Cannot look after run {run}" in server.log.read_text())
                write(site, "ALTER TABLE elsewhere RENAME TO training_run")
                assert events_until(socket, ENDS)[-1]["kind"] == "lost"
            finally:
                worker.process.send_signal(signal.SIGCONT)
    assert page.get(f"runs/{run}")["state"] == "lost"
