"""What the Celery worker does: has runs trained and questions answered, each by a process of its
own.

The database is the queue. A message from the broker is a **ticket**: "there may be something to
do". Whoever holds one takes what has waited longest, and goes on until nothing waits; a worker that
has its hands full throws it away. So a message that comes twice does no harm, one that gets lost is
made good by the sweep of a worker with nothing to do, and the order is that of the queue.

The worker's pool is made of threads, which only watch processes: one trains at a time
(TRAINING_SLOTS), questions to trained networks are answered beside it, one after the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection
from kombu.exceptions import OperationalError

from training.server import runs, supervision
from training.workshop import Workshop

logger = logging.getLogger(__name__)

Work = TypeVar("Work")

SWEEP_EVERY_S = 5.0

_slots = threading.BoundedSemaphore(settings.TRAINING_SLOTS)
_question_slot = threading.BoundedSemaphore(1)
_opening = threading.Lock()
_workshop: Workshop | None = None


def _train(run: str) -> None:
    """A ticket for a queued run."""
    _serve(_slots, runs.claim, supervision.train)


def _answer(job: str) -> None:
    """A ticket for a job."""
    _serve(_question_slot, supervision.claim_job, supervision.answer)


# Called instead of used as a decorator: Celery has no types, and these functions shall keep theirs.
train: Any = shared_task(name="training.train", acks_late=True)(_train)
answer: Any = shared_task(name="training.answer", acks_late=True)(_answer)


def call_for_training(run: UUID) -> None:
    """Send a ticket; where the broker is away, a sweep makes it good."""
    _send(train, run)


def call_for_answer(job: UUID) -> None:
    """Send a ticket; where the broker is away, a sweep makes it good."""
    _send(answer, job)


def workshop() -> Workshop:
    """The processes of this worker; made where they are first needed."""
    global _workshop
    with _opening:
        if _workshop is None:
            _workshop = Workshop(settings.WARM_SPARE, SWEEP_EVERY_S, sweep)
        return _workshop


def sweep() -> None:
    """Give up what is silent, and take up what waits while this worker has nothing to do."""
    close_old_connections()
    runs.give_up_silent()
    supervision.give_up_silent_jobs()
    if runs.is_any_waiting():
        _serve_aside(_slots, runs.claim, supervision.train)
    if supervision.is_any_waiting():
        _serve_aside(_question_slot, supervision.claim_job, supervision.answer)


def _serve(
    slots: threading.BoundedSemaphore,
    claim: Callable[[], Work | None],
    carry_out: Callable[[Work, Workshop], None],
) -> None:
    """Take what waits, one after the other; nothing where all slots are taken."""
    while workshop().is_open and slots.acquire(blocking=False):
        try:
            work = claim()
            if work is not None:
                carry_out(work, workshop())
        finally:
            slots.release()
        # Looked at again after the release: what came in between has found the slot taken.
        if work is None:
            return


def _serve_aside(*arguments: Any) -> None:
    """The same in a thread of its own, which the broker and the pool know nothing of."""

    def serve() -> None:
        try:
            _serve(*arguments)
        finally:
            connection.close()

    threading.Thread(target=serve, name="found-by-sweep", daemon=True).start()


def _send(task: Any, identity: UUID) -> None:
    try:
        task.apply_async((str(identity),), retry=False)
    except OperationalError as error:
        logger.warning("The broker is away: %s", error)


def open_workshop(**_: object) -> None:
    """When the worker is up: give up what its predecessor left, and warm the first process."""
    given_up = runs.give_up_orphans()
    if given_up:
        logger.warning("%s run(s) of a worker that is gone were given up", given_up)
    workshop()
    sweep()


def close_workshop(**_: object) -> None:
    """End all processes: a training may take hours, and its run can be resumed."""
    if _workshop is not None:
        _workshop.close()


worker_ready.connect(open_workshop, weak=False)
worker_shutting_down.connect(close_workshop, weak=False)
