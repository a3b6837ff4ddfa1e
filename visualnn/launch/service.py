"""One long-running child of the launcher, in a process group of its own, its output in a log."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from visualnn.launch.guard import Guard, end
from visualnn.launch.places import ROOT

_LINES = 12


class Service:
    """A command that runs until it is stopped; `on_exit(service, process)` comes from a thread."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        guard: Guard,
        on_exit: Callable[["Service", "subprocess.Popen[bytes]"], None],
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = dict(environment)
        self._guard = guard
        self._on_exit = on_exit
        self._pass_fds = tuple(pass_fds)

    def start(self) -> None:
        """Start the command; its own session keeps the terminal's Ctrl+C to the launcher alone."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._pass_fds,
            )
        self.process = process
        self._guard.add(process.pid)
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        self._on_exit(self, process)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        """Send SIGTERM to the service and to what it has started.

        A worker in the middle of a job waits for the job's process, so that one must be asked, too.
        """
        if self.process is not None and self.is_running():
            os.killpg(self.process.pid, signal.SIGTERM)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; False where the time is over first."""
        if self.process is not None:
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return False
        return True

    def sweep(self) -> None:
        """End what a dead service has left behind in its group."""
        if self.process is not None:
            end({self.process.pid})

    def last_words(self) -> str:
        """The end of the log, for the terminal when something went wrong."""
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        return os.linesep.join(f"    {line}" for line in lines[-_LINES:])
