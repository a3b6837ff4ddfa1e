"""How a test waits: for the thing itself, with an end. Processes may end while it looks at them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import psutil

Seen = TypeVar("Seen")

PATIENCE_S = 120.0


def wait_for(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something is so; looks fifty times a second."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to pass within {timeout_s} s"
        time.sleep(0.02)


def wait_for_the_end(processes: Iterable[psutil.Process], timeout_s: float = PATIENCE_S) -> None:
    """Wait until none of the processes is left.

    One that has ended stays in the system's list until its parent, often a new one, has taken
    note of it, which may be never.
    """
    left = list(processes)

    def none_is_left() -> bool:
        left[:] = [process for process, is_there in of_each(left, _is_there) if is_there]
        return not left

    wait_for(none_is_left, timeout_s)


def of_each(
    processes: Iterable[psutil.Process], look: Callable[[psutil.Process], Seen]
) -> Iterator[tuple[psutil.Process, Seen]]:
    """What is seen of each process that is still there."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            yield process, look(process)


def _is_there(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
