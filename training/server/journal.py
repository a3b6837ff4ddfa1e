"""What a run has told, kept: the row first, then the doorbell.

The row of an event and what it means for its run are written in one transaction, so that whoever
reads the two never sees them disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from training.events import EVENTS
from training.events import Event as Told
from training.models import UNDER_WAY, Event, Run, RunState
from training.server import bell

_CHANGING = [
    "state",
    "queued_at",
    "started_at",
    "finished_at",
    "worker",
    "heartbeat",
    "epoch",
    "checkpoint",
    "history",
    "test",
    "error",
    "seq",
]

Change = Callable[[Run, Mapping[str, Any]], None]


def record(run: UUID, event: Told | Mapping[str, Any]) -> None:
    """Keep a durable event and ring; pass a passing one on.

    Raises:
        Run.DoesNotExist: where the run has been deleted.
    """
    payload = event.to_json() if isinstance(event, Told) else dict(event)
    kind = payload["kind"]
    if not EVENTS[kind].durable:
        bell.tell(run, payload)
        return
    with transaction.atomic():
        row = Run.objects.select_for_update().get(pk=run)
        append(row, payload)
        save(row)
    bell.ring(run)


def append(run: Run, payload: Mapping[str, Any]) -> None:
    """Add an event to a run that is locked in the current transaction; the caller saves the run."""
    kind = payload["kind"]
    run.seq += 1
    _CHANGES.get(kind, _nothing)(run, payload)
    Event.objects.create(
        run=run, seq=run.seq, kind=kind, payload=dict(payload), time=timezone.now()
    )


def save(run: Run) -> None:
    """Write what changes in the life of a run; its graph and recipe never do."""
    run.save(update_fields=_CHANGING)


def read(run: UUID, after: int, limit: int = 10_000) -> list[dict[str, Any]]:
    """The durable events after a number, oldest first, as pages get them."""
    rows = Event.objects.filter(run=run, seq__gt=after).order_by("seq")[:limit]
    return [{"seq": row.seq, "time": row.time.isoformat(), **row.payload} for row in rows]


def history_of(run: Run) -> dict[str, list[float]]:
    """The values of every metric, one for each finished epoch.

    It is in the events; the run keeps a copy from its end on. (Written at each epoch, the copies of
    a run of thousands would outgrow everything else.)
    """
    history: dict[str, list[float]] = run.history
    return _told_history(run.id) if run.state in UNDER_WAY else history


def epochs_told(run: Run) -> int:
    """How many epochs the run has told of."""
    return max(map(len, history_of(run).values()), default=0)


def _told_history(run: UUID) -> dict[str, list[float]]:
    told = Event.objects.filter(run=run, kind__in=("epoch", "resumed")).order_by("seq")
    history: dict[str, list[float]] = {}
    for kind, payload in told.values_list("kind", "payload").iterator():
        # A resumed run tells the epochs after its checkpoint once more.
        kept = payload["epoch"] - (kind == "epoch")
        for values in history.values():
            del values[kept:]
        for name, value in payload.get("metrics", {}).items():
            history.setdefault(name, []).append(value)
    return history


def _nothing(run: Run, event: Mapping[str, Any]) -> None:
    pass


def _started(run: Run, event: Mapping[str, Any]) -> None:
    run.started_at = run.started_at or timezone.now()


def _epoch_begin(run: Run, event: Mapping[str, Any]) -> None:
    if run.state == RunState.STARTING:
        run.state = RunState.RUNNING


def _epoch(run: Run, event: Mapping[str, Any]) -> None:
    run.epoch = event["epoch"]


def _checkpoint(run: Run, event: Mapping[str, Any]) -> None:
    run.checkpoint = event["epoch"]


def _resumed(run: Run, event: Mapping[str, Any]) -> None:
    run.epoch = run.checkpoint = event["epoch"]


def _finished(run: Run, event: Mapping[str, Any]) -> None:
    _end(run, RunState.FINISHED)
    run.test = dict(event["test"])


def _stopped(run: Run, event: Mapping[str, Any]) -> None:
    _end(run, RunState.STOPPED)


def _failed(run: Run, event: Mapping[str, Any]) -> None:
    _end(run, RunState.FAILED)
    run.error = dict(event["error"])


def _lost(run: Run, event: Mapping[str, Any]) -> None:
    _end(run, RunState.LOST)


def _queued(run: Run, event: Mapping[str, Any]) -> None:
    run.state = RunState.QUEUED
    run.queued_at = timezone.now()
    run.finished_at = run.test = run.error = run.heartbeat = None
    run.worker = ""


def _end(run: Run, state: RunState) -> None:
    run.state = state
    run.history = _told_history(run.id)
    run.finished_at = timezone.now()
    run.heartbeat = None


_CHANGES: dict[str, Change] = {
    "queued": _queued,
    "started": _started,
    "epoch_begin": _epoch_begin,
    "epoch": _epoch,
    "checkpoint": _checkpoint,
    "resumed": _resumed,
    "finished": _finished,
    "stopped": _stopped,
    "failed": _failed,
    "lost": _lost,
}
