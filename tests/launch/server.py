"""A real server for a test: the launcher on a data folder and a port of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import psutil

from visualnn.launch.places import ROOT

READY_WITHIN_S = 60


class Server:
    """`python -m visualnn.launch` as a process; its standard output is read line by line."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self._said: tuple[str, str] | tuple[()] = ()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "visualnn.launch"],
            cwd=ROOT,
            env={**os.environ, "PORT": "0", "VISUALNN_DATA": str(data), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what a failed test has left running."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.end()

    def line(self) -> str:
        """The next line of standard output; empty when the launcher has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def wait_until_ready(self) -> str:
        """The address the launcher prints."""
        line = self.line()
        assert line.startswith("VisualNN is ready at http://"), self.end()
        return line.split()[4]

    def state(self) -> dict[str, Any]:
        """What the launcher tells of itself: pid, url, services (name → pid)."""
        state: dict[str, Any] = json.loads((self.data / "run" / "state.json").read_text("utf-8"))
        return state

    def family(self) -> list[psutil.Process]:
        """The launcher and every process that descends from it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; returns exit code, rest of standard output, standard error."""
        if not self._said:
            self._said = self.process.communicate(timeout=READY_WITHIN_S)
        return self.process.returncode, *self._said


def start(data: Path, **environment: str) -> tuple[int, str, str]:
    """Start a launcher that cannot go on, and wait for its end."""
    return Server(data, **environment).end()
