"""The processes of a worker: one for each training, the next one warm, and one that answers
questions.

A process costs eight seconds of computing before it can train, so one is always kept ready (the
*spare*). A process that has finished a training stays for a while to answer what is asked of the
network (the *tester*): it is warm, and whoever has trained wants to test. It is let go after a
minute without a question, or when the next training starts, so that its memory (the GPU's, too) is
free again.

While a training runs, the next spare only imports, at the lowest priority; the rest of warming
waits for the end of the training. On a busy machine that priority may get no time at all, and only
an administrator may raise it again: a spare that is wanted and not there soon is replaced.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from training.orders import DONE, IMPORTED, READY, STOP, WARM, Order

logger = logging.getLogger(__name__)

TESTER_IDLE_S = 60.0
END_WITHIN_S = 5.0
IMPORTED_WITHIN_S = 3.0
"""How long a spare of the lowest priority is waited for: about as long as another one takes."""


class Crashed(Exception):
    """Raised where a process has ended in the middle of an order; `code` is its exit status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the process ended with {code}")
        self.code = code


class Worker:
    """One process. Talked to by one thread at a time; `stop` may come from any.

    Args:
        is_quiet: whether it prepares itself at the lowest priority, since a training is under way.
    """

    def __init__(self, is_quiet: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "training.worker_process", *(["--quiet"] if is_quiet else [])],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.is_quiet = is_quiet
        self.has_imported = threading.Event()
        self.is_warm = threading.Event()
        self.was_told_to_warm = False
        self.idle_since = time.monotonic()
        self._sending = threading.Lock()
        threading.Thread(target=self._read, name="worker-output", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def warm(self) -> None:
        """Begin the part of warming that needs the processor for itself."""
        if not self.was_told_to_warm:
            self.was_told_to_warm = True
            self._send(WARM)

    def stop(self) -> None:
        """Ask the training under way to end after the current batch."""
        self._send(STOP)

    def carry_out(self, order: Order, on_idle: Callable[[], None]) -> Iterator[dict[str, Any]]:
        """Have an order carried out; gives its events.

        Args:
            order: what to do.
            on_idle: called at least twice a second while nothing comes.

        Raises:
            Crashed: where the process ends before it is done.
        """
        self._send(order.to_json())
        called = time.monotonic()
        while True:
            try:
                message = self.messages.get(timeout=0.25)
            except queue.Empty:
                message = {}
            if message is None:
                raise Crashed(self.process.wait())
            if message.get("kind") == DONE:
                self.idle_since = time.monotonic()
                return
            if message:
                yield message
            if time.monotonic() - called > 0.25:
                on_idle()
                called = time.monotonic()

    def end(self) -> None:
        """End the process and wait for it."""
        assert self.process.stdin
        with contextlib.suppress(OSError):  # it may be gone already, with something unsent
            self.process.stdin.close()
        try:
            self.process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        with self._sending:
            try:
                self.process.stdin.write(json.dumps(message) + "\n")
                self.process.stdin.flush()
            except (OSError, ValueError):
                logger.warning("A process was gone before it was told what to do")

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            message = json.loads(line)
            if message["kind"] == READY:
                logger.info("Process %s is warm", self.process.pid)
                self.is_warm.set()
            elif message["kind"] == IMPORTED:
                self.has_imported.set()
            else:
                self.messages.put(message)
        self.messages.put(None)
        # Nobody need wait for what will not come.
        self.has_imported.set()


class Workshop:
    """All processes of this worker.

    Args:
        spares: whether to keep a warm process.
        every_s, chore: something to be done now and then, in the thread that also starts processes.
    """

    def __init__(self, spares: bool, every_s: float, chore: Callable[[], None]) -> None:
        self.keeps_spare = spares
        self.every_s = every_s
        self.chore = chore
        self.lock = threading.RLock()
        self.spare: Worker | None = None
        self.tester: Worker | None = None
        self.at_work: list[Worker] = []
        self.trainings = 0
        self.is_open = True
        self._wanted: queue.SimpleQueue[tuple[Future[Worker], bool] | None] = queue.SimpleQueue()
        # Linux ends a process with the *thread* that started it (see worker_process), so all are
        # started by one that lives as long as this process.
        self._keeper = threading.Thread(target=self._keep, name="workshop", daemon=True)
        self._keeper.start()
        self._prepare_spare()

    def begin_training(self) -> Worker:
        """A process for a training, warm if there is one. Raises Crashed once all are ended."""
        with self.lock:
            if self.tester is not None:
                self._discard(self.tester)
                self.tester = None
            self.trainings += 1
        try:
            return self._put_to_work(self._take_spare())
        except BaseException:
            with self.lock:
                self.trainings -= 1
            raise

    def prepare_next(self) -> None:
        """Called when a training is well under way: begin to prepare the next process."""
        self._prepare_spare()

    def end_training(self, worker: Worker) -> None:
        """Give a process back after a training."""
        with self.lock:
            self.trainings -= 1
            self.at_work.remove(worker)
            if worker.is_alive and self.is_open and self.tester is None:
                self.tester = worker
            else:
                self._discard(worker)
        self._prepare_spare()

    def begin_testing(self) -> Worker:
        """A process for a question; give it back with `end_testing`. Raises Crashed as well."""
        with self.lock:
            worker, self.tester = self.tester, None
            if worker is not None and not worker.is_alive:
                self._discard(worker)
                worker = None
        return self._put_to_work(worker or self._take_spare())

    def end_testing(self, worker: Worker) -> None:
        """Give a process back after a question."""
        with self.lock:
            self.at_work.remove(worker)
            if worker.is_alive and self.is_open and self.tester is None:
                self.tester = worker
            else:
                self._discard(worker)
        self._prepare_spare()

    def close(self) -> None:
        """End all processes, those at work too."""
        with self.lock:
            self.is_open = False
            workers = [*self.at_work, *filter(None, (self.spare, self.tester))]
            self.spare = self.tester = None
        for worker in workers:
            worker.process.terminate()
        self._wanted.put(None)

    def _put_to_work(self, worker: Worker | None) -> Worker:
        """A worker that is at work from now on; a new one where there is none."""
        with self.lock:
            if worker is None:
                worker = self._start()
            if worker not in self.at_work:
                self.at_work.append(worker)
        return worker

    def _take_spare(self) -> Worker | None:
        """The spare, at work from now on, if there is one that is of use soon."""
        with self.lock:
            spare, self.spare = self.spare, None
            if spare is None:
                return None
            # While it is waited for, closing ends it, too.
            self.at_work.append(spare)
        is_there = not spare.is_quiet or spare.has_imported.wait(IMPORTED_WITHIN_S)
        if is_there and spare.is_alive:
            return spare
        with self.lock:
            self.at_work.remove(spare)
        self._discard(spare)
        return None

    def _prepare_spare(self) -> None:
        """See to it that there is a spare, as warm as the moment allows."""
        if not self.keeps_spare:
            return
        with self.lock:
            if not self.is_open:
                return
            if self.spare is None or not self.spare.is_alive:
                self.spare = self._start(is_quiet=self.trainings > 0)
            if not self.trainings:
                self.spare.warm()

    def _start(self, is_quiet: bool = False) -> Worker:
        """A new process; the lock is held. Raises Crashed where the workshop is closed."""
        if not self.is_open:
            raise Crashed(0)
        made: Future[Worker] = Future()
        self._wanted.put((made, is_quiet))
        return made.result()

    def _discard(self, worker: Worker) -> None:
        threading.Thread(target=worker.end, name="worker-end", daemon=True).start()

    def _keep(self) -> None:
        """Start processes, let the tester go, and do the chore."""
        next_chore = time.monotonic() + self.every_s
        while True:
            try:
                wanted = self._wanted.get(timeout=max(0.0, next_chore - time.monotonic()))
            except queue.Empty:
                next_chore = time.monotonic() + self.every_s
                self._let_tester_go()
                self._do_chore()
                continue
            if wanted is None:
                return
            made, is_quiet = wanted
            try:
                made.set_result(Worker(is_quiet))
            except OSError as error:
                made.set_exception(error)

    def _let_tester_go(self) -> None:
        # Whoever holds the lock may be waiting for this thread; the next time will do.
        if not self.lock.acquire(blocking=False):
            return
        try:
            tester = self.tester
            if tester is not None and time.monotonic() - tester.idle_since > TESTER_IDLE_S:
                self._discard(tester)
                self.tester = None
        finally:
            self.lock.release()

    def _do_chore(self) -> None:
        try:
            self.chore()
        except Exception:
            logger.exception("A chore failed")
