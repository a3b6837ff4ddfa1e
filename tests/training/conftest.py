"""Fixtures for training: a real worker beside the real server, and a page's view of a run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from layers.graph import Graph
from tests.conftest import ROOT, Server, Site

WITHIN_S = 120.0

Json = dict[str, Any]


class Worker:
    """One Celery worker process with the processes it has started."""

    def __init__(self, site: Site, number: int) -> None:
        self.log = site.data / f"worker-{number}.log"
        command = [sys.executable, "-m", "celery", "-A", "visualnn", "worker"]
        options = ["--pool=threads", "--concurrency=4", "--loglevel=INFO"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *options, "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                env=site.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class Page:
    """What a page does: it asks by HTTP and listens by websocket."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def make_network(self, graph: Graph) -> str:
        answer = self.server.client.post("/api/networks", json={"graph": graph.to_json()})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def start(self, network: str, dataset: str = "digits", **recipe: Any) -> Json:
        wish = {"network": network, "dataset": dataset, "recipe": recipe}
        answer = self.server.client.post("/api/runs", json=wish)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def post(self, path: str, status: int = 200, **arguments: Any) -> Json:
        answer = self.server.client.post(f"/api/{path}", **arguments)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.server.client.get(f"/api/{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def watch(self, run: str, after: int = 0) -> ClientConnection:
        return connect(self.server.socket_url(f"/ws/runs/{run}?after={after}"))


def events_until(
    socket: ClientConnection, is_last: Callable[[Json], bool], within_s: float = WITHIN_S
) -> list[Json]:
    """The events of a run up to the one that is asked for."""
    events: list[Json] = []
    deadline = time.monotonic() + within_s
    while True:
        try:
            frame = socket.recv(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            kinds = [event["kind"] for event in events]
            raise AssertionError(f"only these came within {within_s} s: {kinds}") from None
        events.append(json.loads(frame))
        if is_last(events[-1]):
            return events


def of_kind(*kinds: str) -> Callable[[Json], bool]:
    return lambda event: event["kind"] in kinds


@pytest.fixture
def page(server: Server) -> Page:
    return Page(server)


@pytest.fixture(scope="module")
def start_worker(site: Site) -> Iterator[Callable[[], Worker]]:
    """Starts workers on the site of the module; they end with it."""
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(site, len(workers)))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()


@pytest.fixture(scope="module")
def worker(start_worker: Callable[[], Worker]) -> Worker:
    return start_worker()
