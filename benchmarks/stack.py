"""All of VisualNN as a user starts it, on data of its own, while a benchmark runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 120


class Stack:
    """The launcher with Redis, worker and web server; a context manager.

    Attributes:
        client: HTTP client of the web server.
        data: its data folder, with the logs.
    """

    client: httpx.Client
    data: Path

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="visualnn-bench-")
        self.data = Path(self._folder.name)
        self.environment = {**os.environ, "VISUALNN_DATA": self._folder.name}
        self._launcher = subprocess.Popen(
            [sys.executable, "-m", "visualnn.launch"],
            cwd=ROOT,
            env={**self.environment, "PORT": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._launcher.stdout is not None
        line = self._launcher.stdout.readline()
        self.client = httpx.Client(base_url=line.split()[4], timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._launcher.send_signal(signal.SIGINT)
        self._launcher.communicate(timeout=60)
        self._folder.cleanup()

    def start_web(self) -> tuple[subprocess.Popen[bytes], httpx.Client, float]:
        """One more web process over the same data: it, its client, seconds to its first answer."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "visualnn.asgi:application", f"--port={port}"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        while time.perf_counter() - started < READY_WITHIN_S:
            try:
                if client.get("/api/health").status_code == 200:
                    return process, client, time.perf_counter() - started
            except httpx.TransportError:
                time.sleep(0.01)
        raise TimeoutError("the web process did not answer")
