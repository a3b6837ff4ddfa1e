"""The process of one training: ``python -m training.worker_process``, started by
:mod:`training.workshop`.

It is started before it is needed and imports TensorFlow while nobody waits. With ``--quiet`` that
runs in a thread of the lowest priority, so that it does not slow the training under way in another
process; the order ``warm`` then builds and trains a tiny network once, which makes TensorFlow set
up what it would otherwise set up during the user's first batch.

Its standard output carries events (see :mod:`training.orders`), so everything that a library prints
is sent to standard error instead. It ends with the process that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
from typing import IO, Any

from training.orders import DONE, IMPORTED, READY, Order

LOWEST_PRIORITY = 19
PR_SET_PDEATHSIG = 1


class Process:
    """The loop: orders come in, events go out."""

    def __init__(self, source: IO[str], target: IO[str], is_quiet: bool) -> None:
        self.source = source
        self.target = target
        self.is_quiet = is_quiet
        self.lock = threading.Lock()
        self.orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Take orders until the input ends."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        importing = threading.Thread(target=self._import, name="import")
        importing.start()
        while True:
            order = self.orders.get()
            importing.join()
            if order["do"] == "warm":
                warm()
                self.tell({"kind": READY})
            else:
                self.carry_out(Order.from_json(order))
                self.tell({"kind": DONE})

    def carry_out(self, order: Order) -> None:
        """Do what is ordered; failures are told as events."""
        from training.carrying_out import carry_out

        carry_out(order, self.tell_event, self.stopping.is_set)

    def tell_event(self, event: Any) -> None:
        self.tell(event.to_json())

    def tell(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":"))
        # The parent may be gone already; the end of the input then ends this process.
        with self.lock, contextlib.suppress(BrokenPipeError):
            self.target.write(line + "\n")
            self.target.flush()

    def _import(self) -> None:
        if self.is_quiet:
            with contextlib.suppress(OSError):
                # Of this thread alone, on Linux; elsewhere of the process, which will do.
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        import training.carrying_out  # noqa: F401

        self.tell({"kind": IMPORTED})

    def _listen(self) -> None:
        for line in self.source:
            order = json.loads(line)
            if order["do"] == "stop":
                self.stopping.set()
            else:
                self.stopping.clear()
                self.orders.put(order)
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Take over the pipes and work."""
    _die_with_parent()
    # The parent decides when this process ends; a Ctrl+C in a terminal reaches it, too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = os.fdopen(os.dup(0), "r", encoding="utf-8")
    target = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Several processes share a GPU: the one that trains, the one that answers, the one that waits.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    Process(source, target, "--quiet" in sys.argv[1:]).run()


def warm() -> None:
    """Train a tiny network, so that nothing is done for the first time when it counts."""
    from training.rehearsal import rehearse

    rehearse()


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
