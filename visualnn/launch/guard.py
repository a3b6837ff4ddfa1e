"""Sees to it that no process outlives the launcher, however the launcher ends.

A forked child holds the reading end of a pipe whose writing end only the launcher has. When the
launcher ends, by itself or by `kill -9`, the pipe closes, and the guard ends every process group it
was told of, with whatever the services in them have started.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

_GRACE_S = 3.0
_POLL_S = 0.02


class Guard:
    """The launcher's side: tell of groups, and close when all is over."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._writing)
                _stand_guard(reading)
            finally:
                os._exit(0)
        os.close(reading)

    def add(self, group: int) -> None:
        """Watch over a process group from now on."""
        os.write(self._writing, f"{group}\n".encode())

    def close(self) -> None:
        """End what is left of every group, and wait until it has ended."""
        os.close(self._writing)
        os.waitpid(self._pid, 0)


def _stand_guard(pipe: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    with os.fdopen(pipe) as lines:
        for line in lines:
            groups.add(int(line))
    end(groups)


def end(groups: set[int], grace_s: float = _GRACE_S) -> None:
    """Ask every process of the groups to end, and after `grace_s` seconds make it."""
    _send(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while any(map(is_alive, groups)):
        if time.monotonic() > deadline:
            _send(groups, signal.SIGKILL)
            return
        time.sleep(_POLL_S)


def is_alive(group: int) -> bool:
    """Whether the process group has a member that still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS says so of a group of zombies; they are somebody else's to wait for.
        return False
    processes = Path("/proc")
    if not processes.is_dir():
        return True
    # Orphans that have ended stay members until init waits for them, which may take long.
    return any(_runs_in(entry, group) for entry in processes.iterdir() if entry.name.isdigit())


def _runs_in(process: Path, group: int) -> bool:
    """Whether a process, as /proc shows it, is in the group and no zombie."""
    try:
        after_name = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2]
    except OSError:
        return False
    state, _, its_group = after_name.split()[:3]
    return int(its_group) == group and state not in "ZX"


def _send(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
