"""Testing a trained network: evaluation on the test set, prediction for an image, sample images."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile

from designer import access
from designer.errors import Refusal, not_found
from training import tasks
from training.images import MAX_BYTES, fit_image, read_image, to_data_url, to_png
from training.models import Job, Run
from training.preparation import Preparation
from training.samples import read_samples
from training.server import storage
from training.server.routes.runs import run_of

router = Router(tags=["training"])

MAX_SAMPLES = 48
KEPT_JOBS = 200


class JobView(Schema):
    """A job as pages see it."""

    id: UUID
    run: UUID | None
    kind: str
    state: str
    result: dict[str, Any] | None
    error: dict[str, Any] | None

    @staticmethod
    def of(job: Job) -> JobView:
        return JobView(
            id=job.id,
            run=job.run_id,
            kind=job.kind,
            state=job.state,
            result=job.result,
            error=job.error,
        )


@router.post("/runs/{uuid:run}/evaluate", response={202: JobView})
def evaluate_run(request: HttpRequest, run: UUID) -> Status[JobView]:
    """Measure the network of a run on the test set."""
    found = run_of(request, run)
    _about(found)
    return _queue(Job(run=found, kind=Job.Kind.EVALUATE))


@router.post("/runs/{uuid:run}/predict", response={202: JobView})
def predict_image(request: HttpRequest, run: UUID, image: File[UploadedFile]) -> Status[JobView]:
    """Ask the network of a run what it sees in an image."""
    found = run_of(request, run)
    about = _about(found)
    preparation = Preparation.from_json(about["preparation"])
    picture = read_image(image.read(MAX_BYTES + 1))
    pixels, adapts = fit_image(picture, preparation.stored, about["dark"], about.get("figure"))
    return _queue(Job(run=found, kind=Job.Kind.PREDICT, image=to_png(pixels), adapts=adapts))


@router.get("/jobs/{uuid:job}", response=JobView)
def read_job(request: HttpRequest, job: UUID) -> JobView:
    """One job, with its result once it has one."""
    return JobView.of(job_of(request, job))


@router.delete("/jobs/{uuid:job}", response={204: None})
def cancel_job(request: HttpRequest, job: UUID) -> Status[None]:
    """Give up an export; one under way ends unread."""
    found = job_of(request, job)
    if found.kind != Job.Kind.EXPORT:
        raise Refusal(409, "job.state", "Only exports can be cancelled.", "Wait for its answer.")
    found.delete()
    return Status(204, None)


def job_of(request: HttpRequest, job: UUID) -> Job:
    """A job of the user's. Raises Refusal (404)."""
    user = access.require_user(request)
    mine = Job.objects.filter(Q(run__owner=user) | Q(network__owner=user))
    found = mine.filter(pk=job).first()
    if found is None:
        raise not_found("job")
    return found


@router.get("/runs/{uuid:run}/samples")
def read_run_samples(request: HttpRequest, run: UUID, count: int = 12) -> list[dict[str, Any]]:
    """Images of the test set with their classes; none where the samples are no pictures."""
    found = run_of(request, run)
    folder = storage.run_folder(found.id)
    if not (folder / "plan.json").is_file():
        return []
    classes = _about(found)["classes"]
    samples = read_samples(
        folder, tuple(classes) if classes else None, max(0, min(count, MAX_SAMPLES))
    )
    return [
        {"index": sample.index, "label": sample.label, "image": to_data_url(sample.pixels)}
        for sample in samples
    ]


def _about(run: Run) -> dict[str, Any]:
    """What a run has noted of its data. Raises Refusal (409) where it has no weights yet."""
    folder = storage.run_folder(run.id)
    plan = folder / "plan.json"
    has_weights = (folder / "weights.weights.h5").is_file() or run.checkpoint > 0
    if not plan.is_file() or not has_weights:
        raise Refusal(
            409,
            "run.no_weights",
            "The run has no weights yet.",
            "Wait for its first epoch to end.",
        )
    about: dict[str, Any] = json.loads(plan.read_text())
    return about


def _queue(job: Job) -> Status[JobView]:
    job.save()
    # What was asked long ago is in the events, too.
    old = Job.objects.filter(run=job.run).values_list("pk", flat=True)[KEPT_JOBS:]
    Job.objects.filter(pk__in=list(old)).delete()
    tasks.call_for_answer(job.id)
    return Status(202, JobView.of(job))
