"""Having runs and jobs done by the processes of this worker, and keeping what they tell."""

from __future__ import annotations

import base64
import logging
import time
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from training.datasets import DATASETS
from training.events import Failed, Failure
from training.models import Job, JobState, Run, RunState
from training.orders import Order
from training.server import bell, exports, journal, runs, storage
from training.workshop import Crashed, Worker, Workshop

logger = logging.getLogger(__name__)

PREPARE_AHEAD_S = 30.0
"""A training that ends sooner is not disturbed: the next process is prepared when it has ended."""

RUN_GONE = Failure("run.gone", "The process that computed it is gone.", "Try again.")


def train(run: Run, workshop: Workshop) -> None:
    """Have a claimed run trained, to whatever end; returns when it has ended.

    A process that dies leaves the run `lost`, to be resumed after its last checkpoint.
    """
    worker = None
    try:
        worker = workshop.begin_training()
        watch = _Watch(run, worker)
        for event in worker.carry_out(_order(run), watch.look):
            watch.look()
            journal.record(run.id, event)
            if event["kind"] == "epoch" and event["eta_s"] > PREPARE_AHEAD_S:
                workshop.prepare_next()
    except Run.DoesNotExist:
        logger.info("Run %s was deleted while it ran", run.id)
        _kill(worker)
        storage.delete_run(run.id)
    except Crashed as crash:
        logger.warning("Run %s: %s", run.id, crash)
    except BaseException:
        # The database is away, say: nobody keeps what this process tells any more.
        _kill(worker)
        raise
    finally:
        if worker is not None:
            workshop.end_training(worker)
        runs.give_up(run.id, runs.worker_name())


def _kill(worker: Worker | None) -> None:
    if worker is not None:
        worker.process.kill()
        worker.process.wait()


def answer(job: Job, workshop: Workshop) -> None:
    """Have a claimed job done, and keep its answer."""
    run = job.run
    order = exports.order(job) if run is None else _question(job, run)
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = RUN_GONE.to_json()
    worker = None
    try:
        worker = workshop.begin_testing()
        for event in worker.carry_out(order, partial(_beat, job)):
            if event["kind"] == Failed.kind:
                error = event["error"]
            elif event["kind"] != "status":
                result, error = event, None
    except Crashed as crash:
        logger.warning("Job %s: %s", job.id, crash)
    finally:
        if worker is not None:
            workshop.end_testing(worker)
    if run is None and result is not None:
        result, error = exports.delivered(job, result)
    state = JobState.FAILED if error else JobState.FINISHED
    # Whoever has cancelled it has deleted the row.
    Job.objects.filter(pk=job.pk).update(state=state, result=result, error=error)
    if run is None:
        return
    if result is not None:
        try:
            journal.record(run.id, result)
        except Run.DoesNotExist:
            return
    bell.ring(run.id)


def _question(job: Job, run: Run) -> Order:
    return _order(
        run,
        do=job.kind,
        job=str(job.id),
        image=base64.b64encode(job.image).decode(),
        adapts=tuple(job.adapts),
    )


def claim_job() -> Job | None:
    """Take the job that has waited longest, for this worker; None where nothing waits."""
    with transaction.atomic():
        waiting = Job.objects.select_for_update(of=("self",)).filter(state=JobState.QUEUED)
        job = waiting.select_related("run").order_by("created_at").first()
        if job is None:
            return None
        job.state = JobState.RUNNING
        job.heartbeat = timezone.now()
        job.save(update_fields=["state", "heartbeat"])
        return job


def is_any_waiting() -> bool:
    return Job.objects.filter(state=JobState.QUEUED).exists()


def give_up_silent_jobs() -> None:
    """Fail all jobs whose worker has been silent too long."""
    Job.objects.filter(
        state=JobState.RUNNING, heartbeat__lt=timezone.now() - runs.silence_limit()
    ).update(state=JobState.FAILED, error=RUN_GONE.to_json())


class _Watch:
    """Tells that a run is alive, and passes on that it is to stop."""

    def __init__(self, run: Run, worker: Worker) -> None:
        self.run = run
        self.worker = worker
        self.beaten_at = time.monotonic()
        self.looked_at = 0.0
        self.has_stopped = False

    def look(self) -> None:
        now = time.monotonic()
        if now - self.looked_at < 0.25:
            return
        self.looked_at = now
        if now - self.beaten_at > runs.HEARTBEAT_EVERY_S:
            self.beaten_at = now
            state = runs.beat(self.run.id)
        else:
            state = runs.state_of(self.run.id)
        if not state:
            raise Run.DoesNotExist
        if state == RunState.STOPPING and not self.has_stopped:
            self.has_stopped = True
            self.worker.stop()


def _beat(job: Job) -> None:
    now = timezone.now()
    if job.heartbeat is None or (now - job.heartbeat).total_seconds() > runs.HEARTBEAT_EVERY_S:
        job.heartbeat = now
        Job.objects.filter(pk=job.pk).update(heartbeat=now)


def _order(run: Run, **settings: Any) -> Order:
    file = ""
    if run.dataset not in DATASETS:
        upload = run.owner.dataset_uploads.filter(name=run.dataset).first()
        # A deleted upload leaves a path where nothing is: the process says so as for any file.
        file = str(storage.upload_file(upload.id if upload else run.id))
    initial = storage.run_folder(run.id) / storage.INITIAL
    return Order(
        **{"do": "train", **settings},
        directory=str(storage.run_folder(run.id)),
        graph=run.graph,
        recipe=run.recipe,
        dataset=run.dataset,
        file=file,
        resume=run.checkpoint > 0,
        told=journal.epochs_told(run),
        weights=str(initial) if initial.is_file() else "",
    )
