"""Starts Redis, the worker and the web server, keeps them running, and ends all of them.

One queue of events (a service ended, the page answers, a signal came) is all there is to wait for.
"""

import fcntl
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from visualnn.launch import address, database, redis_server
from visualnn.launch.failure import Failure
from visualnn.launch.guard import Guard
from visualnn.launch.places import data_folder
from visualnn.launch.service import Service

_READY_WITHIN_S = 60
_REDIS_WITHIN_S = 10
_STOP_WITHIN_S = 5
# A service that dies at once is started again ever more slowly; one that has run a while is not.
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_SETTLED_AFTER_S = 60.0

_TITLES = {"web": "The web server", "worker": "The training worker", "redis": "Redis"}


@dataclass(frozen=True)
class Ended:
    """A service's process is over."""

    service: Service
    process: "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Answered:
    """The first page was asked for; `problem` is None where it came."""

    problem: str | None


@dataclass(frozen=True)
class Stop:
    """Somebody wants us to end."""


class Supervisor:
    """Everything between one `make run` and its Ctrl+C."""

    def __init__(self) -> None:
        self.data = data_folder()
        self.run_folder = self.data / "run"
        self.log_folder = self.data / "log"
        for folder in (self.data, self.run_folder, self.log_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.events: queue.SimpleQueue[Ended | Answered | Stop] = queue.SimpleQueue()
        self.services: dict[str, Service] = {}
        self.is_ready = False
        self._started: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def run(self) -> int:
        """Start, say when ready, supervise until told to stop; returns the exit code."""
        lock = self._lock()
        # Before anything is opened that a fork would keep open.
        guard = Guard()
        listening: socket.socket | None = None
        redis_socket: Path | None = None
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: self.events.put(Stop()))
            listening = address.listen()
            environment = self._environment()
            if "REDIS_URL" not in environment:
                redis_socket = redis_server.socket_path(self.data)
                environment["REDIS_URL"] = f"unix://{urllib.parse.quote(str(redis_socket))}"
                self._add("redis", redis_server.command(redis_socket), environment, guard)
            database.migrate(self.data, self.log_folder / "migrate.log", environment)
            if redis_socket is not None:
                self._await_redis(redis_socket)
            descriptor = listening.fileno()
            web = [sys.executable, "-m", "visualnn.launch.web", str(descriptor)]
            self._add("web", web, environment, guard, (descriptor,))
            self._add("worker", _worker_command(), environment, guard)
            self._write_state(listening)
            threading.Thread(
                target=self._ask_for_page, args=address.reachable(listening), daemon=True
            ).start()
            return self._supervise(listening)
        finally:
            self._stop()
            guard.close()
            if listening is not None:
                listening.close()
            if redis_socket is not None and redis_socket.parent != self.data:
                redis_socket.unlink(missing_ok=True)
                redis_socket.parent.rmdir()
            (self.run_folder / "state.json").unlink(missing_ok=True)
            os.close(lock)

    def _lock(self) -> int:
        """One server a data folder: two would fight over its worker, socket and logs."""
        lock = os.open(self.run_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            where = "already"
            try:
                state = json.loads((self.run_folder / "state.json").read_text("utf-8"))
                where = f"already at {state['url']} (process {state['pid']})"
            except (OSError, ValueError, KeyError):
                pass
            raise Failure(
                f"VisualNN runs {where}, with the data in {self.data}.",
                "Open that, or try `VISUALNN_DATA=other-folder PORT=8001 make run`.",
            ) from None
        return lock

    def _environment(self) -> dict[str, str]:
        fixed = {
            "DJANGO_SETTINGS_MODULE": "visualnn.settings",
            "PYTHONUNBUFFERED": "1",
            "VISUALNN_DATA": str(self.data),
        }
        return {**os.environ, **fixed}

    def _add(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        guard: Guard,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        log = self.log_folder / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        service = Service(
            name,
            command,
            log=log,
            environment=environment,
            guard=guard,
            on_exit=lambda service, process: self.events.put(Ended(service, process)),
            pass_fds=pass_fds,
        )
        self.services[name] = service
        self._start(service)

    def _start(self, service: Service) -> None:
        self._started[service.name] = time.monotonic()
        service.start()

    def _await_redis(self, path: Path) -> None:
        service = self.services["redis"]
        deadline = time.monotonic() + _REDIS_WITHIN_S
        while not redis_server.answers(path):
            if not service.is_running() or time.monotonic() > deadline:
                raise _did_not_start(service)
            time.sleep(0.01)

    def _ask_for_page(self, host: str, port: int) -> None:
        # The socket listens already, so this waits for the web server rather than be refused.
        connection = http.client.HTTPConnection(host, port, timeout=_READY_WITHIN_S)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
            problem = None if status == 200 else f"The page answers with status {status}."
        except (OSError, http.client.HTTPException) as error:
            problem = f"The page does not come: {error!r}."
        finally:
            connection.close()
        self.events.put(Answered(problem))

    def _supervise(self, listening: socket.socket) -> int:
        while True:
            match self._next_event():
                case Stop():
                    return 0
                case Answered(problem=None):
                    self.is_ready = True
                    print(
                        f"VisualNN is ready at {address.url(listening)} (Ctrl+C ends it)",
                        flush=True,
                    )
                case Answered(problem=str(problem)):
                    web = self.services["web"]
                    raise Failure(problem, f"Read {web.log}.", 1, web.last_words())
                case Ended(service, process):
                    self._on_end(service, process)
                case None:
                    self._start_due()
                    self._write_state(listening)

    def _next_event(self) -> Ended | Answered | Stop | None:
        """The next event; None when a service's pause before its new start is over first."""
        timeout = None
        if self._due:
            timeout = max(0.0, min(self._due.values()) - time.monotonic())
        try:
            return self.events.get(timeout=timeout)
        except queue.Empty:
            return None

    def _on_end(self, service: Service, process: "subprocess.Popen[bytes]") -> None:
        if service.name != "worker" and not self.is_ready:
            raise _did_not_start(service)
        service.sweep()
        lasted = time.monotonic() - self._started[service.name]
        pause = 0.0 if lasted > _SETTLED_AFTER_S else self._pauses.get(service.name, 0.0)
        self._pauses[service.name] = min(max(2 * pause, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        self._due[service.name] = time.monotonic() + pause
        when = f"in {pause:g} s" if pause else "at once"
        print(
            f"{_TITLES[service.name]} ended ({_reason(process.returncode)}); "
            f"it starts again {when}. See {service.log}.",
            flush=True,
        )

    def _start_due(self) -> None:
        now = time.monotonic()
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            self._start(self.services[name])

    def _write_state(self, listening: socket.socket) -> None:
        """What runs where, for the next `make run` and for the tests."""
        pids = {
            name: service.process.pid
            for name, service in self.services.items()
            if service.process is not None
        }
        state = {"pid": os.getpid(), "url": address.url(listening), "services": pids}
        draft = self.run_folder / "state.json.new"
        draft.write_text(json.dumps(state), "utf-8")
        draft.replace(self.run_folder / "state.json")

    def _stop(self) -> None:
        """End the web server and the worker together, then Redis, on which both depend."""
        for names in (("web", "worker"), ("redis",)):
            services = [self.services[name] for name in names if name in self.services]
            for service in services:
                service.ask_to_end()
            deadline = time.monotonic() + _STOP_WITHIN_S
            for service in services:
                service.wait(max(0.0, deadline - time.monotonic()))


def _worker_command() -> list[str]:
    # Its threads only watch the processes that train and answer (training.tasks).
    pool = ["--pool=threads", "--concurrency=4"]
    options = ["--loglevel=INFO", "--without-gossip", "--without-mingle"]
    return [sys.executable, "-m", "celery", "-A", "visualnn", "worker", *pool, *options]


def _did_not_start(service: Service) -> Failure:
    message = f"{_TITLES[service.name]} did not start."
    return Failure(message, f"Read {service.log}.", 1, service.last_words())


def _reason(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def main() -> int:
    """Run one supervisor to its end."""
    return Supervisor().run()
