"""The life of a run: made, claimed, stopped, resumed, given up. Every step checks the state it
comes from.

Several processes may try the same step at once (two workers claim, a sweep and a page give up), so
each happens inside a transaction that holds the run, and does nothing where it comes too late.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from designer import weights
from designer.models import Network
from exporters.weights import shapes
from layers.graph import Graph
from training.events import Lost, Queued, Stopped
from training.models import ACTIVE, RESUMABLE, Run, RunState
from training.recipe import Recipe
from training.server import bell, journal, storage

HEARTBEAT_EVERY_S = 5.0
MAX_OFFERED = 20
"""Runs of a network whose weights are offered for export."""


def silence_limit() -> timedelta:
    """How long a worker may say nothing before its runs count as lost."""
    return timedelta(seconds=settings.RUN_SILENCE_S)


def worker_name() -> str:
    """This process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def create(
    owner: User,
    network: Network,
    graph: Graph,
    dataset: str,
    recipe: Recipe,
    initial: weights.Source | None = None,
) -> Run:
    """Queue a new run, which starts from the initializers or from given weights."""
    with transaction.atomic():
        run = Run.objects.create(
            owner=owner,
            network=network,
            graph=graph.to_json(),
            recipe=recipe.to_json(),
            dataset=dataset,
            initial=initial.label[:200] if initial else "",
            epochs=recipe.epochs,
            queued_at=timezone.now(),
        )
        if initial is not None:
            # A copy of its own: what it started from may change or go while it waits.
            storage.run_folder(run.id).mkdir(mode=0o700, parents=True)
            shutil.copyfile(initial.path, storage.run_folder(run.id) / storage.INITIAL)
        journal.append(run, Queued().to_json())
        journal.save(run)
    return run


def claim() -> Run | None:
    """Take the run that has waited longest, for this worker; None where nothing waits."""
    with transaction.atomic():
        waiting = Run.objects.select_for_update(skip_locked=_can_skip())
        run = waiting.filter(state=RunState.QUEUED).order_by("queued_at").first()
        if run is None:
            return None
        run.state = RunState.STARTING
        run.worker = worker_name()
        run.heartbeat = timezone.now()
        journal.save(run)
        return run


def is_any_waiting() -> bool:
    return Run.objects.filter(state=RunState.QUEUED).exists()


def beat(run: UUID) -> str:
    """Say that this worker is alive and at it; gives the run's state ("" where it is gone)."""
    Run.objects.filter(pk=run, worker=worker_name(), state__in=ACTIVE).update(
        heartbeat=timezone.now()
    )
    return state_of(run)


def state_of(run: UUID) -> str:
    """The run's state; "" where it is gone."""
    return Run.objects.filter(pk=run).values_list("state", flat=True).first() or ""


def stop(run: UUID) -> bool:
    """Ask a run to stop; one that still waits stops at once. False where it is not under way."""

    def step(row: Run) -> bool:
        if row.state == RunState.QUEUED:
            journal.append(row, Stopped(row.epoch).to_json())
        elif row.state in (RunState.STARTING, RunState.RUNNING):
            row.state = RunState.STOPPING
        else:
            return row.state == RunState.STOPPING
        return True

    return _step(run, step)


def resume(run: UUID) -> bool:
    """Queue a stopped or lost run again. False where it is neither, or has no epoch left."""

    def step(row: Run) -> bool:
        if not is_resumable(row):
            return False
        journal.append(row, Queued().to_json())
        return True

    return _step(run, step)


def is_resumable(run: Run) -> bool:
    return run.state in RESUMABLE and run.checkpoint < run.epochs


def give_up(run: UUID, worker: str | None = None) -> bool:
    """Mark a run as lost. False where it has ended otherwise, or belongs to another worker."""

    def step(row: Run) -> bool:
        if row.state not in ACTIVE or (worker is not None and row.worker != worker):
            return False
        journal.append(row, Lost(row.checkpoint).to_json())
        return True

    return _step(run, step)


def give_up_silent(among: Iterable[UUID] | None = None) -> int:
    """Mark as lost all runs whose worker has been silent too long; gives how many."""
    late = Q(heartbeat__lt=timezone.now() - silence_limit()) | Q(heartbeat=None)
    silent = Run.objects.filter(late, state__in=ACTIVE)
    if among is not None:
        silent = silent.filter(pk__in=list(among))
    return sum(give_up(run) for run in silent.values_list("pk", flat=True))


def give_up_orphans() -> int:
    """Mark as lost all runs of workers of this machine that are gone; gives how many.

    Called when a worker starts: nobody has to wait for the silence of one that was killed.
    """
    host = f"{socket.gethostname()}:"
    mine = Run.objects.filter(state__in=ACTIVE, worker__startswith=host)
    orphans = [
        (run, worker)
        for run, worker in mine.values_list("pk", "worker")
        if worker == worker_name() or not _is_alive(int(worker.rpartition(":")[2]))
    ]
    return sum(give_up(run, worker) for run, worker in orphans)


def weights_of(network: Network) -> Iterator[weights.Source]:
    """What the runs of a network have learnt, the latest first."""
    ended = Run.objects.filter(network=network, state__in=(RunState.FINISHED, RunState.STOPPED))
    for run in ended.defer("graph", "history")[:MAX_OFFERED]:
        path = storage.run_folder(run.id) / storage.WEIGHTS
        if path.is_file():
            date = (run.finished_at or run.created_at).isoformat()
            count = sum(map(math.prod, shapes(path).values()))
            yield weights.Source(str(run.id), run.dataset, date, path, count)


def _step(run: UUID, step: Callable[[Run], bool]) -> bool:
    with transaction.atomic():
        row = Run.objects.select_for_update().filter(pk=run).first()
        if row is None or not step(row):
            return False
        journal.save(row)
    bell.ring(run)
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _can_skip() -> bool:
    from django.db import connection

    return bool(connection.features.has_select_for_update_skip_locked)
